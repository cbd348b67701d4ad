with
    starting_model as (select * from {{ starting_model() }} as rows_of_model),

    candidate as (select * from {{ ref("candidate") }}),

    candidate_segments as (select * from {{ candidate_rows("segments") }} as segments),

    active_model as (
        select starting_model.*
        from starting_model
        inner join candidate on starting_model.model_version = candidate.active_version
        union all
        select candidate_segments.*
        from candidate_segments
        inner join candidate on candidate_segments.model_version = candidate.active_version
    )

select *
from active_model
