with
    segment_moves as (select * from {{ ref("segment_moves") }}),

    segment_migrations as (select * from {{ ref("segment_migrations") }}),

    periods as (select distinct from_as_of from segment_migrations),

    recent_moves as (
        select
            segment_moves.as_of,
            segment_moves.from_segment_id,
            segment_moves.to_segment_id,
            segment_moves.cause,
            count(*) as customers
        from segment_moves
        inner join periods on segment_moves.as_of > periods.from_as_of
        group by
            segment_moves.as_of,
            segment_moves.from_segment_id,
            segment_moves.to_segment_id,
            segment_moves.cause
    )

select *
from recent_moves
