with
    segment_rules as (
        select * from {{ candidate_rows("rules", ref("segments_in_sql")) }} as rules_in_sql
    )

select *
from segment_rules
