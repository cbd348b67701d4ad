{#- dbt-spark takes a table without a file_format for one of Delta; here it is Parquet, which has none. -#}
{% macro sparksession__persist_constraints(relation, model) -%}
    {%- if config.get("file_format") == "delta" -%}
        {{ spark__persist_constraints(relation, model) }}
    {%- endif -%}
{%- endmacro %}
