with
    candidate_segments as (select * from {{ candidate_rows("segments") }} as segments),

    segment_model as ({{ released_and_new("segment_model", "candidate_segments") }})

select *
from segment_model
