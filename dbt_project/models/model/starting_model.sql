with
    segment_model as (select * from {{ released_rows("segment_model") }} as released),

    last_release as (select * from {{ ref("last_release") }}),

    starting_model as (
        select segment_model.*
        from segment_model
        inner join last_release on segment_model.model_version = last_release.starting_version
    )

select *
from starting_model
