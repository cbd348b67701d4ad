with
    segment_moves as (select * from {{ ref("segment_moves") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    -- History that is shorter is told from its first day on.
    periods as (
        select
            greatest(
                min(segment_moves.as_of),
                cast(
                    {{
                        dbt.dateadd(
                            "day", "-" ~ setting("migration_days"), "max(as_of_date.as_of)"
                        )
                    }} as date
                )
            ) as from_as_of,
            max(as_of_date.as_of) as to_as_of
        from segment_moves
        cross join as_of_date
    ),

    moves_until_then as (
        select segment_moves.*
        from segment_moves
        inner join periods on segment_moves.as_of <= periods.from_as_of
    ),

    segments_then as ({{ latest_moves("moves_until_then") }}),

    segments_now as ({{ latest_moves("segment_moves") }}),

    pairs as (
        select
            segments_then.to_segment_id as from_segment_id,
            segments_now.to_segment_id,
            count(*) as customers
        from segments_now
        left join segments_then on segments_now.customer_id = segments_then.customer_id
        where segments_then.to_segment_id is not null or segments_now.to_segment_id is not null
        group by segments_then.to_segment_id, segments_now.to_segment_id
    ),

    segment_migrations as (
        select
            periods.from_as_of,
            periods.to_as_of,
            pairs.from_segment_id,
            pairs.to_segment_id,
            cast(pairs.customers as bigint) as customers,
            1e0
            * pairs.customers
            / sum(pairs.customers) over (partition by pairs.from_segment_id) as share_of_from
        from pairs
        cross join periods
    )

select *
from segment_migrations
