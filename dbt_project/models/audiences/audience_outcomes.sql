{%- set facts = [
    "audience",
    "started_on",
    "segment_id",
    "segment_name",
    "days",
    "measure",
    "decides",
    "readable_from",
] -%}
{%- set figures = [
    "target_customers",
    "holdout_customers",
    "gone_customers",
    "beyond_limit_customers",
    "target_mean",
    "holdout_mean",
    "difference",
    "difference_low",
    "difference_high",
    "difference_probability",
    "adjusted_difference",
    "adjusted_difference_low",
    "adjusted_difference_high",
    "adjusted_difference_probability",
    "split_probability",
    "verdict",
    "customers_needed",
] -%}
with
    compared_audiences as (select * from {{ ref("compared_audiences") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    -- What has been read stays as it was read: who looks again is told the same.
    read_before as (
        select released.*
        from {{ released_rows("audience_outcomes") }} as released
        inner join as_of_date on released.measured_on < as_of_date.as_of
    ),

    audience_outcomes as (
        select
            {% for column in facts -%} compared_audiences.{{ column }}, {% endfor -%}
            case when compared_audiences.is_readable then as_of_date.as_of end as measured_on,
            {% for column in figures -%}
                compared_audiences.{{ column }}{{ "," if not loop.last }}
            {% endfor %}
        from compared_audiences
        cross join as_of_date
        union all
        select {{ facts | join(", ") }}, measured_on, {{ figures | join(", ") }}
        from read_before
    )

select *
from audience_outcomes
