{%- set days, horizons = outlook_days() | max, outlook_days() -%}
{#- The customers that the models are fitted on, about: with more the parameters are hardly surer. -#}
{%- set fitted_customers = 20000 -%}
with
    customers as (
        select
            customer_id, as_of, repeat_frequency, repeat_recency_days, age_days, repeat_mean_spend
        from {{ ref("customer_features") }}
        where active_days > 0
    ),

    orders as (select * from {{ ref("orders") }} where is_order),

    -- Not from the CTE above: one that is read twice is copied with all its rows.
    drawn_share as (
        select
            1e0
            * least({{ setting("sample_size") }}, {{ fitted_customers }})
            / nullif(count(*), 0) as share
        from {{ ref("customer_features") }}
        where active_days > 0
    ),

    -- The digest of the id draws, as if by lot, the same customers on every engine.
    drawn_customers as (
        select
            customers.*,
            cast({{ dbt.dateadd("day", -days, "customers.as_of") }} as date) as held_out_on
        from customers
        cross join drawn_share
        where
            drawn_share.share >= 1
            or md5(customers.customer_id)
            < lower(lpad(hex(cast(floor(drawn_share.share * 4294967296e0) as bigint)), 8, '0'))
    ),

    order_days as (
        select
            orders.customer_id,
            orders.ordered_on,
            drawn_customers.held_out_on,
            sum(orders.purchased_amount) as purchased_amount
        from orders
        inner join drawn_customers on orders.customer_id = drawn_customers.customer_id
        group by orders.customer_id, orders.ordered_on, drawn_customers.held_out_on
    ),

    numbered_days as (
        select
            *,
            lag(ordered_on) over (partition by customer_id order by ordered_on) as previous_day,
            lag(ordered_on, 2) over (partition by customer_id order by ordered_on) as day_before,
            row_number() over (partition by customer_id order by ordered_on desc) as place_from_last
        from order_days
    ),

    customer_totals as (
        select
            customer_id,
            min(ordered_on) as first_ordered_on,
            max(case when ordered_on < held_out_on then ordered_on end) as earlier_last_on,
            count(*) filter (where ordered_on < held_out_on) as earlier_days,
            sum(
                case
                    when ordered_on < held_out_on and previous_day is not null then purchased_amount
                end
            ) as earlier_repeat_spend,
            {% for horizon in horizons -%}
                {%- set is_later -%}
                    ordered_on >= held_out_on
                    and ordered_on < {{ dbt.dateadd("day", horizon, "held_out_on") }}
                {%- endset -%}
                count(*) filter (where {{ is_later }}) as later_order_days_{{ horizon }},
                sum(
                    case when {{ is_later }} then purchased_amount end
                ) as later_spend_{{ horizon }},
            {% endfor -%}
            max(
                case
                    when place_from_last = 1 and day_before is not null
                    then
                        1e0
                        * {{ dbt.datediff("previous_day", "ordered_on", "day") }}
                        / {{ dbt.datediff("day_before", "ordered_on", "day") }}
                end
            ) as last_gap_share
        from numbered_days
        group by customer_id
    ),

    outlook_sample as (
        select
            drawn_customers.customer_id,
            drawn_customers.repeat_frequency,
            drawn_customers.repeat_recency_days,
            drawn_customers.age_days as repeat_age_days,
            drawn_customers.repeat_mean_spend,
            customer_totals.last_gap_share,
            cast(nullif(customer_totals.earlier_days, 0) - 1 as integer) as earlier_frequency,
            cast(
                {{
                    dbt.datediff(
                        "customer_totals.first_ordered_on",
                        "customer_totals.earlier_last_on",
                        "day",
                    )
                }} as integer
            ) as earlier_recency_days,
            case
                when customer_totals.earlier_days > 0
                then
                    cast(
                        {{
                            dbt.datediff(
                                "customer_totals.first_ordered_on",
                                "drawn_customers.held_out_on",
                                "day",
                            )
                        }} - 1 as integer
                    )
            end as earlier_age_days,
            case
                when drawn_customers.repeat_mean_spend is not null
                then
                    coalesce(
                        cast(customer_totals.earlier_repeat_spend as double)
                        / nullif(customer_totals.earlier_days - 1, 0),
                        0
                    )
            end as earlier_mean_spend,
            {% for horizon in horizons -%}
                customer_totals.later_order_days_{{ horizon }},
                case
                    when drawn_customers.repeat_mean_spend is not null
                    then coalesce(cast(customer_totals.later_spend_{{ horizon }} as double), 0)
                end as later_spend_{{ horizon }}{{ "," if not loop.last }}
            {% endfor %}
        from drawn_customers
        inner join customer_totals on drawn_customers.customer_id = customer_totals.customer_id
    )

select *
from outlook_sample
