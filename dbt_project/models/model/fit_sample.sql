with
    segmented_customers as (select * from {{ segmented_customers() }} as customers),

    -- Not from the CTE above: one that is read twice is copied with all its rows.
    customer_ids as (select customer_id from {{ segmented_customers() }} as customers),

    published_ids as (select * from {{ ref("published_ids") }}),

    last_moves as (select * from {{ ref("last_moves") }}),

    latest_moves as ({{ latest_moves("last_moves") }}),

    -- The digest of the id orders the customers as if by lot, the same way on every engine.
    drawn as (
        select customer_id, row_number() over (order by md5(customer_id), customer_id) as draw
        from customer_ids
    ),

    fit_sample as (
        select segmented_customers.*, drawn.draw, latest_moves.to_segment_id as last_segment_id
        from drawn
        inner join segmented_customers on drawn.customer_id = segmented_customers.customer_id
        inner join published_ids on drawn.customer_id = published_ids.customer_id
        left join latest_moves on published_ids.published_id = latest_moves.customer_id
        where drawn.draw <= {{ setting("sample_size") }}
    )

select *
from fit_sample
