with
    bought_items as (select * from {{ ref("bought_items") }} where item_kind = 'product'),

    segment_products as (
        select
            segment_id,
            segment_name,
            item as product_id,
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
from segment_products
