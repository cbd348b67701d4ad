{{ config(materialized="view") }}

with
    feature_definitions as (select * from {{ ref("feature_definitions") }}),

    clustered_feature_definitions as (
        select position, feature, transform, higher_is_better
        from feature_definitions
        where is_clustered
    )

select * from clustered_feature_definitions
