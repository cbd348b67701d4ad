{#- What is suspected of dates and times. Each is a CTE below; the sentences are made in Python. -#}
{%- set kinds = ["placeholder_dates", "stray_dates", "few_days"] -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set placeholders = [
    "0001-01-01",
    "1899-12-30",
    "1900-01-01",
    "1970-01-01",
    "2099-12-31",
    "9999-12-31",
] -%}
{%- if setting("time_zone") == "UTC" and given.get("ordered_at") in ("text", "instant") -%}
    {%- do kinds.append("one_time_of_day") -%}
    {%- set has_zone = offsets_of_times(given, ref(setting("input") ~ "__order_lines")) -%}
{%- endif -%}
{%- if setting("as_of") == "default" and not uses_metrics() -%}
    {%- do kinds.append("future_dates") -%}
{%- endif %}

with
    days as (
        select ordered_on, sum(lines) as lines, min(customer_id) as example
        from {{ ref("lines_of_days") }}
        where reason is null
        group by ordered_on
    ),

    gaps as (
        select
            ordered_on as until_on,
            lag(ordered_on) over (order by ordered_on) as from_on,
            example as later_example,
            lag(example) over (order by ordered_on) as earlier_example,
            sum(lines) over (order by ordered_on desc) as lines_after,
            sum(lines) over () as lines
        from days
    ),

    sides_of_gaps as (
        select
            *,
            least(lines_after, lines - lines_after) as stray_lines,
            case when 2 * lines_after < lines then later_example else earlier_example end as example
        from gaps
        where
            lines >= 20
            and cast(from_on as string) not in {{ text_literals(placeholders) }}
            and cast(until_on as string) not in {{ text_literals(placeholders) }}
    ),

    -- Few lines far from all others, at the beginning or at the end; a year away a few more.
    stray_dates as (
        select from_on, until_on, stray_lines, example
        from sides_of_gaps
        where
            (
                until_on > {{ dbt.dateadd("day", 90, "from_on") }}
                and stray_lines <= greatest(1, 0.01 * lines)
            )
            or (until_on > {{ dbt.dateadd("day", 300, "from_on") }} and stray_lines <= 0.05 * lines)
    ),

    -- Of a day or two of one week, as lines have that only know when they were exported.
    few_days as (
        select
            count(*) as days,
            min(ordered_on) as from_on,
            max(ordered_on) as until_on,
            sum(lines) as lines,
            min(example) as example
        from days
        having
            count(*) <= 2
            and sum(lines) >= 20
            and max(ordered_on) <= {{ dbt.dateadd("day", 7, "min(ordered_on)") }}
    ),

    times_of_day as (
        select {{ dbt.date_trunc("minute", "first_at") }} as ordered_at, sum(lines) as lines
        from {{ ref("sampled_orders") }}
        group by {{ dbt.date_trunc("minute", "first_at") }}
        union all
        select distinct {{ dbt.date_trunc("minute", "last_at") }} as ordered_at, 0 as lines
        from {{ ref("sampled_orders") }}
        where last_at > first_at
    ),

    -- In summer and in winter. Midnight west of Greenwich is on the same day in UTC, and the last
    -- minute of a day is no midnight. One time without a zone is that of a job of each night; of
    -- two an hour apart the summer has another one than the winter.
    one_time_of_day as (
        select
            min(substring(cast(ordered_at as string), 12, 5)) as first_time,
            max(substring(cast(ordered_at as string), 12, 5)) as last_time
        from times_of_day
        having
            min(substring(cast(ordered_at as string), 12, 5)) >= '14:00'
            and max(substring(cast(ordered_at as string), 12, 5)) < '23:59'
            and count(distinct substring(cast(ordered_at as string), 12, 5))
            {{ "<=" if has_zone else "=" }} 2
            and sum(lines) >= 20
            and count(distinct ordered_at) >= 10
    ),

    placeholder_dates as (
        select ordered_on, lines, example
        from days
        where cast(ordered_on as string) in {{ text_literals(placeholders) }}
    ),

    future_dates as (
        select sum(lines) as lines, max(ordered_on) as until_on, min(customer_id) as example
        from {{ ref("lines_of_days") }}
        where reason = 'after_as_of'
        having count(*) > 0
    ),

    suspicious_dates as ({{ rows_of_suspicions(kinds) }})

select *
from suspicious_dates
