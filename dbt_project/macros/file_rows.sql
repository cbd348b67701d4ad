{#- Whether an input comes from files; it may also be a table, or of a staging folder. -#}
{%- macro has_files(input) -%}
    {{- return(setting("input") == "files" and not setting(input).startswith("table:")) -}}
{%- endmacro -%}

{#- Rows of files__columns for one input, as a list of files, each with its columns in order. -#}
{%- macro input_files(input) -%}
    {%- set files = [] -%}
    {%- if execute -%}
        {%- set query -%}
            select
                file_number,
                file,
                file_format,
                bytes,
                modified_at,
                sha256,
                lines,
                column_name,
                column_type,
                contract_column,
                role
            from {{ ref("files__columns") }}
            where input = {{ text_literal(input) }}
            order by file_number, position
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- if not files or files[-1].number != row[0] -%}
                {%- do files.append(
                    {
                        "input": input,
                        "number": row[0],
                        "path": row[1],
                        "format": row[2],
                        "state": row[3] ~ " bytes of " ~ row[4] ~ " " ~ row[5],
                        "lines": row[6],
                        "columns": [],
                    }
                ) -%}
            {%- endif -%}
            {%- do files[-1].columns.append(
                {"name": row[7], "kind": row[8], "contract": row[9], "role": row[10]}
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(files) -}}
{%- endmacro -%}

{#- The rows of one file. Every column of a CSV file is read as text. -#}
{%- macro file_source(file) -%}
    {{- return(adapter.dispatch("file_source", "segmart")(file)) -}}
{%- endmacro -%}

{#- segmart.files.columns.csv_query reads a CSV file the same way. -#}
{%- macro default__file_source(file, rejects="ignore_errors = true") -%}
    {%- if file.format == "csv" -%}
        read_csv(
            {{ text_literal(file.path) }},
            auto_detect = false,
            header = true,
            columns = {
                {%- for column in file.columns -%}
                    {{ text_literal(column.name) }}:'VARCHAR'{{ ", " if not loop.last }}
                {%- endfor -%}
            },
            delim
            = {{ "chr(9)" if setting("delimiter") == "tab" else text_literal(setting("delimiter")) }},
            quote = '"',
            escape = '"',
            strict_mode = true,
            encoding = '{{ setting("encoding") }}',
            {{ rejects }}
        )
    {%- else -%} read_parquet({{ text_literal(file.path) }}, file_row_number = true)
    {%- endif -%}
{%- endmacro -%}

{#- Lines of a file have no order on a cluster: the machine that dbt runs on reads and numbers them. -#}
{%- macro spark__file_source(file) -%}
    {%- if file.format == "csv" -%}
        {%- set function = "segmart.files.columns.csv_rows" -%}
        {%- set arguments = {
            "path": file.path,
            "columns": file.columns | map(attribute="name") | list,
            "delimiter": setting("delimiter"),
            "encoding": setting("encoding"),
        } -%}
    {%- else -%}
        {%- set function = "segmart.files.columns.parquet_rows" -%}
        {%- set arguments = {"path": file.path} -%}
    {%- endif -%}
    {{ handed_over(file.input ~ "_" ~ file.number, function, arguments) }}
{%- endmacro -%}

{#- The number of a row in its file, from 1. -#}
{%- macro row_in_file(file) -%}
    {{- return(adapter.dispatch("row_in_file", "segmart")(file)) -}}
{%- endmacro -%}

{%- macro default__row_in_file(file) -%}
    {%- if file.format == "csv" -%} row_number() over ()
    {%- else -%} file_row_number + 1
    {%- endif -%}
{%- endmacro -%}

{%- macro spark__row_in_file(file) -%} file_row_number + 1{%- endmacro -%}

{#- A column of a file, with identifiers as text and times of a zone in UTC. -#}
{%- macro file_value(column, contract) -%}
    {%- set name = quoted(column.name) -%}
    {%- set is_identifier = contract in ("customer_id", "order_id", "product_id", "category") -%}
    {%- if is_identifier and column.kind != "text" -%}
        {{ identifier_text({name: column.kind}, name) }}
    {%- elif column.kind in ("date", "timestamp") -%} cast({{ name }} as timestamp)
    {%- else -%} {{ name }}
    {%- endif -%}
{%- endmacro -%}

{#- A digest of the columns that the contract does not name: rows that differ there are no duplicates. -#}
{%- macro ignored_digest(columns) -%}
    {%- if columns -%}
        md5(
            concat_ws(
                chr(31){% for column in columns %}, coalesce({{ column }}, chr(30)){% endfor %}
            )
        )
    {%- else -%} cast(null as string)
    {%- endif -%}
{%- endmacro -%}

{#- The names of the columns of an input: those of the contract, then further ones, of all its files. -#}
{%- macro input_names(files) -%}
    {%- set names = [] -%}
    {%- for file in files -%}
        {%- for column in file.columns if column.role != "ignored" -%}
            {%- set name = column.contract or column.name -%}
            {%- if name | lower not in names | map("lower") -%}
                {%- do names.append(name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(names) -}}
{%- endmacro -%}

{#-
  The rows of one file: the named columns, null where the file has none of that name, a digest of the
  columns that are ignored, the file and the row in it (from 1).
-#}
{%- macro rows_of_file(file, names) -%}
    select
        {% for name in names -%}
            {%- set found = [] -%}
            {%- for column in file.columns
                if column.role != "ignored" and (column.contract or column.name) | lower == name | lower -%}
                {%- do found.append(file_value(column, column.contract)) -%}
            {%- endfor -%}
            {{ found[0] if found else "null" }} as {{ quoted(name) }},
        {% endfor -%}
        {%- set ignored = file.columns | selectattr("role", "equalto", "ignored") | list -%}
        {%- set ignored_texts = [] -%}
        {%- for column in ignored -%}
            {%- do ignored_texts.append("cast(" ~ quoted(column.name) ~ " as string)") -%}
        {%- endfor -%}
        {{ ignored_digest(ignored_texts) }} as ignored_values,
        {{ text_literal(file.path) }} as source_file,
        {{ row_in_file(file) }} as source_row
    from {{ file_source(file) }}
{%- endmacro -%}

{#- Conditions that divide the rows of a file into parts, which are typed at the same time. -#}
{%- macro parts_of_file(file, files) -%}
    {{- return(adapter.dispatch("parts_of_file", "segmart")(file, files)) -}}
{%- endmacro -%}

{#-
  One thread alone can number the lines of a CSV file. To read a line takes little of the time of typing
  it: each thread reads the whole file and types its part. Several files are parts by themselves.
-#}
{%- macro default__parts_of_file(file, files) -%}
    {%- set threads = run_query("select current_setting('threads')").rows[0][0] | int -%}
    {%- set parts = [1, threads // files | length] | max if file.format == "csv" else 1 -%}
    {%- set conditions = [] -%}
    {%- for part in range(1, parts + 1) -%}
        {%- set after = file.lines | int * (part - 1) // parts -%}
        {%- set until = file.lines | int * part // parts -%}
        {%- do conditions.append(
            "source_row > "
            ~ after
            ~ (" and source_row <= " ~ until if not loop.last else "")
        ) -%}
    {%- endfor -%}
    {{- return(conditions) -}}
{%- endmacro -%}

{#- The machine of dbt hands the rows over once. -#}
{%- macro spark__parts_of_file(file, files) -%} {{- return(["source_row > 0"]) -}} {%- endmacro -%}

{#- What the rows of a file depend on: how it is read, its size and the time of its last change. -#}
{%- macro file_version(file, names) -%}
    {{- return(local_md5(rows_of_file(file, names) ~ file.state)) -}}
{%- endmacro -%}

{#- The rows of every file of an input; order lines, which are kept, with the version of their file. -#}
{%- macro file_rows(input) -%}
    {%- set files = input_files(input) -%}
    {%- set names = input_names(files) -%}
    {%- for file in files %}
        {% if input == "order_lines" -%}
            {%- for condition in parts_of_file(file, files) %}
                select *, '{{ file_version(file, names) }}' as segmart_file_version
                from ({{ rows_of_file(file, names) }}) as rows_of_file
                where {{ condition }} {{ "union all" if not loop.last }}
            {%- endfor %}
        {%- else -%} {{ rows_of_file(file, names) }}
        {%- endif %}
        {{ "union all" if not loop.last }}
    {% endfor %}
{%- endmacro -%}

{#- The rows of a table of an attached database, its columns named as the contract names them. -#}
{%- macro table_rows(input) -%}
    {%- set parts = setting(input).removeprefix("table:").split(".") -%}
    {%- set relation = table_of_input(parts) -%}
    {%- set given = given_columns(relation) -%}
    {%- set renamed = setting("columns").get(input, {}) -%}
    {%- set contract = {
        "order_lines": [
            "customer_id",
            "ordered_at",
            "order_id",
            "amount",
            "quantity",
            "unit_price",
            "discount_amount",
            "product_id",
            "category",
            "is_return",
        ],
        "customers": ["customer_id", "updated_at"],
        "customer_metrics": ["customer_id"],
    }[input] -%}
    {%- set mapped = {} -%}
    {%- for column in contract -%}
        {%- set name = renamed.get(column, column) -%}
        {%- if name | lower in given -%} {%- do mapped.update({name | lower: column}) -%}
        {%- elif execute and (column in renamed or column in ("customer_id", "ordered_at")) -%}
            {{-
                exceptions.raise_compiler_error(
                    "var " ~ input ~ ": table " ~ parts
                    | join(".")
                    ~ (
                        " is not there: attach its database in profiles.yml"
                        if not given
                        else " has no column "
                        ~ (name | tojson)
                        ~ ", which is to be "
                        ~ column
                        ~ "; it has "
                        ~ given
                        | join(", ") ~ ". Map it in the var columns"
                    )
                )
            -}}
        {%- endif -%}
    {%- endfor %}
    {%- set ignored = [] -%}
    {%- for name in given if name not in mapped and input == "order_lines" -%}
        {%- do ignored.append("cast(" ~ quoted(name) ~ " as string)") -%}
    {%- endfor %}
    select
        {%- for name in given if name in mapped or (input != "order_lines" and name not in contract) %}
            {{ quoted(name) }} as {{ quoted(mapped.get(name, name)) }},
        {%- endfor %}
        {{ ignored_digest(ignored) }} as ignored_values
    from {{ relation }}
{%- endmacro -%}

{#- The relation of a database, a schema and a table that the user has named. -#}
{%- macro table_of_input(parts) -%}
    {{- return(adapter.dispatch("table_of_input", "segmart")(parts)) -}}
{%- endmacro -%}

{%- macro default__table_of_input(parts) -%}
    {{- return(api.Relation.create(database=parts[0], schema=parts[1], identifier=parts[2])) -}}
{%- endmacro -%}

{#- To dbt-spark a relation has no database: the catalog's name stands before the schema's. -#}
{%- macro spark__table_of_input(parts) -%}
    {{- return(api.Relation.create(schema=parts[0] ~ "." ~ parts[1], identifier=parts[2])) -}}
{%- endmacro -%}

{#- The rows of one input of files: of its table, of its files, or none. -#}
{%- macro input_rows(input, columns_of_none) -%}
    {%- set path = setting(input) -%}
    {%- if path.startswith("table:") -%} {{ table_rows(input) }}
    {%- elif path != "none" and execute -%} {{ file_rows(input) }}
    {%- else -%} select {{ columns_of_none }} where false
    {%- endif -%}
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
                    from {{ file_source(file) }} {{ "union all" if not loop.last }}
                {% endfor %}
            ) as counts
    {%- endif -%}
{%- endmacro -%}

{%- macro spark__raw_row_count(input) -%} {{ staged_row_count(input) }} {%- endmacro -%}

{%- macro staged_row_count(input) -%}
    select count(*) as row_count from {{ ref(setting("input") ~ "__" ~ input) }}
{%- endmacro -%}

{#- Before unreadable_lines: looks for the lines of CSV files that have no place in the columns. -#}
{%- macro find_unreadable_lines() -%}
    {{- adapter.dispatch("find_unreadable_lines", "segmart")() -}}
{%- endmacro -%}

{#- DuckDB then lists them in the tables reject_errors and reject_scans of the connection. -#}
{%- macro default__find_unreadable_lines() -%}
    {%- if execute -%}
        {%- do run_query("drop table if exists temp.reject_errors") -%}
        {%- do run_query("drop table if exists temp.reject_scans") -%}
        {%- for input in ("order_lines", "customers", "customer_metrics") -%}
            {%- for file in input_files(input) if file.format == "csv" -%}
                {%- do run_query(
                    "select count(columns(*)) from "
                    ~ default__file_source(
                        file, "store_rejects = true, rejects_limit = 0"
                    )
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}

{%- macro spark__find_unreadable_lines() -%} {%- endmacro -%}

{#- The lines that cannot be read: source_file, line, problem, line_text. -#}
{%- macro unreadable_lines() -%}
    {{- return(adapter.dispatch("unreadable_lines", "segmart")()) -}}
{%- endmacro -%}

{%- macro default__unreadable_lines() -%}
    (
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
    )
{%- endmacro -%}

{%- macro spark__unreadable_lines() -%}
    {%- set files = [] -%}
    {%- for input in ("order_lines", "customers", "customer_metrics") -%}
        {%- for file in input_files(input) if file.format == "csv" -%}
            {%- do files.append(
                {
                    "path": file.path,
                    "columns": file.columns | map(attribute="name") | list,
                }
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{
        handed_over(
            "unreadable_lines",
            "segmart.files.columns.unreadable_lines",
            {
                "files": files,
                "delimiter": setting("delimiter"),
                "encoding": setting("encoding"),
            },
        )
    }}
{%- endmacro -%}
