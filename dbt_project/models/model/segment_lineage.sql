with
    candidate_lineage as (select * from {{ candidate_rows("lineage") }} as lineage),

    segment_lineage as ({{ released_and_new("segment_lineage", "candidate_lineage") }})

select *
from segment_lineage
