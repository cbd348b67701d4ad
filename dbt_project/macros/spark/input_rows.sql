{#- The workers of a cluster cannot see the file: the machine that dbt runs on reads it. -#}
{%- macro spark__file_rows(input, file) -%}
    select *
    from
        {{
            local_rows(
                input ~ "_" ~ file.file_number,
                "segmart.files.queries.rows",
                {"query": file.rows_query},
            )
        }}
{%- endmacro -%}

{#- To dbt-spark a relation has no database: the catalog's name stands before the schema's. -#}
{%- macro spark__table_of_input(parts) -%}
    {{- return(api.Relation.create(schema=parts[0] ~ "." ~ parts[1], identifier=parts[2])) -}}
{%- endmacro -%}

{%- macro spark__raw_row_count(input) -%} {{ staged_row_count(input) }} {%- endmacro -%}
