with
    scoring_sql as (
        select *
        from {{ candidate_rows("statements", ref("segments_in_sql")) }} as statements_in_sql
    )

select *
from scoring_sql
