{%- set definitions = feature_definitions(clustered_only=true) -%}
with
    candidate as (select * from {{ ref("candidate") }}),

    fit_sample as (select * from {{ ref("fit_sample") }}),

    prepared_values as ({{ transformed_values("fit_sample", definitions) }}),

    feature_deciles as ({{ decile_arrays("prepared_values") }}),

    value_deciles as ({{ deciles("feature_deciles") }}),

    new_quantiles as (
        select
            candidate.model_version,
            value_deciles.feature,
            cast(value_deciles.quantile as double) as quantile,
            value_deciles.value,
            avg(
                case when prepared_values.value <= value_deciles.value then 1e0 else 0e0 end
            ) as share_at_or_below,
            max(1e0 * value_deciles.customers_known / value_deciles.customers) as share_known,
            cast(max(value_deciles.customers) as bigint) as customers
        from candidate
        cross join value_deciles
        inner join prepared_values on value_deciles.feature = prepared_values.feature
        where candidate.model_version is not null and prepared_values.value is not null
        group by
            candidate.model_version,
            value_deciles.feature,
            value_deciles.quantile,
            value_deciles.value
    ),

    fit_quantiles as ({{ released_and_new("fit_quantiles", "new_quantiles") }})

select *
from fit_quantiles
