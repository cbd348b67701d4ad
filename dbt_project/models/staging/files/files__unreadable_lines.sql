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
            select
                scans.file_path as source_file,
                errors.line,
                min(cast(errors.error_type as varchar)) as problem,
                min(errors.csv_line) as line_text
            from reject_errors as errors
            inner join
                reject_scans as scans
                on errors.scan_id = scans.scan_id
                and errors.file_id = scans.file_id
            group by scans.file_path, errors.line
        {%- else -%}
            select
                cast(null as varchar) as source_file,
                cast(null as bigint) as line,
                cast(null as varchar) as problem,
                cast(null as varchar) as line_text
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
