{%- set is_table = is_relation(setting("order_lines")) -%}
{{ config(enabled=var("input") == "files" and is_table) }}
{%- set given = given_columns(relation_of_input("order_lines")) if is_table else [] %}

with
    columns_wanted as (
        select lower(column_name) as column_name
        from {{ ref("files__columns") }}
        where input = 'order_lines'
    ),

    columns_given as (
        {% for column in given -%}
            select {{ text_literal(column) }} as column_name {{ "union all " if not loop.last }}
        {%- else -%}select '' as column_name where false
        {%- endfor %}
    ),

    columns_left_out as (
        select columns_given.column_name
        from columns_given
        left join columns_wanted on columns_given.column_name = columns_wanted.column_name
        where columns_wanted.column_name is null
    )

select *
from columns_left_out
