with
    feature_values as (select * from {{ ref("feature_values") }}),

    -- Not from the CTE above: one that is read twice is copied with all its rows.
    known_values as (select * from {{ ref("feature_values") }} where raw_value is not null),

    customer_segments as (select * from {{ ref("customer_segments") }}),

    feature_distributions as (select * from {{ ref("feature_distributions") }}),

    segments as (select * from {{ ref("segments") }}),

    -- Each bin has the statistics of its feature.
    features as (
        select distinct
            feature,
            label,
            unit,
            transform,
            is_clustered,
            feature_position,
            median as population_median,
            greatest(abs(minimum), abs(maximum)) as largest
        from feature_distributions
    ),

    -- A DECIMAL has nine digits behind the point and 19 before it: what is tiny or huge is summed
    -- in
    -- units of its largest value. A logarithm is never huge.
    units as (
        select
            feature,
            case
                when largest > 1e9 or largest between 1e-300 and 1e-3 then largest else 1e0
            end as raw_unit,
            case
                when (largest > 1e9 and transform <> 'log1p') or largest between 1e-300 and 1e-3
                then largest
                else 1e0
            end as transformed_unit
        from features
    ),

    labelled_values as (
        select
            customer_segments.segment_id,
            units.feature,
            units.raw_unit,
            units.transformed_unit,
            feature_values.raw_value,
            feature_values.transformed_value
        from feature_values
        inner join customer_segments on feature_values.customer_id = customer_segments.customer_id
        inner join units on feature_values.feature = units.feature
    ),

    segment_statistics as (
        select
            segment_id,
            feature,
            count(raw_value) as customers_known,
            {{ quantiles("raw_value", [0.1, 0.5, 0.9]) }} as quantiles,
            {{ exact_mean("raw_value / raw_unit") }} * raw_unit as mean,
            transformed_unit,
            {{ decimal_sum("transformed_value / transformed_unit") }} as transformed_sum
        from labelled_values
        group by segment_id, feature, raw_unit, transformed_unit
    ),

    -- Here and below in those units.
    population_means as (
        select
            feature,
            transformed_unit,
            cast(sum(transformed_sum) as double)
            / nullif(sum(customers_known), 0) as transformed_mean
        from segment_statistics
        group by feature, transformed_unit
    ),

    deviations as (
        select
            known_values.feature,
            known_values.transformed_value / population_means.transformed_unit
            - population_means.transformed_mean as deviation
        from known_values
        inner join population_means on known_values.feature = population_means.feature
    ),

    population_deviations as (
        select feature, sqrt({{ exact_mean("deviation * deviation") }}) as transformed_deviation
        from deviations
        group by feature
    ),

    segment_profiles as (
        select
            segment_statistics.segment_id,
            segments.segment_name,
            segment_statistics.feature,
            features.label,
            features.unit,
            features.is_clustered,
            features.feature_position,
            cast(segment_statistics.customers_known as bigint) as customers_known,
            {{ nth_quantile("segment_statistics.quantiles", 2) }} as median,
            {{ nth_quantile("segment_statistics.quantiles", 1) }} as p10,
            {{ nth_quantile("segment_statistics.quantiles", 3) }} as p90,
            segment_statistics.mean,
            features.population_median,
            {{ nth_quantile("segment_statistics.quantiles", 2) }}
            / nullif(features.population_median, 0) as lift,
            (
                cast(segment_statistics.transformed_sum as double)
                / nullif(segment_statistics.customers_known, 0)
                - population_means.transformed_mean
            )
            / nullif(population_deviations.transformed_deviation, 0) as z_score
        from segment_statistics
        inner join segments on segment_statistics.segment_id = segments.segment_id
        inner join features on segment_statistics.feature = features.feature
        inner join population_means on segment_statistics.feature = population_means.feature
        inner join
            population_deviations on segment_statistics.feature = population_deviations.feature
    )

select *
from segment_profiles
