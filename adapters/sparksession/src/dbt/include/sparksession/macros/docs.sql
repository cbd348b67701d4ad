{#- Columns have their comments in Parquet tables too. -#}
{% macro sparksession__alter_column_comment(relation, column_dict) -%}
    {%- for column in column_dict.values() if column.description -%}
        {%- do run_query(
            "alter table "
            ~ relation
            ~ " alter column "
            ~ adapter.quote(column.name)
            ~ " comment '"
            ~ column.description
            | replace("\\", "\\\\")
            | replace("'", "\\'") ~ "'"
        ) -%}
    {%- endfor -%}
{%- endmacro %}
