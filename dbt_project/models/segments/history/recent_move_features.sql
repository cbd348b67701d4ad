with
    segment_moves as (select * from {{ ref("segment_moves") }}),

    segment_migrations as (select * from {{ ref("segment_migrations") }}),

    periods as (select distinct from_as_of from segment_migrations),

    -- As in segment_migrations, those who came through another segment count by where they are now.
    movers as (
        select
            segment_moves.customer_id,
            min_by(segment_moves.from_segment_id, segment_moves.as_of) as from_segment_id,
            max_by(segment_moves.to_segment_id, segment_moves.as_of) as to_segment_id,
            min_by(segment_moves.features_before, segment_moves.as_of) as features_before,
            max_by(segment_moves.features_after, segment_moves.as_of) as features_after
        from segment_moves
        inner join periods on segment_moves.as_of > periods.from_as_of
        group by segment_moves.customer_id
        having
            count(*) = count(
                case
                    when
                        segment_moves.cause = 'behaviour'
                        and segment_moves.features_before is not null
                        and segment_moves.features_after is not null
                    then 1
                end
            )
    ),

    -- The digest of the id orders the customers as if by lot, the same way on every engine.
    drawn as (
        select
            *,
            row_number() over (
                partition by from_segment_id, to_segment_id order by md5(customer_id), customer_id
            ) as draw
        from movers
        where from_segment_id <> to_segment_id
    ),

    recent_move_features as (select * from drawn where draw <= 200)

select *
from recent_move_features
