{%- set features = starting_features() -%}

with
    segmented_customers as (select * from {{ segmented_customers() }} as customers),

    feature_growth as (select * from {{ ref("feature_growth") }}),

    fit_quantiles as (select * from {{ released_rows("fit_quantiles") }} as released),

    prepared_values as ({{ transformed_values("segmented_customers", features) }}),

    feature_deciles as ({{ decile_arrays("prepared_values") }}),

    value_deciles as ({{ deciles("feature_deciles") }}),

    fitted_quantiles as (
        select
            fit_quantiles.*,
            feature_growth.feature_position,
            feature_growth.scale,
            feature_growth.growth
        from fit_quantiles
        inner join
            feature_growth
            on fit_quantiles.model_version = feature_growth.model_version
            and fit_quantiles.feature = feature_growth.feature
    ),

    -- How many of today's customers stand at or below each decile of the fit.
    cumulative_shares as (
        select
            fitted_quantiles.feature,
            fitted_quantiles.value,
            max(fitted_quantiles.share_at_or_below) as share_at_fit,
            avg(
                case when prepared_values.value <= fitted_quantiles.value then 1e0 else 0e0 end
            ) as share_today
        from fitted_quantiles
        inner join prepared_values on fitted_quantiles.feature = prepared_values.feature
        where prepared_values.value is not null
        group by fitted_quantiles.feature, fitted_quantiles.value
        union all
        select distinct
            feature, cast('infinity' as double) as value, 1e0 as share_at_fit, 1e0 as share_today
        from fitted_quantiles
    ),

    changes as (
        select
            fitted_quantiles.*,
            1e0 * value_deciles.customers_known / value_deciles.customers as share_known_today,
            1e0 / fitted_quantiles.customers + 1e0 / value_deciles.customers as noise,
            (value_deciles.value - fitted_quantiles.value) / fitted_quantiles.scale as change
        from fitted_quantiles
        inner join
            value_deciles
            on fitted_quantiles.feature = value_deciles.feature
            and fitted_quantiles.quantile = value_deciles.quantile
    ),

    shifts as (
        select
            model_version,
            feature,
            feature_position,
            growth,
            max(share_known) as share_known_at_fit,
            max(share_known_today) as share_known_today,
            max(noise) as noise,
            {{ exact_mean("change") }} as quantile_shift,
            {{ exact_mean("abs(change)") }} as quantile_distance,
            {{ exact_mean("abs(change - least(greatest(change, 0), growth))") }}
            as distance_beyond_growth
        from changes
        group by model_version, feature, feature_position, growth
    ),

    -- Deciles that are equal make one bin; a missing value is a bin of its own.
    bin_shares as (
        select
            shifts.feature,
            shifts.share_known_at_fit * (
                cumulative_shares.share_at_fit - lag(cumulative_shares.share_at_fit, 1, 0e0) over (
                    partition by cumulative_shares.feature order by cumulative_shares.value
                )
            ) as share_at_fit,
            shifts.share_known_today * (
                cumulative_shares.share_today - lag(cumulative_shares.share_today, 1, 0e0) over (
                    partition by cumulative_shares.feature order by cumulative_shares.value
                )
            ) as share_today
        from shifts
        inner join cumulative_shares on shifts.feature = cumulative_shares.feature
        union all
        select feature, 1 - share_known_at_fit as share_at_fit, 1 - share_known_today as share_today
        from shifts
    ),

    -- An empty bin has no logarithm: shares are floored at one customer in ten thousand.
    stability as (
        select
            feature,
            {{
                exact_sum(
                    "(greatest(share_today, 1e-4) - greatest(share_at_fit, 1e-4))"
                    ~ " * ln(greatest(share_today, 1e-4) / greatest(share_at_fit, 1e-4))"
                )
            }} as population_stability_index
        from bin_shares
        group by feature
    ),

    -- Where everyone of a bin has gone, as after a day without orders, the index is large and the
    -- customers have hardly moved: it warns. What else is wrong shows as a distance, or as values
    -- missing.
    missing_shares as (
        select
            *,
            greatest(share_known_at_fit, 1e-4) as known_at_fit,
            greatest(share_known_today, 1e-4) as known_today,
            greatest(1 - share_known_at_fit, 1e-4) as missing_at_fit,
            greatest(1 - share_known_today, 1e-4) as missing_today
        from shifts
    ),

    -- The noise is what samples of these sizes of the same customers differ by: four standard
    -- errors.
    measured as (
        select
            missing_shares.model_version,
            missing_shares.feature,
            missing_shares.feature_position,
            missing_shares.share_known_at_fit,
            missing_shares.share_known_today,
            stability.population_stability_index,
            (9 + 4 * sqrt(18)) * missing_shares.noise as index_noise,
            (missing_shares.known_today - missing_shares.known_at_fit)
            * ln(missing_shares.known_today / missing_shares.known_at_fit)
            + (missing_shares.missing_today - missing_shares.missing_at_fit)
            * ln(missing_shares.missing_today / missing_shares.missing_at_fit) as missing_index,
            (1 + 4 * sqrt(2)) * missing_shares.noise as missing_noise,
            missing_shares.quantile_shift,
            missing_shares.quantile_distance,
            missing_shares.growth,
            missing_shares.distance_beyond_growth,
            4 * sqrt(missing_shares.noise) as distance_noise
        from missing_shares
        inner join stability on missing_shares.feature = stability.feature
    ),

    drifts as (
        select
            *,
            greatest(
                case when missing_index > missing_noise then missing_index else 0e0 end,
                case
                    when distance_beyond_growth > distance_noise
                    then distance_beyond_growth
                    else 0e0
                end
            ) as drift,
            case
                when population_stability_index > index_noise
                then population_stability_index
                else 0e0
            end as index_beyond_noise
        from measured
    ),

    feature_drift as (
        select
            model_version,
            feature,
            feature_position,
            share_known_at_fit,
            share_known_today,
            population_stability_index,
            index_noise,
            missing_index,
            missing_noise,
            quantile_shift,
            quantile_distance,
            growth,
            distance_beyond_growth,
            distance_noise,
            drift,
            case
                when drift >= {{ setting("drift_stop") }}
                then 'stop'
                when drift >= {{ setting("drift_refit") }}
                then 'refit'
                when greatest(drift, index_beyond_noise) >= {{ setting("drift_warn") }}
                then 'warn'
                else 'none'
            end as level
        from drifts
    )

select *
from feature_drift
