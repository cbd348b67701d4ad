{#- The longest of the day counts: on the demo no shorter time before tells more of the time after. -#}
{%- set days_before = audience_days() | max -%}
with
    audience_definitions as (select * from {{ ref("audience_definitions") }}),

    audience_members as (select * from {{ ref("audience_members") }}),

    published_ids as (select * from {{ ref("published_ids") }}),

    orders as (select * from {{ ref("orders") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    -- A second build of a day measures anew what that day did.
    measured_windows as (
        select released.audience, released.started_on, released.days
        from {{ released_rows("audience_outcomes") }} as released
        inner join as_of_date on released.measured_on < as_of_date.as_of
        group by released.audience, released.started_on, released.days
    ),

    -- Metrics have no dates: nothing came before or after.
    windows as (
        {% for days in audience_days() -%}
            select
                audience,
                started_on,
                {{ days }} as days,
                cast({{ dbt.dateadd("day", -days_before, "started_on") }} as date) as since,
                cast({{ dbt.dateadd("day", days, "started_on") }} as date) as until
            from audience_definitions
            where
                started_on
                is not null {{ "and false" if uses_metrics() }} {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    windows_to_measure as (
        select windows.*
        from windows
        inner join as_of_date on windows.until <= as_of_date.as_of
        left join
            measured_windows
            on windows.audience = measured_windows.audience
            and windows.started_on = measured_windows.started_on
            and windows.days = measured_windows.days
        where measured_windows.days is null
    ),

    -- Who has no segment any more stays a member, without orders: to leave out those who no longer
    -- buy would leave out more of one group than of the other.
    members as (
        select
            windows_to_measure.audience,
            windows_to_measure.started_on,
            windows_to_measure.days,
            windows_to_measure.since,
            windows_to_measure.until,
            audience_members.customer_id as published_id,
            audience_members.member_group,
            audience_members.segment_id,
            audience_members.segment_name,
            published_ids.customer_id
        from windows_to_measure
        inner join audience_members on windows_to_measure.audience = audience_members.audience
        left join published_ids on audience_members.customer_id = published_ids.published_id
        -- Of both groups: nobody of the others is contacted, so they show nothing.
        where audience_members.is_within_contact_limit
    ),

    totals as (
        select
            members.audience,
            members.days,
            members.published_id,
            count(*) filter (
                where orders.is_order and orders.ordered_on >= members.started_on
            ) as orders,
            sum(case when orders.ordered_on >= members.started_on then orders.amount end) as spend,
            count(*) filter (
                where orders.is_order and orders.ordered_on < members.started_on
            ) as orders_before,
            sum(
                case when orders.ordered_on < members.started_on then orders.amount end
            ) as spend_before
        from orders
        inner join
            members
            on orders.customer_id = members.customer_id
            and orders.ordered_on >= members.since
            and orders.ordered_on < members.until
        group by members.audience, members.days, members.published_id
    ),

    audience_behaviour as (
        select
            members.audience,
            members.started_on,
            members.days,
            members.published_id as customer_id,
            members.member_group,
            members.segment_id,
            members.segment_name,
            members.customer_id is null as is_gone,
            cast(coalesce(totals.spend, 0) as double) as spend,
            cast(coalesce(totals.orders, 0) as double) as orders,
            case when totals.orders > 0 then 1e0 else 0e0 end as ordered_again,
            cast(coalesce(totals.spend_before, 0) as double) as spend_before,
            cast(coalesce(totals.orders_before, 0) as double) as orders_before,
            case when totals.orders_before > 0 then 1e0 else 0e0 end as ordered_again_before
        from members
        left join
            totals
            on members.audience = totals.audience
            and members.days = totals.days
            and members.published_id = totals.published_id
    )

select *
from audience_behaviour
