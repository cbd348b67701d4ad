{%- set groups = {
    "segments": "segment_id",
    "spend quartiles": "spend_quartile",
    "RFM scores": "rfm_score",
} -%}
{%- set outcomes = {
    "spend": transformed("later_spend", "log1p"),
    "discount share": "later_discount_share",
} -%}
with
    later_behaviour as (select * from {{ ref("later_behaviour") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    released_rows as (
        select released.*
        from {{ released_rows("outcomes_explained") }} as released
        inner join as_of_date on released.measured_on < as_of_date.as_of
    ),

    grouped as (
        {% for outcome, y in outcomes.items() -%}
            {%- set is_last = loop.last -%}
            {%- for name, group_id in groups.items() -%}
                select
                    as_of,
                    '{{ outcome }}' as outcome,
                    '{{ name }}' as explained_by,
                    {{ group_id }} as group_id,
                    {{ y }} as y
                from later_behaviour {{ "union all" if not (is_last and loop.last) }}
            {% endfor %}
        {% endfor %}
    ),

    explained as ({{ explained_by_groups("grouped", ["as_of"]) }}),

    outcomes_explained as (
        select
            explained.as_of,
            explained.explained_by,
            {{ setting("outcome_days") }} as outcome_days,
            as_of_date.as_of as measured_on,
            cast(max(explained.groups) as integer) as groups,
            cast(max(explained.customers) as bigint) as customers,
            max(
                case when explained.outcome = 'spend' then explained.explained end
            ) as spend_explained,
            max(
                case when explained.outcome = 'discount share' then explained.explained end
            ) as discount_share_explained
        from explained
        cross join as_of_date
        group by explained.as_of, explained.explained_by, as_of_date.as_of
        union all
        select
            as_of,
            explained_by,
            outcome_days,
            measured_on,
            groups,
            customers,
            spend_explained,
            discount_share_explained
        from released_rows
    )

select *
from outcomes_explained
