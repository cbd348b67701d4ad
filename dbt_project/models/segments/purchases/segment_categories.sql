with
    bought_items as (select * from {{ ref("bought_items") }} where item_kind = 'category'),

    segment_categories as (
        select
            segment_id,
            segment_name,
            item as category,
            customers,
            customer_share,
            lines,
            line_share,
            population_line_share,
            lift,
            lift_low,
            lift_high,
            revenue,
            revenue_share,
            population_revenue_share
        from bought_items
    )

select *
from segment_categories
