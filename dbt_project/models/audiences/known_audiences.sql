with
    checked_audiences as (select * from {{ ref("checked_audiences") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    -- One that has never begun is known from the seed alone.
    begun_audiences as (
        select *
        from {{ released_rows("audience_definitions") }} as released
        where started_on is not null
    ),

    -- What decides who is in it and how it is judged is fixed with its members.
    terms as (
        select
            coalesce(begun_audiences.audience, checked_audiences.audience) as audience,
            coalesce(begun_audiences.condition, checked_audiences.condition) as condition,
            coalesce(begun_audiences.starts_on, checked_audiences.starts_on) as starts_on,
            coalesce(
                checked_audiences.ends_on, least(begun_audiences.ends_on, as_of_date.as_of)
            ) as ends_on,
            coalesce(
                begun_audiences.holdout_share, checked_audiences.holdout_share
            ) as holdout_share,
            case
                when checked_audiences.audience is null
                then begun_audiences.action
                else checked_audiences.action
            end as action,
            coalesce(checked_audiences.priority, begun_audiences.priority) as priority,
            begun_audiences.started_on,
            coalesce(
                begun_audiences.read_after_days, checked_audiences.read_after_days
            ) as read_after_days,
            checked_audiences.audience is null as is_removed,
            checked_audiences.comparisons,
            as_of_date.as_of
        from checked_audiences
        full outer join begun_audiences on checked_audiences.audience = begun_audiences.audience
        cross join as_of_date
    ),

    known_audiences as (select *, started_on is null and as_of <= ends_on as is_awaited from terms)

select *
from known_audiences
