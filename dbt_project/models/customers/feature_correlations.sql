{#- With so many customers the standard error of a rank correlation is 0.01 at most. -#}
{%- set customers = 10000 -%}

with
    feature_values as (select * from {{ ref("feature_values") }}),

    feature_catalog as (select * from {{ ref("feature_catalog") }}),

    fit_sample as (select * from {{ ref("fit_sample") }}),

    -- Numbers in place of names: they are sorted and joined faster.
    known_values as (
        select feature_values.customer_id, feature_catalog.position, feature_values.raw_value
        from feature_values
        inner join feature_catalog on feature_values.feature = feature_catalog.feature
        inner join fit_sample on feature_values.customer_id = fit_sample.customer_id
        where feature_values.raw_value is not null and fit_sample.draw <= {{ customers }}
    ),

    known_pairs as (
        select
            first_values.position as position_a,
            second_values.position as position_b,
            first_values.raw_value as value_a,
            second_values.raw_value as value_b,
            -- Ties share their mean rank: doubled, the place of the first of them and of the last.
            rank() over (
                partition by first_values.position, second_values.position
                order by first_values.raw_value
            ) + count(*) over (
                partition by first_values.position, second_values.position
                order by first_values.raw_value
            ) as doubled_rank_a,
            rank() over (
                partition by first_values.position, second_values.position
                order by second_values.raw_value
            ) + count(*) over (
                partition by first_values.position, second_values.position
                order by second_values.raw_value
            ) as doubled_rank_b
        from known_values as first_values
        inner join
            known_values as second_values
            on first_values.customer_id = second_values.customer_id
            and first_values.position <= second_values.position
    ),

    pair_ranges as (
        select
            position_a,
            position_b,
            {{ exact_mean("value_a") }} as mean_a,
            {{ exact_mean("value_b") }} as mean_b,
            nullif(max(value_a) - min(value_a), 0) as range_a,
            nullif(max(value_b) - min(value_b), 0) as range_b,
            count(*) + 1 as doubled_mean_rank
        from known_pairs
        group by position_a, position_b
    ),

    -- In units of the range, so that products fit a DECIMAL whatever the feature's unit.
    deviations as (
        select
            known_pairs.position_a,
            known_pairs.position_b,
            (known_pairs.value_a - pair_ranges.mean_a) / pair_ranges.range_a as deviation_a,
            (known_pairs.value_b - pair_ranges.mean_b) / pair_ranges.range_b as deviation_b,
            known_pairs.doubled_rank_a - pair_ranges.doubled_mean_rank as rank_deviation_a,
            known_pairs.doubled_rank_b - pair_ranges.doubled_mean_rank as rank_deviation_b
        from known_pairs
        inner join
            pair_ranges
            on known_pairs.position_a = pair_ranges.position_a
            and known_pairs.position_b = pair_ranges.position_b
    ),

    pair_moments as (
        select
            position_a,
            position_b,
            count(*) as customers,
            {{ exact_sum("deviation_a") }} / count(*) as mean_deviation_a,
            {{ exact_sum("deviation_b") }} / count(*) as mean_deviation_b,
            {{ exact_sum("deviation_a * deviation_b") }} as covariance,
            {{ exact_sum("deviation_a * deviation_a") }} as variance_a,
            {{ exact_sum("deviation_b * deviation_b") }} as variance_b,
            cast(sum(rank_deviation_a * rank_deviation_b) as double) as rank_covariance,
            cast(sum(rank_deviation_a * rank_deviation_a) as double) as rank_variance_a,
            cast(sum(rank_deviation_b * rank_deviation_b) as double) as rank_variance_b
        from deviations
        group by position_a, position_b
    ),

    -- Of a tiny feature the mean above is rounded, and deviations from it do not sum up to 0.
    central_moments as (
        select
            *,
            covariance - customers * mean_deviation_a * mean_deviation_b as central_covariance,
            variance_a - customers * mean_deviation_a * mean_deviation_a as central_variance_a,
            variance_b - customers * mean_deviation_b * mean_deviation_b as central_variance_b
        from pair_moments
    ),

    correlated_pairs as (
        select
            position_a,
            position_b,
            central_covariance
            / nullif(sqrt(central_variance_a * central_variance_b), 0) as pearson,
            rank_covariance / nullif(sqrt(rank_variance_a * rank_variance_b), 0) as spearman,
            customers
        from central_moments
    ),

    ordered_pairs as (
        select *
        from correlated_pairs
        union all
        select position_b as position_a, position_a as position_b, pearson, spearman, customers
        from correlated_pairs
        where position_a <> position_b
    ),

    feature_correlations as (
        select
            first_definitions.feature as feature_a,
            second_definitions.feature as feature_b,
            first_definitions.label as label_a,
            second_definitions.label as label_b,
            ordered_pairs.pearson,
            ordered_pairs.spearman,
            ordered_pairs.customers
        from ordered_pairs
        inner join
            feature_catalog as first_definitions
            on ordered_pairs.position_a = first_definitions.position
        inner join
            feature_catalog as second_definitions
            on ordered_pairs.position_b = second_definitions.position
    )

select *
from feature_correlations
