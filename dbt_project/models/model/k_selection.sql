with
    candidate_comparison as (select * from {{ candidate_rows("comparison") }} as comparison),

    k_selection as ({{ released_and_new("k_selection", "candidate_comparison") }})

select *
from k_selection
