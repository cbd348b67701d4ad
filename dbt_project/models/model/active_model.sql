with active_model as (select * from {{ candidate_rows("active_model") }} as rows_of_model)

select *
from active_model
