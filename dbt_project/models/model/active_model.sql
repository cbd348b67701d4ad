{{ config(materialized="view") }}

with
    segment_model as (select * from {{ ref("segment_model") }}),

    model_versions as (select * from {{ ref("model_versions") }}),

    active_model as (
        select segment_model.*
        from segment_model
        inner join model_versions on segment_model.model_version = model_versions.model_version
        where model_versions.status = 'active'
    )

select *
from active_model
