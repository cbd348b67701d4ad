with
    order_lines as (select * from {{ ref(setting("input") ~ "__order_lines") }}),

    -- A date after the day of the build is a mistake in the input: it must not carry the default away.
    last_order as (
        select max(cast(try_cast(ordered_at as timestamp) as date)) as last_ordered_on
        from order_lines
        where
            try_cast(ordered_at as timestamp)
            < {{ dbt.dateadd("day", 1, "cast('" ~ run_started_at.strftime("%Y-%m-%d") ~ "' as date)") }}
    ),

    as_of_date as (
        select
            cast(
                {% if setting("as_of") == "default" -%}
                    {{ dbt.dateadd("day", 1, "last_ordered_on") }}
                {%- else -%}'{{ setting("as_of") }}'
                {%- endif %} as date
            ) as as_of
        from last_order
    )

select * from as_of_date
