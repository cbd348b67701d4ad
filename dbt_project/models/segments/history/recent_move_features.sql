with
    segment_moves as (select * from {{ ref("segment_moves") }}),

    segment_migrations as (select * from {{ ref("segment_migrations") }}),

    periods as (select distinct from_as_of from segment_migrations),

    -- The digest of the id orders the customers as if by lot, the same way on every engine.
    drawn as (
        select
            segment_moves.customer_id,
            segment_moves.as_of,
            segment_moves.from_segment_id,
            segment_moves.to_segment_id,
            segment_moves.features_before,
            segment_moves.features_after,
            row_number() over (
                partition by segment_moves.from_segment_id, segment_moves.to_segment_id
                order by
                    md5(segment_moves.customer_id), segment_moves.customer_id, segment_moves.as_of
            ) as draw
        from segment_moves
        inner join periods on segment_moves.as_of > periods.from_as_of
        where segment_moves.cause = 'behaviour' and segment_moves.features_after is not null
    ),

    recent_move_features as (select * from drawn where draw <= 200)

select *
from recent_move_features
