{%- set bins = 20 -%}

with
    feature_values as (select * from {{ ref("feature_values") }}),

    -- Not from the CTE above: one that is read twice is copied with all its rows.
    known_values as (select * from {{ ref("feature_values") }} where raw_value is not null),

    feature_catalog as (select * from {{ ref("feature_catalog") }}),

    feature_means as (
        select
            feature,
            count(*) as customers,
            count(raw_value) as customers_known,
            min(raw_value) as minimum,
            {{ quantiles("raw_value", [0.1, 0.25, 0.5, 0.75, 0.9]) }} as quantiles,
            max(raw_value) as maximum,
            {{ exact_mean("raw_value") }} as rounded_mean,
            min(transformed_value) as lowest,
            (max(transformed_value) - min(transformed_value)) / {{ bins }} as bin_width
        from feature_values
        group by feature
    ),

    -- Equal widths in the transformed unit: a skewed feature keeps its shape visible. Deviations in
    -- units of the range: their cubes fit a DECIMAL whatever the feature's unit.
    placed_values as (
        select
            known_values.feature,
            case
                when feature_means.bin_width > 0
                then
                    least(
                        1 + cast(
                            floor(
                                (known_values.transformed_value - feature_means.lowest)
                                / feature_means.bin_width
                            ) as integer
                        ),
                        {{ bins }}
                    )
                else 1
            end as bin,
            (known_values.raw_value - feature_means.rounded_mean)
            / nullif(feature_means.maximum - feature_means.minimum, 0) as deviation
        from known_values
        inner join feature_means on known_values.feature = feature_means.feature
    ),

    binned_values as (
        select
            feature,
            bin,
            count(*) as customers,
            {{ decimal_sum("deviation") }} as deviations,
            {{ decimal_sum("deviation * deviation") }} as squares,
            {{ decimal_sum("deviation * deviation * deviation") }} as cubes
        from placed_values
        group by feature, bin
    ),

    raw_moments as (
        select
            feature,
            cast(sum(deviations) as double) / sum(customers) as first_moment,
            cast(sum(squares) as double) / sum(customers) as second_moment,
            cast(sum(cubes) as double) / sum(customers) as third_moment
        from binned_values
        group by feature
    ),

    -- Of a tiny feature the rounded mean is not the mean.
    feature_moments as (
        select
            feature,
            first_moment,
            second_moment - first_moment * first_moment as variance,
            third_moment
            - 3 * first_moment * second_moment
            + 2 * first_moment * first_moment * first_moment as third_moment
        from raw_moments
    ),

    feature_statistics as (
        select
            feature_means.*,
            {{ nth_quantile("feature_means.quantiles", 1) }} as p10,
            {{ nth_quantile("feature_means.quantiles", 2) }} as p25,
            {{ nth_quantile("feature_means.quantiles", 3) }} as median,
            {{ nth_quantile("feature_means.quantiles", 4) }} as p75,
            {{ nth_quantile("feature_means.quantiles", 5) }} as p90,
            feature_means.rounded_mean + case
                when feature_means.maximum - feature_means.minimum between 1e-300 and 1e-3
                then feature_moments.first_moment * (feature_means.maximum - feature_means.minimum)
                else 0
            end as mean,
            coalesce(
                sqrt(feature_moments.variance) * (feature_means.maximum - feature_means.minimum),
                -- 0 of a constant, null where nothing is known.
                feature_means.maximum - feature_means.minimum
            ) as standard_deviation,
            feature_moments.third_moment
            / nullif(feature_moments.variance * sqrt(feature_moments.variance), 0) as skewness
        from feature_means
        left join feature_moments on feature_means.feature = feature_moments.feature
    ),

    bin_numbers as (
        {% for bin in range(1, bins + 1) -%}
            select {{ bin }} as bin {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    bin_edges as (
        select
            feature_statistics.*,
            feature_catalog.position,
            feature_catalog.label,
            feature_catalog.unit,
            feature_catalog.transform,
            feature_catalog.is_clustered,
            feature_catalog.missing_policy,
            bin_numbers.bin,
            feature_statistics.lowest + (bin_numbers.bin - 1) * feature_statistics.bin_width as low,
            feature_statistics.lowest + bin_numbers.bin * feature_statistics.bin_width as high
        from feature_statistics
        inner join feature_catalog on feature_statistics.feature = feature_catalog.feature
        cross join bin_numbers
    ),

    feature_distributions as (
        select
            bin_edges.feature,
            bin_edges.label,
            bin_edges.unit,
            bin_edges.transform,
            bin_edges.is_clustered,
            bin_edges.missing_policy,
            cast(bin_edges.position as integer) as feature_position,
            cast(bin_edges.bin as integer) as bin,
            case
                when bin_edges.transform = 'log1p' then exp(bin_edges.low) - 1 else bin_edges.low
            end as bin_low,
            case
                when bin_edges.transform = 'log1p' then exp(bin_edges.high) - 1 else bin_edges.high
            end as bin_high,
            cast(coalesce(binned_values.customers, 0) as bigint) as customers,
            cast(bin_edges.customers_known as bigint) as customers_known,
            cast(bin_edges.customers - bin_edges.customers_known as bigint) as missing,
            cast(
                case
                    when bin_edges.is_clustered and bin_edges.missing_policy = 'median'
                    then bin_edges.customers - bin_edges.customers_known
                    else 0
                end as bigint
            ) as filled,
            bin_edges.minimum,
            bin_edges.p10,
            bin_edges.p25,
            bin_edges.median,
            bin_edges.p75,
            bin_edges.p90,
            bin_edges.maximum,
            bin_edges.mean,
            bin_edges.standard_deviation,
            bin_edges.skewness
        from bin_edges
        left join
            binned_values
            on bin_edges.feature = binned_values.feature
            and bin_edges.bin = binned_values.bin
    )

select *
from feature_distributions
