-- Finds a segment whose last row of the history differs from segments. The history counts its
-- customers
-- from the moves, segments from the labels: a row means that a move was lost or told twice.
with
    last_rows as (
        select segment_history.*
        from {{ ref("segment_history") }} as segment_history
        inner join {{ ref("as_of_date") }} as as_of_date on segment_history.as_of = as_of_date.as_of
    )

select
    segments.segment_id,
    segments.customers,
    last_rows.customers as customers_of_history,
    segments.revenue,
    last_rows.revenue as revenue_of_history
from {{ ref("segments") }} as segments
left join last_rows on segments.segment_id = last_rows.segment_id
where
    last_rows.customers is null
    or last_rows.customers <> segments.customers
    or last_rows.revenue <> segments.revenue
