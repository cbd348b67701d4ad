{%- set features = ["recency_days", "orders", "spend", "discount_share"] -%}
{%- set kept = [
    "audience",
    "customer_id",
    "member_group",
    "started_on",
    "segment_id",
    "segment_name",
    "is_within_contact_limit",
    "contact_allowed",
] + features -%}
{%- set beginning = beginning_audiences() -%}
{%- set names = segment_names() -%}
with
    last_audience_members as (select * from {{ ref("last_audience_members") }}),

    audience_definitions as (select * from {{ ref("audience_definitions") }}),

    {{ customers_to_compare(beginning, features) }},

    matches as (
        {% for audience in beginning %}
            select
                {{ text_literal(audience.audience) }} as audience,
                customer_id,
                segment_id,
                segment_name
                {%- for feature in features %}
                    , cast({{ feature }} as double) as {{ feature }}
                {%- endfor %}
            from customers
            where {{ condition_of(audience, names) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {%- else %}
            select
                cast(null as {{ dbt.type_string() }}) as audience,
                cast(null as {{ dbt.type_string() }}) as customer_id,
                cast(null as integer) as segment_id,
                cast(null as {{ dbt.type_string() }}) as segment_name
                {%- for feature in features %}, cast(null as double) as {{ feature }}
                {%- endfor %}
            where false
        {%- endfor %}
    ),

    -- Of the name and the id alone, as the macro held_out of the catalog has it: whoever comes
    -- back, and whoever builds the same day again, is in the same group.
    new_members as (
        select
            matches.*,
            audience_definitions.started_on,
            audience_definitions.priority,
            case
                when
                    {{ digest_fraction("matches.audience || ':' || matches.customer_id") }}
                    < audience_definitions.holdout_share
                then 'holdout'
                else 'target'
            end as member_group
        from matches
        inner join audience_definitions on matches.audience = audience_definitions.audience
    ),

    today as (select max(started_on) as started_on from new_members),

    -- A contact is the beginning of an audience, for those who may be contacted.
    recent_contacts as (
        select last_audience_members.customer_id, count(*) as contacts
        from last_audience_members
        inner join
            today
            on {{ dbt.datediff("last_audience_members.started_on", "today.started_on", "day") }}
            < {{ setting("contact_days") }}
        where last_audience_members.contact_allowed
        group by last_audience_members.customer_id
    ),

    -- In the order of their priority those who are held out take no contact from others.
    counted_members as (
        select
            new_members.*,
            coalesce(recent_contacts.contacts, 0) + coalesce(
                sum(case when new_members.member_group = 'target' then 1 else 0 end) over (
                    partition by new_members.customer_id
                    order by new_members.priority, new_members.audience
                    rows between unbounded preceding and 1 preceding
                ),
                0
            )
            < {{ setting("max_contacts") }} as is_within_contact_limit
        from new_members
        left join recent_contacts on new_members.customer_id = recent_contacts.customer_id
    ),

    members as (
        select {{ kept | join(", ") }}
        from last_audience_members
        union all
        select {{ kept | join(", ") }}
        from
            (
                select *, is_within_contact_limit and member_group = 'target' as contact_allowed
                from counted_members
            ) as new_contacts
    ),

    runs as (
        select
            members.audience,
            members.customer_id,
            audience_definitions.started_on,
            audience_definitions.ends_on
        from members
        inner join audience_definitions on members.audience = audience_definitions.audience
    ),

    -- Later audiences count too: who reads an effect wants to know of all others.
    overlapping as (
        select runs.audience, runs.customer_id, count(*) as overlapping_audiences
        from runs
        inner join runs as others on runs.customer_id = others.customer_id
        where
            runs.audience <> others.audience
            and runs.started_on <= others.ends_on
            and others.started_on <= runs.ends_on
        group by runs.audience, runs.customer_id
    ),

    audience_members as (
        select
            {% for column in kept -%} members.{{ column }}, {% endfor -%}
            cast(coalesce(overlapping.overlapping_audiences, 0) as integer) as overlapping_audiences
        from members
        left join
            overlapping
            on members.audience = overlapping.audience
            and members.customer_id = overlapping.customer_id
    )

select *
from audience_members
