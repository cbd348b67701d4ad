{%- set figures = ["ordered_again_share", "spend_a_customer", "spend_low", "spend_high"] -%}
with
    later_behaviour as (select * from {{ ref("later_behaviour") }}),

    segment_history as (select * from {{ ref("segment_history") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    released_outcomes as (
        select released.*
        from {{ released_rows("segment_outcomes") }} as released
        inner join as_of_date on released.measured_on < as_of_date.as_of
    ),

    -- Their squares are summed as DECIMAL, in units of the largest: a square of rupiahs has no
    -- place there.
    means as (
        select
            as_of,
            segment_id,
            count(*) as customers,
            count(later_spend) as customers_with_spend,
            1e0 * count(*) filter (where ordered_again) / count(*) as ordered_again_share,
            {{ exact_mean("later_spend") }} as spend_a_customer,
            max(abs(later_spend)) as largest
        from later_behaviour
        group by as_of, segment_id
    ),

    deviations as (
        select
            later_behaviour.as_of,
            later_behaviour.segment_id,
            (later_behaviour.later_spend - means.spend_a_customer)
            / nullif(means.largest, 0) as deviation
        from later_behaviour
        inner join
            means
            on later_behaviour.as_of = means.as_of
            and later_behaviour.segment_id = means.segment_id
    ),

    sums_of_squares as (
        select as_of, segment_id, {{ exact_sum("deviation * deviation") }} as sum_of_squares
        from deviations
        group by as_of, segment_id
    ),

    -- Where each customer has spent nothing the interval is that point.
    intervals as (
        select
            means.*,
            {{ upper_t("(means.customers_with_spend - 1)") }}
            * means.largest
            * sqrt(
                coalesce(sums_of_squares.sum_of_squares, 0)
                / (means.customers_with_spend - 1)
                / means.customers_with_spend
            ) as half_width
        from means
        inner join
            sums_of_squares
            on means.as_of = sums_of_squares.as_of
            and means.segment_id = sums_of_squares.segment_id
        where means.customers_with_spend > 1
    ),

    new_outcomes as (
        select
            means.as_of,
            means.segment_id,
            segment_history.segment_name,
            {{ setting("outcome_days") }} as outcome_days,
            as_of_date.as_of as measured_on,
            cast(means.customers as bigint) as customers,
            means.ordered_again_share,
            means.spend_a_customer,
            means.spend_a_customer - intervals.half_width as spend_low,
            means.spend_a_customer + intervals.half_width as spend_high
        from means
        inner join
            segment_history
            on means.as_of = segment_history.as_of
            and means.segment_id = segment_history.segment_id
        left join
            intervals on means.as_of = intervals.as_of and means.segment_id = intervals.segment_id
        cross join as_of_date
    ),

    -- What is carried on for years is not to tell of single customers.
    segment_outcomes as (
        select
            as_of,
            segment_id,
            segment_name,
            outcome_days,
            measured_on,
            customers
            {%- for figure in figures -%}
                ,
                case
                    when customers >= {{ fewest_customers_of_a_value() }} then {{ figure }}
                end as {{ figure }}
            {%- endfor %}
        from new_outcomes
        union all
        select
            as_of,
            segment_id,
            segment_name,
            outcome_days,
            measured_on,
            customers,
            {{ figures | join(", ") }}
        from released_outcomes
    )

select *
from segment_outcomes
