{%- set awaited = awaited_audiences() -%}
{%- set names = segment_names() -%}
with
    checked_audiences as (select * from {{ ref("checked_audiences") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    {{ customers_to_compare(awaited) }},

    -- A row for each awaited audience, also where nobody meets its condition.
    matches as (
        {% for audience in awaited %}
            select {{ text_literal(audience.audience) }} as audience, count(*) as matching_customers
            from customers
            where {{ condition_of(audience, names) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {%- else %}
            select
                cast(null as {{ dbt.type_string() }}) as audience,
                cast(null as bigint) as matching_customers
            where false
        {%- endfor %}
    ),

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
            -- One that nobody is in yet goes on waiting: it could never be filled.
            case
                when begun_audiences.started_on is not null
                then begun_audiences.started_on
                when
                    matches.matching_customers > 0
                    and checked_audiences.starts_on <= as_of_date.as_of
                then as_of_date.as_of
            end as started_on,
            coalesce(
                begun_audiences.read_after_days, checked_audiences.read_after_days
            ) as read_after_days,
            checked_audiences.audience is null as is_removed,
            matches.matching_customers,
            as_of_date.as_of
        from checked_audiences
        full outer join begun_audiences on checked_audiences.audience = begun_audiences.audience
        left join matches on checked_audiences.audience = matches.audience
        cross join as_of_date
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
            started_on,
            read_after_days,
            case
                when started_on is null and as_of > ends_on
                then 'never begun'
                when started_on is null and as_of < starts_on
                then 'planned'
                when started_on is null
                then 'waiting'
                when is_removed or as_of > ends_on
                then 'ended'
                else 'running'
            end as state,
            matching_customers
        from terms
    )

select *
from audience_definitions
