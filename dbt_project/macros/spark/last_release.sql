{#- A release stands on the machine that dbt runs on, which hands its rows over. -#}
{%- macro spark__released_file(table, file) -%}
    {{-
        return(
            adapter.rows_of_python(
                "released_" ~ table,
                "segmart.release.last_release.released_rows",
                {"path": file},
            )
        )
    -}}
{%- endmacro -%}
