{#- A Python model's code ends with the call that writes its table; SQL is dbt-spark's. -#}
{% macro sparksession__create_table_as(temporary, relation, compiled_code, language="sql") -%}
    {%- if language == "sql" -%}
        {{ spark__create_table_as(temporary, relation, compiled_code, language) }}
    {%- else -%}
        {{-
            (
                compiled_code
                ~ "\nwrite_table(spark, model(dbtObj(spark.table), spark), "
                ~ (relation | string | tojson)
                ~ ")\n"
            )
        -}}
    {%- endif -%}
{%- endmacro %}
