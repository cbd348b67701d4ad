-- How much of later spend and discount share do the segments explain, beside spend quartiles and
-- recency-frequency-spend scores? Build as of a past date first, so that later orders exist:
-- uv run dbt build --vars '{as_of: 2017-11-12}'
-- They stand in rejected_rows with the reason after_as_of. A row a grouping; eta squared is the
-- share
-- of the variance between the groups (1 explains all, 0 nothing).
with
    later_orders as (
        select
            customer_id,
            sum(cast(amount as double)) as spend,
            sum(cast(discount_amount as double)) as discounts
        from {{ ref("rejected_rows") }}
        where reason = 'after_as_of'
        group by customer_id
    ),

    groupings as (
        select
            customer_segments.customer_id,
            cast(customer_segments.segment_id as string) as segment,
            cast(
                ntile(4) over (
                    order by customer_features.spend, customer_segments.customer_id
                ) as string
            ) as spend_quartile,
            cast(
                ntile(4) over (
                    order by customer_features.recency_days desc, customer_segments.customer_id asc
                )
                + ntile(4) over (order by customer_features.orders, customer_segments.customer_id)
                + ntile(4) over (
                    order by customer_features.spend, customer_segments.customer_id
                ) as string
            ) as recency_frequency_spend_score,
            ln(1 + greatest(coalesce(later_orders.spend, 0), 0)) as later_log_spend,
            later_orders.discounts
            / nullif(later_orders.spend + later_orders.discounts, 0) as later_discount_share
        from {{ ref("customer_segments") }} as customer_segments
        inner join
            {{ ref("customer_features") }} as customer_features
            on customer_segments.customer_id = customer_features.customer_id
        left join later_orders on customer_segments.customer_id = later_orders.customer_id
    ),

    grouped as (
        select
            'segments' as grouping_name,
            segment as group_name,
            later_log_spend,
            later_discount_share
        from groupings
        union all
        select
            'spend quartiles' as grouping_name,
            spend_quartile,
            later_log_spend,
            later_discount_share
        from groupings
        union all
        select
            'recency-frequency-spend score' as grouping_name,
            recency_frequency_spend_score,
            later_log_spend,
            later_discount_share
        from groupings
    ),

    means as (
        select
            *,
            avg(later_log_spend) over (partition by grouping_name) as mean_spend,
            avg(later_log_spend) over (partition by grouping_name, group_name) as group_spend,
            avg(later_discount_share) over (partition by grouping_name) as mean_share,
            avg(later_discount_share) over (partition by grouping_name, group_name) as group_share
        from grouped
    )

select
    grouping_name,
    count(distinct group_name) as groups,
    round(
        sum((group_spend - mean_spend) * (group_spend - mean_spend))
        / nullif(sum((later_log_spend - mean_spend) * (later_log_spend - mean_spend)), 0),
        3
    ) as spend_explained,
    round(
        sum((group_share - mean_share) * (group_share - mean_share)) filter (
            where later_discount_share is not null
        )
        / nullif(sum((later_discount_share - mean_share) * (later_discount_share - mean_share)), 0),
        3
    ) as discount_share_explained
from means
group by grouping_name
order by grouping_name
