with
    known_audiences as (select * from {{ ref("known_audiences") }}),

    audience_matches as (select * from {{ ref("audience_matches") }}),

    matches as (
        select audience, count(*) as matching_customers from audience_matches group by audience
    ),

    -- One that nobody is in yet goes on waiting: it could never be filled.
    begun_audiences as (
        select
            known_audiences.*,
            coalesce(
                known_audiences.started_on,
                case
                    when
                        matches.matching_customers > 0
                        and known_audiences.starts_on <= known_audiences.as_of
                    then known_audiences.as_of
                end
            ) as begun_on,
            case
                when known_audiences.is_awaited then coalesce(matches.matching_customers, 0)
            end as matching_customers
        from known_audiences
        left join matches on known_audiences.audience = matches.audience
    ),

    audience_definitions as (
        select
            audience,
            condition,
            starts_on,
            ends_on,
            holdout_share,
            action,
            priority,
            begun_on as started_on,
            read_after_days,
            case
                when begun_on is null and as_of > ends_on
                then 'never begun'
                when begun_on is null and as_of < starts_on
                then 'planned'
                when begun_on is null
                then 'waiting'
                when is_removed or as_of > ends_on
                then 'ended'
                else 'running'
            end as state,
            cast(matching_customers as bigint) as matching_customers
        from begun_audiences
    )

select *
from audience_definitions
