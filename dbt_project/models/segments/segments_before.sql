with
    past_moves as (select * from {{ ref("past_moves") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    latest_moves as (
        select
            past_moves.*,
            row_number() over (
                partition by past_moves.customer_id order by past_moves.as_of desc
            ) as recency
        from past_moves
        inner join as_of_date on past_moves.as_of < as_of_date.as_of
    ),

    segments_before as (
        select customer_id as published_id, to_segment_id as segment_id
        from latest_moves
        where recency = 1 and to_segment_id is not null
    )

select *
from segments_before
