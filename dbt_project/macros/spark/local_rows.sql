{#-
  A table of rows that a Python function reads on the machine that dbt runs on, for files that the workers
  of a cluster cannot see. Its rows are raw: where customers are to be forgotten, drop_local_rows drops it
  at the end of the build.
-#}
{%- macro local_rows(name, function, arguments) -%}
    {%- set table = "local_rows." ~ name -%}
    {%- if execute and flags.WHICH in ("build", "run") -%}
        {%- do run_query("create schema if not exists local_rows") -%}
        {%- do adapter.rows_of_python(table, function, arguments) -%}
    {%- endif -%}
    {{- return(table) -}}
{%- endmacro -%}

{#- Where the source names files, these are of the machine that dbt runs on: it reads them and sends the rows. -#}
{%- macro spark__source_rows(source_name, table) -%}
    {%- set relation = source(source_name, table) -%}
    {%- if not execute -%} {{- return(relation) -}} {%- endif -%}
    {%- set node = graph.sources["source.segmart." ~ source_name ~ "." ~ table] -%}
    {{-
        return(
            local_rows(
                source_name ~ "_" ~ table,
                "segmart.files.queries.parquet_rows",
                {"path": node.meta.external_location | replace("{name}", table)},
            )
        )
    -}}
{%- endmacro -%}

{%- macro spark__drop_local_rows() -%}
    {%- if setting("forgotten_customers") != "none" -%}
        {%- do run_query("drop schema if exists local_rows cascade") -%}
    {%- endif -%}
{%- endmacro -%}
