with
    statements as (
        select *
        from {{ candidate_rows("statements", ref("segments_in_sql")) }} as statements_in_sql
    ),

    scoring_sql as (select dialect, statement, reads, model_version from statements)

select *
from scoring_sql
