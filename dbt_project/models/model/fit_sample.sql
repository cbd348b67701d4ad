with
    clustering_features as (select * from {{ ref("clustering_features") }}),

    -- Not from the CTE above: one that is read twice is copied with all its rows.
    customers as (select customer_id from {{ ref("clustering_features") }}),

    published_ids as (select * from {{ ref("published_ids") }}),

    past_moves as (select * from {{ ref("past_moves") }}),

    latest_moves as (
        select *, row_number() over (partition by customer_id order by as_of desc) as recency
        from past_moves
    ),

    -- The digest of the id orders the customers as if by lot, the same way on every engine.
    drawn as (
        select customer_id, row_number() over (order by md5(customer_id), customer_id) as draw
        from customers
    ),

    fit_sample as (
        select clustering_features.*, drawn.draw, latest_moves.to_segment_id as previous_segment_id
        from drawn
        inner join clustering_features on drawn.customer_id = clustering_features.customer_id
        inner join published_ids on drawn.customer_id = published_ids.customer_id
        left join
            latest_moves
            on published_ids.published_id = latest_moves.customer_id
            and latest_moves.recency = 1
        where drawn.draw <= {{ setting("sample_size") }}
    )

select *
from fit_sample
