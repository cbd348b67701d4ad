-- Finds a date on which the changes of segment_history are not the rows of segment_moves. A row
-- means
-- that a segment has no row on a date on which it lost or gained customers.
with
    moved as (
        select
            segment_moves.as_of,
            count(*) filter (where segment_moves.cause = 'arrival') as arrivals,
            count(*) filter (where segment_moves.cause = 'departure') as departures,
            count(*) filter (where segment_moves.cause in ('behaviour', 'refit')) as moves
        from {{ ref("segment_moves") }} as segment_moves
        group by segment_moves.as_of
    ),

    told as (
        select
            as_of,
            sum(arrivals) as arrivals,
            sum(departures) as departures,
            sum(moves_in) as moves_in,
            sum(moves_out) as moves_out
        from {{ ref("segment_history") }}
        group by as_of
    ),

    first_build as (select min(as_of) as first_on from moved)

select told.*, moved.arrivals as arrived, moved.departures as departed, moved.moves as moved
from told
left join moved on told.as_of = moved.as_of
cross join first_build
where
    told.as_of >= first_build.first_on
    and (
        told.arrivals <> coalesce(moved.arrivals, 0)
        or told.departures <> coalesce(moved.departures, 0)
        or told.moves_in <> coalesce(moved.moves, 0)
        or told.moves_out <> coalesce(moved.moves, 0)
    )
