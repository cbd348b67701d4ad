{#-
  A table of what a function of Python returns, for what the workers of a cluster cannot see. Its rows
  are raw: where customers are to be forgotten, forget_handed_over drops it at the end of the build.
-#}
{%- macro handed_over(name, function, arguments) -%}
    {%- set table = "handed_over." ~ name -%}
    {%- if execute and flags.WHICH in ("build", "run") -%}
        {%- do run_query("create schema if not exists handed_over") -%}
        {%- do adapter.rows_of_python(table, function, arguments) -%}
    {%- endif -%}
    {{- return(table) -}}
{%- endmacro -%}

{#- Where the source names files, these are of the machine that dbt runs on: it hands them over. -#}
{%- macro spark__source_rows(source_name, table) -%}
    {%- set relation = source(source_name, table) -%}
    {%- if not execute -%} {{- return(relation) -}} {%- endif -%}
    {%- set node = graph.sources["source.segmart." ~ source_name ~ "." ~ table] -%}
    {{-
        return(
            handed_over(
                source_name ~ "_" ~ table,
                "segmart.files.queries.parquet_rows",
                {"path": node.meta.external_location | replace("{name}", table)},
            )
        )
    -}}
{%- endmacro -%}

{%- macro spark__forget_handed_over() -%}
    {%- if setting("forgotten_customers") != "none" -%}
        {%- do run_query("drop schema if exists handed_over cascade") -%}
    {%- endif -%}
{%- endmacro -%}
