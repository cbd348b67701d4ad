with
    orders as (select * from {{ ref("orders") }}),

    customer_segments as (select * from {{ ref("customer_segments") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    month_totals as (
        select
            customer_segments.segment_id,
            customer_segments.segment_name,
            cast({{ dbt.date_trunc("month", "orders.ordered_on") }} as date) as month,
            count(distinct case when orders.is_order then orders.customer_id end) as customers,
            count(*) filter (where orders.is_order) as orders,
            cast(sum(orders.amount) as double) as revenue
        from orders
        inner join customer_segments on orders.customer_id = customer_segments.customer_id
        group by
            customer_segments.segment_id,
            customer_segments.segment_name,
            cast({{ dbt.date_trunc("month", "orders.ordered_on") }} as date)
    ),

    segment_months as (
        select
            month_totals.segment_id,
            month_totals.segment_name,
            month_totals.month,
            cast({{ dbt.dateadd("month", 1, "month_totals.month") }} as date)
            <= as_of_date.as_of as is_over,
            cast(month_totals.customers as bigint) as customers,
            cast(month_totals.orders as bigint) as orders,
            month_totals.revenue
        from month_totals
        cross join as_of_date
    )

select *
from segment_months
