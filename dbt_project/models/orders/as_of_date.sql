{%- set clocks = run_started_at.astimezone(modules.pytz.timezone(setting("time_zone"))) -%}
{%- set today = "cast('" ~ clocks.strftime("%Y-%m-%d") ~ "' as date)" -%}

with
    stored_order_lines as (select * from {{ ref("stored_order_lines") }}),

    -- A date after the day of the build is a mistake in the input: it must not carry the default
    -- away. Where there are only such dates all are set aside.
    last_order as (
        select
            cast(min(ordered_at) as date) as first_on,
            coalesce(
                max(case when ordered_at < {{ dbt.dateadd("day", 1, today) }} then ordered_at end),
                {{ today }}
            ) as last_ordered_at
        from stored_order_lines
    ),

    as_of_date as (
        select
            cast(
                {% if setting("as_of") != "default" -%}'{{ setting("as_of") }}'
                {%- elif uses_metrics() -%}{{ today }}
                {%- else -%}{{ dbt.dateadd("day", 1, "cast(last_ordered_at as date)") }}
                {%- endif %} as date
            ) as as_of,
            first_on
        from last_order
    )

select *
from as_of_date
