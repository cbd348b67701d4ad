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

    last_segments as (
        select
            customer_id as published_id,
            to_segment_id as segment_id,
            from_segment_id as previous_segment_id,
            as_of as segment_since
        from latest_moves
        where to_segment_id is not null
    )

select *
from last_segments
