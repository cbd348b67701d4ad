with outlook_model as (select * from {{ candidate_rows("models", ref("outlook_fit")) }} as models)

select *
from outlook_model
