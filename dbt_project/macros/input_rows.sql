{#- Whether an input comes from files; it may also be a table, a model, or of a staging folder. -#}
{%- macro has_files(input) -%}
    {{- return(setting("input") == "files" and not is_relation(setting(input))) -}}
{%- endmacro -%}

{#- Whether the value of an input names a table or a model, not a path. -#}
{%- macro is_relation(value) -%}
    {{- return(value.startswith("table:") or value.startswith("ref:")) -}}
{%- endmacro -%}

{#- The rows of one input of files: of its table or model, of its files, or none. -#}
{%- macro input_rows(input, columns_of_none) -%}
    {%- set path = setting(input) -%}
    {%- if is_relation(path) -%} {{ table_rows(input) }}
    {%- elif path != "none" and execute -%}
        {%- for file in input_files(input) %}
            {{ file_rows(input, file) }} {{ "union all" if not loop.last }}
        {%- endfor %}
    {%- else -%} select {{ columns_of_none }} where false
    {%- endif -%}
{%- endmacro -%}

{#- The files of an input, each with the SQL that reads it, which segmart.files.queries has written. -#}
{%- macro input_files(input) -%}
    {%- if not execute -%} {{- return([]) -}} {%- endif -%}
    {%- set query -%}
        select distinct file_number, file, file_version, rows_query, source
        from {{ ref("files__columns") }}
        where input = {{ text_literal(input) }} and file is not null
        order by file_number
    {%- endset -%}
    {{- return(run_query(query).rows) -}}
{%- endmacro -%}

{#- The rows of one file. -#}
{%- macro file_rows(input, file) -%}
    {{- return(adapter.dispatch("file_rows", "segmart")(input, file)) -}}
{%- endmacro -%}

{%- macro default__file_rows(input, file) -%} {{ file.rows_query }} {%- endmacro -%}

{#- The table or the model that an input is; a name alone is a model of the project that dbt runs in. -#}
{%- macro relation_of_input(input) -%}
    {%- set parts = setting(input).split(":")[1].split(".") -%}
    {%- if setting(input).startswith("ref:") -%}
        {{- return(builtins.ref(parts[0] if parts[1:] else project_name, parts[-1])) -}}
    {%- endif -%}
    {{- return(table_of_input(parts)) -}}
{%- endmacro -%}

{#- The rows of a table or a model, its columns named as the contract names them. -#}
{%- macro table_rows(input) -%}
    {%- set value, relation = setting(input), relation_of_input(input) -%}
    {%- set given = given_columns(relation) -%}
    {%- set mapped, ignored = {}, [] -%}
    {%- if execute -%}
        {%- set query -%}
            select column_name, contract_column, is_wanted
            from {{ ref("files__columns") }}
            where input = {{ text_literal(input) }}
            order by position
        {%- endset -%}
        {%- for name, column, is_wanted in run_query(query).rows -%}
            {%- if name | lower in given -%} {%- do mapped.update({name | lower: column}) -%}
            {%- elif is_wanted -%}
                {%- if given -%}
                    {%- do refuse(
                        "var %s: %s has no column %s, which is to be %s; it has %s. Map it in the var"
                        ~ " columns",
                        input,
                        value,
                        name | tojson,
                        column,
                        given | join(", "),
                    ) -%}
                {%- elif value.startswith("ref:") -%}
                    {%- set remedy = "build that model first, as a table or a view" -%}
                {%- else -%} {%- set remedy = "attach its database in profiles.yml" -%}
                {%- endif -%}
                {%- do refuse("var %s: %s is not there: %s", input, value, remedy) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for name in given if name not in mapped -%}
        {%- do ignored.append(quoted(name)) -%}
    {%- endfor %}
    select
        {%- for name in given if name in mapped %}
            {{ quoted(name) }} as {{ quoted(mapped[name]) }},
        {%- endfor %}
        {%- if input == "order_lines" %}
            {#- Rows that differ in a column that is ignored are no duplicates. -#}
            cast({{ row_digest(ignored) if ignored else "null" }} as string) as ignored_values
        {%- else %}
            {%- for name in ignored if execute %} {{ name }},
            {%- endfor %}
            cast(null as string) as ignored_values
        {%- endif %}
    from {{ relation }}
{%- endmacro -%}

{#- The relation of a database, a schema and a table that the user has named. -#}
{%- macro table_of_input(parts) -%}
    {{- return(adapter.dispatch("table_of_input", "segmart")(parts)) -}}
{%- endmacro -%}

{%- macro default__table_of_input(parts) -%}
    {{- return(api.Relation.create(database=parts[0], schema=parts[1], identifier=parts[2])) -}}
{%- endmacro -%}

{#- The number of the rows of an input as its source holds them, as a query of one row: row_count. -#}
{%- macro raw_row_count(input) -%}
    {{- return(adapter.dispatch("raw_row_count", "segmart")(input)) -}}
{%- endmacro -%}

{#-
  Of files not through their view, whose parts could leave some out. Bytes that are no text, of which
  count(*) would count the line too, have ended the build before.
-#}
{%- macro default__raw_row_count(input) -%}
    {%- set files = input_files(input) if has_files(input) else [] -%}
    {%- if not files -%} {{ staged_row_count(input) }}
    {%- else -%}
        select sum(row_count) as row_count
        from
            (
                {% for file in files -%}
                    select count(*) as row_count
                    from {{ file.source }} {{ "union all" if not loop.last }}
                {% endfor %}
            ) as counts
    {%- endif -%}
{%- endmacro -%}

{%- macro staged_row_count(input) -%}
    select count(*) as row_count from {{ ref(setting("input") ~ "__" ~ input) }}
{%- endmacro -%}
