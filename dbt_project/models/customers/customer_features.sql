with
    orders as (select * from {{ ref("orders") }}),

    -- Not from the CTE above: one that is read twice is copied with all its rows.
    purchases as (select * from {{ ref("orders") }} where is_order),

    -- Only lines that are used, as in orders.
    used_order_lines as (select * from {{ ref("checked_order_lines") }} where reason is null),

    bought_categories as (
        select customer_id, category
        from used_order_lines
        where not is_return and category is not null
        group by customer_id, category
    ),

    customer_categories as (
        select customer_id, count(*) as categories from bought_categories group by customer_id
    ),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    order_totals as (
        select
            orders.customer_id,
            count(*) filter (where orders.is_order) as orders,
            count(*) filter (
                where orders.is_order and {{ iso_day_of_week("orders.ordered_on") }} >= 6
            ) as weekend_orders,
            sum(orders.lines) as lines,
            sum(orders.return_lines) as return_lines,
            cast(sum(orders.amount) as double) as spend,
            cast(sum(orders.purchased_amount) as double) as purchased_amount,
            cast(sum(orders.units) as double) as units,
            cast(sum(orders.discount_amount) as double) as discount_amount,
            {% set recent = dbt.dateadd("day", "-" ~ setting("recent_days"), "as_of_date.as_of") -%}
            {% set earlier = dbt.dateadd(
                "day", "-" ~ 2 * setting("recent_days") | int, "as_of_date.as_of"
            ) -%}
            cast(
                sum(case when orders.ordered_on >= {{ recent }} then orders.amount end) as double
            ) as recent_spend,
            cast(
                sum(
                    case
                        when orders.ordered_on < {{ recent }} and orders.ordered_on >= {{ earlier }}
                        then orders.amount
                    end
                ) as double
            ) as earlier_spend
        from orders
        cross join as_of_date
        group by orders.customer_id
    ),

    -- Orders of one day are one visit: days between orders are never 0.
    active_days as (
        select customer_id, ordered_on, sum(purchased_amount) as purchased_amount
        from purchases
        group by customer_id, ordered_on
    ),

    numbered_days as (
        select
            customer_id,
            ordered_on,
            purchased_amount,
            lag(ordered_on) over (partition by customer_id order by ordered_on) as previous_day
        from active_days
    ),

    -- The first day is when a customer becomes one: repeat orders are those of later days, as in
    -- Fader, Hardie and Lee (2005), "RFM and CLV".
    day_totals as (
        select
            customer_id,
            count(*) as active_days,
            min(ordered_on) as first_ordered_on,
            max(ordered_on) as last_ordered_on,
            cast(sum(case when previous_day is not null then purchased_amount end) as double)
            / nullif(count(previous_day), 0) as repeat_mean_spend
        from numbered_days
        group by customer_id
    ),

    gaps as (
        select
            customer_id,
            {{ dbt.datediff("previous_day", "ordered_on", "day") }} as days_since_previous
        from numbered_days
        where previous_day is not null
    ),

    -- A window, not median(): median() holds every value of every customer in memory at once.
    ranked_gaps as (
        select
            customer_id,
            days_since_previous,
            row_number() over (partition by customer_id order by days_since_previous) as place,
            count(*) over (partition by customer_id) as gaps
        from gaps
    ),

    typical_gaps as (
        select
            customer_id,
            (min(days_since_previous) + max(days_since_previous))
            / 2e0 as median_days_between_orders
        from ranked_gaps
        where 2 * place between gaps and gaps + 2
        group by customer_id
    ),

    customer_features as (
        select
            order_totals.customer_id,
            as_of_date.as_of,
            cast(
                {{ dbt.datediff("day_totals.last_ordered_on", "as_of_date.as_of", "day") }}
                as integer
            ) as recency_days,
            cast(
                {{ dbt.datediff("day_totals.first_ordered_on", "as_of_date.as_of", "day") }}
                as integer
            ) as tenure_days,
            cast(order_totals.orders as integer) as orders,
            cast(coalesce(day_totals.active_days, 0) as integer) as active_days,
            order_totals.spend,
            order_totals.purchased_amount / nullif(order_totals.orders, 0) as average_order_value,
            order_totals.units / nullif(order_totals.orders, 0) as units_per_order,
            typical_gaps.median_days_between_orders,
            {{ discount_share("order_totals.purchased_amount", "order_totals.discount_amount") }}
            as discount_share,
            cast(customer_categories.categories as integer) as categories,
            1e0 * order_totals.weekend_orders / nullif(order_totals.orders, 0) as weekend_share,
            1e0 * order_totals.return_lines / nullif(order_totals.lines, 0) as return_share,
            cast(
                greatest(coalesce(day_totals.active_days, 0) - 1, 0) as integer
            ) as repeat_frequency,
            cast(
                {{
                    dbt.datediff(
                        "day_totals.first_ordered_on", "day_totals.last_ordered_on", "day"
                    )
                }} as integer
            ) as repeat_recency_days,
            cast(
                {{ dbt.datediff("day_totals.first_ordered_on", "as_of_date.as_of", "day") }}
                - 1 as integer
            ) as age_days,
            case
                when order_totals.purchased_amount is not null
                then coalesce(day_totals.repeat_mean_spend, 0)
            end as repeat_mean_spend,
            case
                when
                    coalesce(order_totals.recent_spend, 0) >= 0
                    and coalesce(order_totals.earlier_spend, 0) >= 0
                    and coalesce(order_totals.recent_spend, 0)
                    + coalesce(order_totals.earlier_spend, 0)
                    > 0
                then
                    coalesce(order_totals.recent_spend, 0) / (
                        coalesce(order_totals.recent_spend, 0)
                        + coalesce(order_totals.earlier_spend, 0)
                    )
            end as recent_spend_share
        from order_totals
        cross join as_of_date
        left join typical_gaps on order_totals.customer_id = typical_gaps.customer_id
        left join day_totals on order_totals.customer_id = day_totals.customer_id
        left join customer_categories on order_totals.customer_id = customer_categories.customer_id
    )

select *
from customer_features
