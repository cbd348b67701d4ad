{{
    config(
        enabled=var("input") == "files",
        materialized="table",
        pre_hook="{{ find_unreadable_lines() }}",
    )
}}
-- depends_on: {{ ref("files__columns") }}
{%- set csv_inputs = [] -%}
{%- for input in ("order_lines", "customers", "customer_metrics") -%}
    {%- if input_files(input) | selectattr("format", "equalto", "csv") | list -%}
        {%- do csv_inputs.append(input) -%}
    {%- endif -%}
{%- endfor %}

with
    files_columns as (select distinct input, file from {{ ref("files__columns") }}),

    unreadable_lines as (
        {% if csv_inputs -%}
            select source_file, line, problem, line_text from {{ unreadable_lines() }} as found
        {%- else -%}
            select
                cast(null as string) as source_file,
                cast(null as bigint) as line,
                cast(null as string) as problem,
                cast(null as string) as line_text
            where false
        {%- endif %}
    ),

    unreadable_lines_of_inputs as (
        select
            files_columns.input as source,
            unreadable_lines.source_file,
            cast(unreadable_lines.line as bigint) as line,
            - row_number() over (
                partition by unreadable_lines.source_file order by unreadable_lines.line
            ) as source_row,
            unreadable_lines.problem,
            {% if setting("forgotten_customers") == "none" -%} unreadable_lines.line_text
            {%- else -%}
                {#- Of whom the line is, nobody can tell. -#}
                '(a line that cannot be read)' as line_text
            {%- endif %}
        from unreadable_lines
        inner join files_columns on unreadable_lines.source_file = files_columns.file
    )

select *
from unreadable_lines_of_inputs
