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

    -- max_by leaves nulls out: 0 stands for no segment.
    latest_moves as (
        select
            segment_moves.customer_id,
            max_by(
                coalesce(segment_moves.to_segment_id, 0),
                case when segment_moves.as_of <= periods.from_as_of then segment_moves.as_of end
            ) as from_segment_id,
            max_by(coalesce(segment_moves.to_segment_id, 0), segment_moves.as_of) as to_segment_id
        from segment_moves
        cross join periods
        group by segment_moves.customer_id
    ),

    pairs as (
        select
            nullif(from_segment_id, 0) as from_segment_id,
            nullif(to_segment_id, 0) as to_segment_id,
            count(*) as customers
        from latest_moves
        where coalesce(from_segment_id, 0) <> 0 or to_segment_id <> 0
        group by nullif(from_segment_id, 0), nullif(to_segment_id, 0)
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
