{%- set metrics = metric_columns() -%}
{%- set given = given_columns(ref("files__customer_metrics")) if uses_metrics() else {} -%}
{%- set text = dbt.type_string() -%}

with
    {% if metrics -%}
        customer_metrics as ({{ remembered_rows(ref("files__customer_metrics"), given) }}),
    {%- else -%}
        customer_metrics as (
            select
                cast(null as {{ text }}) as customer_id,
                cast(null as {{ text }}) as source_file,
                cast(null as bigint) as source_row,
                false as segmart_is_forgotten
            where false
        ),
    {%- endif %}

    typed as (
        select
            {{ customer_id_text(given or {"customer_id": "text"}) }} as customer_id,
            {%- for metric in metrics %}
                {{ trimmed(quoted(metric.column)) }} as {{ metric.feature }}_text,
                {% if metric.kind == "text" -%}
                    {{
                        parsed_number(
                            {quoted(metric.column): "text"}, quoted(metric.column), "double"
                        )
                    }}
                {%- else -%}
                    nullif(cast({{ quoted(metric.column) }} as double), cast('nan' as double))
                {%- endif %} as {{ metric.feature }},
            {%- endfor %}
            {{ column_or_null(given, "source_file", text) }} as source_file,
            {{ column_or_null(given, "source_row", "bigint") }} as source_row,
            segmart_is_forgotten
        from customer_metrics
    ),

    malformed as (
        select *,
        {% for metric in metrics -%}
                {{ "case" if loop.first }}
            when {{ is_malformed_metric(metric) }}
            then '{{ metric.feature }}' {{ "end" if loop.last }}
            {%- else -%} cast(null as {{ text }})
            {%- endfor %} as malformed_column,
        {% for metric in metrics -%}
                {{ "case" if loop.first }}
            when {{ is_malformed_metric(metric) }}
            then {{ metric.feature }}_text {{ "end" if loop.last }}
            {%- else -%} cast(null as {{ text }})
            {%- endfor %} as malformed_value
        from typed
    ),

    -- Of several rows of a customer that read well, the one with the largest values in the order of
    -- the columns counts.
    numbered as (
        select
            *,
            row_number() over (
                partition by customer_id, malformed_column is null
                order by
                    {%- for metric in metrics %}
                        {{ metric.feature }} desc nulls last,
                    {%- endfor %} source_file asc nulls last,
                    source_row asc nulls last
            ) as row_of_customer,
            rank() over (
                partition by customer_id, malformed_column is null
                order by
                    {%- for metric in metrics %}
                        {{ metric.feature }} desc nulls last,
                    {%- endfor %} customer_id asc
            ) as version
        from malformed
    ),

    checked_customer_metrics as (
        select
            *,
            case
                when segmart_is_forgotten
                then 'customer_forgotten'
                when malformed_column is not null
                then 'metric_malformed'
                when customer_id is null
                then 'customer_id_missing'
                when version > 1
                then 'superseded_row'
                when row_of_customer > 1
                then 'duplicate_row'
            end as reason
        from numbered
    )

select *
from checked_customer_metrics
