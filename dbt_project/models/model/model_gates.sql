with
    candidate_gates as (select * from {{ candidate_rows("gates") }} as gates),

    model_gates as ({{ released_and_new("model_gates", "candidate_gates") }})

select *
from model_gates
