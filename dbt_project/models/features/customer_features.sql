with
    orders as (select * from {{ ref("orders") }}),

    used_order_lines as (select * from {{ ref("used_order_lines") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    order_totals as (
        select
            orders.customer_id,
            count_if(orders.is_order) as orders,
            count(distinct case when orders.is_order then orders.ordered_on end) as active_days,
            min(case when orders.is_order then orders.ordered_on end) as first_ordered_on,
            max(case when orders.is_order then orders.ordered_on end) as last_ordered_on,
            count_if(
                orders.is_order and {{ iso_day_of_week("orders.ordered_on") }} >= 6
            ) as weekend_orders,
            sum(orders.lines) as lines,
            sum(orders.return_lines) as return_lines,
            cast(sum(orders.amount) as double) as spend,
            cast(sum(orders.purchased_amount) as double) as purchased_amount,
            cast(sum(orders.units) as double) as units,
            cast(sum(orders.discount_amount) as double) as discount_amount,
            cast(
                sum(
                    case
                        when
                            orders.ordered_on
                            >= {{
                                dbt.dateadd(
                                    "day", "-" ~ setting("recent_days"), "as_of_date.as_of"
                                )
                            }}
                        then orders.amount
                    end
                ) as double
            ) as recent_spend,
            cast(
                sum(
                    case
                        when
                            orders.ordered_on
                            < {{
                                dbt.dateadd(
                                    "day", "-" ~ setting("recent_days"), "as_of_date.as_of"
                                )
                            }}
                            and orders.ordered_on
                            >= {{
                                dbt.dateadd(
                                    "day",
                                    "-" ~ 2 * setting("recent_days") | int,
                                    "as_of_date.as_of",
                                )
                            }}
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
        from orders
        where is_order
        group by customer_id, ordered_on
    ),

    -- The first day is when a customer becomes one: repeat orders are those of later days, as in
    -- Fader, Hardie and Lee (2005), "RFM and CLV".
    repeat_spend as (
        select
            active_days.customer_id,
            cast(sum(active_days.purchased_amount) as double) / count(*) as repeat_mean_spend
        from active_days
        inner join order_totals on active_days.customer_id = order_totals.customer_id
        where active_days.ordered_on > order_totals.first_ordered_on
        group by active_days.customer_id
    ),

    gaps as (
        select
            customer_id,
            {{
                dbt.datediff(
                    "lag(ordered_on) over (partition by customer_id order by ordered_on)",
                    "ordered_on",
                    "day",
                )
            }} as days_since_previous
        from active_days
    ),

    typical_gaps as (
        select
            customer_id, cast(median(days_since_previous) as double) as median_days_between_orders
        from gaps
        group by customer_id
    ),

    category_counts as (
        select customer_id, nullif(count(distinct category), 0) as categories
        from used_order_lines
        where not is_return
        group by customer_id
    ),

    customer_features as (
        select
            order_totals.customer_id,
            as_of_date.as_of,
            cast(
                {{ dbt.datediff("order_totals.last_ordered_on", "as_of_date.as_of", "day") }}
                as integer
            ) as recency_days,
            cast(
                {{ dbt.datediff("order_totals.first_ordered_on", "as_of_date.as_of", "day") }}
                as integer
            ) as tenure_days,
            cast(order_totals.orders as integer) as orders,
            cast(order_totals.active_days as integer) as active_days,
            order_totals.spend,
            order_totals.purchased_amount / nullif(order_totals.orders, 0) as average_order_value,
            order_totals.units / nullif(order_totals.orders, 0) as units_per_order,
            typical_gaps.median_days_between_orders,
            case
                when order_totals.purchased_amount + order_totals.discount_amount > 0
                then
                    order_totals.discount_amount
                    / (order_totals.purchased_amount + order_totals.discount_amount)
            end as discount_share,
            cast(category_counts.categories as integer) as categories,
            1e0 * order_totals.weekend_orders / nullif(order_totals.orders, 0) as weekend_share,
            1e0 * order_totals.return_lines / nullif(order_totals.lines, 0) as return_share,
            cast(greatest(order_totals.active_days - 1, 0) as integer) as repeat_frequency,
            cast(
                {{
                    dbt.datediff(
                        "order_totals.first_ordered_on", "order_totals.last_ordered_on", "day"
                    )
                }} as integer
            ) as repeat_recency_days,
            cast(
                {{ dbt.datediff("order_totals.first_ordered_on", "as_of_date.as_of", "day") }}
                - 1 as integer
            ) as age_days,
            case
                when order_totals.purchased_amount is not null
                then coalesce(repeat_spend.repeat_mean_spend, 0)
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
        left join repeat_spend on order_totals.customer_id = repeat_spend.customer_id
        left join category_counts on order_totals.customer_id = category_counts.customer_id
    )

select *
from customer_features
