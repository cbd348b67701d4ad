with
    segment_model as (select * from {{ released_rows("segment_model") }} as released),

    model_before as (select * from {{ ref("model_before") }}),

    base_model as (
        select segment_model.*
        from segment_model
        inner join model_before on segment_model.model_version = model_before.base_version
    )

select *
from base_model
