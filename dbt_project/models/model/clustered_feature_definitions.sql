{{ config(materialized="view") }}

with
    feature_catalog as (select * from {{ ref("feature_catalog") }}),

    clustered_feature_definitions as (
        select position, feature, transform, higher_is_better
        from feature_catalog
        where is_available and is_clustered
    )

select *
from clustered_feature_definitions
