with
    last_moves as (select * from {{ ref("last_moves") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    -- A second build of a date begins with the segments of before that date.
    earlier_moves as (
        select last_moves.*
        from last_moves
        inner join as_of_date on last_moves.as_of < as_of_date.as_of
    ),

    latest_moves as ({{ latest_moves("earlier_moves") }}),

    settled_moves as ({{ settled_moves("earlier_moves", "as_of_date") }}),

    settled_segments as (
        select customer_id, max_by(to_segment_id, as_of) as segment_id
        from settled_moves
        where settled_on is not null and to_segment_id is not null
        group by customer_id
    ),

    last_segments as (
        select
            latest_moves.customer_id as published_id,
            latest_moves.to_segment_id as segment_id,
            latest_moves.from_segment_id as previous_segment_id,
            latest_moves.as_of as segment_since,
            settled_segments.segment_id as settled_segment_id
        from latest_moves
        left join settled_segments on latest_moves.customer_id = settled_segments.customer_id
        where latest_moves.to_segment_id is not null
    )

select *
from last_segments
