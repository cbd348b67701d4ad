{#-
  Customers who are to be forgotten: the ids of the file that the var forgotten_customers names. The
  file is read where it is; no table holds its rows.
-#}
{%- macro forgotten_customers() -%}
    {{- return(adapter.dispatch("forgotten_customers", "segmart")()) -}}
{%- endmacro -%}

{%- macro default__forgotten_customers() -%}
    (
        select distinct {{ folded(trimmed("customer_id")) }} as forgotten_id
        from {{ forgotten_customers_file() }}
        where {{ trimmed("customer_id") }} is not null
    )
{%- endmacro -%}

{%- macro forgotten_customers_file() -%}
    read_csv(
        {{ text_literal(setting("forgotten_customers")) }},
        header = true,
        all_varchar = true,
        delim
        = {{ "chr(9)" if setting("delimiter") == "tab" else text_literal(setting("delimiter")) }},
        quote = '"',
        escape = '"',
        comment = '',
        skip = 0,
        strict_mode = true,
        encoding = '{{ encoding_of_list() }}'
    )
{%- endmacro -%}

{#- The encoding if DuckDB reads it itself, whatever name of Python's it is called by; else utf-8. -#}
{%- macro encoding_of_list() -%}
    {%- set name = modules.re.sub("[ _-]+", "_", setting("encoding") | string | lower) -%}
    {%- set latin = "(8859|cp819|csisolatin1|ibm819|iso_?8859(_1(_1987)?)?|iso_ir_100|l1|latin(_?1)?)" -%}
    {%- if modules.re.fullmatch(latin, name) -%} {{- return("latin-1") -}} {%- endif -%}
    {{- return("utf-16" if modules.re.fullmatch("u16|utf_?16", name) else "utf-8") -}}
{%- endmacro -%}

{#-
  The rows of an input, and whether their customer is forgotten: nothing of such a row stays but its
  file and its place there.
-#}
{%- macro remembered_rows(relation, given) -%}
    {%- if setting("forgotten_customers") == "none" -%}
        select *, false as segmart_is_forgotten from {{ relation }}
    {%- else -%}
        select
            {%- set kept = ("source_file", "source_row", "segmart_file_version") -%}
            {%- for column in given if column not in kept %}
                case
                    when forgotten.forgotten_id is null then {{ quoted(column) }}
                end as {{ quoted(column) }},
            {%- endfor %}
            {%- for column in given if column in kept %} {{ column }},
            {%- endfor %}
            forgotten.forgotten_id is not null as segmart_is_forgotten
        from
            (
                select *, {{ of_order(given, customer_id_text(given)) }} as segmart_customer_id
                from {{ relation }}
            ) as rows_of_customers
        left join
            {{ forgotten_customers() }} as forgotten
            on rows_of_customers.segmart_customer_id = forgotten.forgotten_id
    {%- endif -%}
{%- endmacro -%}

{#-
  Runs before a build. Tables that are replaced leave their bytes in the build file until others are
  written over them; so when the list has changed, its tables are dropped first, and what they leave in
  the file is written over. Where segmart is installed in another project, the tables of that stay.
-#}
{%- macro erase_forgotten() -%}
    {%- if execute and flags.WHICH in ("build", "run") and builds_segmart() -%}
        {{- adapter.dispatch("erase_forgotten", "segmart")() -}}
    {%- endif -%}
{%- endmacro -%}

{%- macro default__erase_forgotten() -%}
    {%- if setting("forgotten_customers") == "none" -%}
        {#- What this build writes is to be erased again when the same list comes back. -#}
        {%- do run_query("drop schema if exists segmart_erasure cascade") -%} {{- return("") -}}
    {%- endif -%}
    {%- do check_forgotten_customers() -%}
    {%- set version = (
        "cast(last_modified as varchar) || ' ' || size || ' ' || left(md5(content), 4)"
    ) -%}
    {%- set file = text_literal(setting("forgotten_customers")) -%}
    {%- set list = run_query("select " ~ version ~ " from read_blob(" ~ file ~ ")").rows[0][0] -%}
    {%- set done = api.Relation.create(
        database=target.database, schema="segmart_erasure", identifier="erased_list"
    ) -%}
    {%- set is_there = run_query("select 1 " ~ from_catalog("table", done)).rows | length -%}
    {%- if not is_there or run_query("select * from " ~ done).rows[0][0] != list -%}
        {%- do drop_tables_of_segmart() -%} {%- do write_over_free_blocks() -%}
        {%- do run_query(
            "create or replace table %s as select %s as list"
            | format(done, text_literal(list))
        ) -%}
        {%- do log(
            "forgotten_customers: the list has changed; the build file was emptied of the tables of"
            ~ " segmart",
            info=true,
        ) -%}
    {%- endif -%}
{%- endmacro -%}

{#- Only what dbt knows to be of segmart: others may share its schemas, and are named. -#}
{%- macro drop_tables_of_segmart() -%}
    {%- set own, schemas, others = [], [], [] -%}
    {%- for node in graph.nodes.values() if node.package_name == "segmart" -%}
        {%- do own.append((node.schema, node.alias)) -%} {%- do schemas.append(node.schema) -%}
    {%- endfor -%}
    {%- set query -%}
        select table_schema, table_name, case when table_type = 'VIEW' then 'view' else 'table' end
        from information_schema.tables
        where table_catalog = {{ text_literal(target.database) }}
    {%- endset -%}
    {%- for schema, name, type in run_query(query).rows -%}
        {%- if (schema, name) in own -%}
            {%- do adapter.drop_relation(
                api.Relation.create(
                    database=target.database, schema=schema, identifier=name, type=type
                )
            ) -%}
        {%- elif schema in schemas and type == "table" -%}
            {%- do others.append(schema ~ "." ~ name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if others and project_name == "segmart" -%}
        {%- do log(
            "forgotten_customers: no model of segmart makes " ~ others
            | sort
            | join(", ") ~ ": drop what may hold a customer of the list",
            info=true,
        ) -%}
    {%- endif -%}
{%- endmacro -%}

{#-
  Blocks that a dropped table leaves between those of others stay in the file with their bytes. A table
  as large as all of them takes their place, and goes again. The smallest and the largest id of a table
  stand in the metadata too, in pieces of 4 kB; there a type with as many long names takes their place.
  What DuckDB 2.0 cannot be asked for: a piece with metadata of a table of others stays as it is until that
  table changes, and may hold such an id (docs/as-a-package.md).
-#}
{%- macro write_over_free_blocks() -%}
    {%- set free_blocks -%}
        select free_blocks, free_blocks * block_size
        from pragma_database_size()
        where database_name = {{ text_literal(target.database) }}
    {%- endset -%}
    {%- do run_query("create schema if not exists segmart_erasure; checkpoint") -%}
    {%- set pieces = run_query(
        "select coalesce(sum(free_blocks), 0) from pragma_metadata_info()"
    ) -%}
    {%- do run_query(
        "drop type if exists segmart_erasure.filling; create type segmart_erasure.filling as enum"
        ~ " (select rpad(cast(range as varchar), 4096, 'x') from range(%s)); checkpoint"
        | format(pieces.rows[0][0])
    ) -%}
    {%- for attempt in range(9) -%}
        {%- set blocks, bytes = run_query(free_blocks).rows[0].values() -%}
        {%- if blocks -%}
            {%- do run_query(
                "create or replace table segmart_erasure.filling_"
                ~ attempt
                ~ " as select hash(range), hash(-range), hash(range + 0.5), hash(-range - 0.5)"
                ~ " from range(%s); checkpoint"
                | format(bytes | int // 32)
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set left = run_query(free_blocks).rows[0][0] -%}
    {#- The first checkpoint frees the blocks, the next one cuts them off the file. -#}
    {%- do run_query(
        "drop schema segmart_erasure cascade; checkpoint; create schema segmart_erasure; checkpoint"
    ) -%}
    {%- if left -%}
        {%- do refuse(
            "forgotten_customers: %s free blocks of the build file could not be written over; copy the"
            ~ " tables of the project to a new file, with COPY FROM DATABASE, and build there",
            left,
        ) -%}
    {%- endif -%}
{%- endmacro -%}

{#- A list that is read by halves forgets nobody: its header must name the column. -#}
{%- macro check_forgotten_customers() -%}
    {%- set file = setting("forgotten_customers") -%}
    {%- if not run_query("select * from glob(" ~ text_literal(file) ~ ")").rows | length -%}
        {%- do refuse("var forgotten_customers: there is no file %s", file) -%}
    {%- endif -%}
    {%- set columns = run_query("describe select * from " ~ forgotten_customers_file()).columns[
        0
    ] -%}
    {%- if "customer_id" not in columns.values() -%}
        {%- do refuse(
            "var forgotten_customers: the file %s has no column customer_id in its first line; write the"
            ~ " name of the column there",
            file,
        ) -%}
    {%- endif -%}
{%- endmacro -%}
