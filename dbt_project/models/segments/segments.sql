{%- set given = given_columns(features_relation()) -%}
{%- set recent = dbt.dateadd("day", "-" ~ setting("recent_days"), "as_of_date.as_of") -%}
with
    customer_segments as (select * from {{ ref("customer_segments") }}),

    -- Metrics have revenue and orders where one of them is named spend or orders.
    customer_spend as (
        select
            customer_id,
            {{ column_or_null(given, "orders", "double") }} as orders,
            {{ column_or_null(given, "spend", "double") }} as spend
        from {{ used_customers() }} as used_customers
    ),

    named_segments as (select * from {{ ref("named_segments") }}),

    orders as (select * from {{ ref("orders") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    segment_totals as (
        select
            customer_segments.segment_id,
            count(*) as customers,
            cast({{ exact_sum("customer_spend.orders") }} as bigint) as orders,
            {{ exact_sum("customer_spend.spend") }} as revenue,
            {{ exact_mean("customer_segments.silhouette") }} as mean_silhouette,
            {{ exact_mean("customer_segments.margin") }} as mean_margin,
            count(*) filter (where customer_segments.is_outlier) as outliers
        from customer_segments
        inner join customer_spend on customer_segments.customer_id = customer_spend.customer_id
        group by customer_segments.segment_id
    ),

    recent_totals as (
        select customer_segments.segment_id, cast(sum(orders.amount) as double) as revenue
        from orders
        cross join as_of_date
        inner join customer_segments on orders.customer_id = customer_segments.customer_id
        where orders.ordered_on >= {{ recent }}
        group by customer_segments.segment_id
    ),

    population as (
        select count(*) as customers, {{ exact_sum("customer_spend.spend") }} as revenue
        from customer_segments
        inner join customer_spend on customer_segments.customer_id = customer_spend.customer_id
    ),

    segments as (
        select
            named_segments.segment_id,
            named_segments.segment_name,
            named_segments.description,
            named_segments.action,
            cast(coalesce(segment_totals.customers, 0) as bigint) as customers,
            1e0 * coalesce(segment_totals.customers, 0) / population.customers as customer_share,
            segment_totals.revenue,
            case
                when population.revenue > 0 and min(segment_totals.revenue) over () >= 0
                then segment_totals.revenue / population.revenue
            end as revenue_share,
            {% if uses_metrics() -%} cast(null as double)
            {%- else -%}
                case
                    when segment_totals.revenue is not null then coalesce(recent_totals.revenue, 0)
                end
            {%- endif %} as recent_revenue,
            segment_totals.orders,
            segment_totals.mean_silhouette,
            segment_totals.mean_margin,
            cast(coalesce(segment_totals.outliers, 0) as bigint) as outliers,
            named_segments.bootstrap_jaccard,
            named_segments.trust,
            named_segments.share_at_fit,
            1e0 * coalesce(segment_totals.customers, 0) / population.customers
            - named_segments.share_at_fit as share_shift,
            named_segments.model_version
        from named_segments
        left join segment_totals on named_segments.segment_id = segment_totals.segment_id
        left join recent_totals on named_segments.segment_id = recent_totals.segment_id
        cross join population
    )

select *
from segments
