{#-
  A model of the order lines that keeps its rows from build to build makes those anew that have the key
  of a new line, one of a new file or of a day that as_of now leaves in. What the kept rows were made
  from is the comment of their table, written in one transaction with them. When lines have gone, the SQL
  has changed, a setting that it names, or as_of has gone back, every row is made anew.
-#}
{%- macro kept_rows(key, settings=[]) -%}
    {{-
        kept_table(
            pre_hook="{{ delete_changed_rows() }}",
            post_hook="{{ remember_what_rows_are_made_from() }}",
            meta={"key_of_kept_rows": key, "settings_of_kept_rows": settings},
        )
    -}}
{%- endmacro -%}

{#- The configuration of a table that is kept from build to build; anything may be added to it. -#}
{%- macro kept_table() -%}
    {{-
        config(
            materialized="incremental",
            incremental_strategy="append",
            on_schema_change="sync_all_columns",
            full_refresh=none if keeps_tables() else true,
            **kwargs
        )
    -}}
{%- endmacro -%}

{#- Only where the lines say which version of which file they are of. -#}
{%- macro keeps_tables() -%}
    {%- set has_versions = has_files("order_lines") or setting("input") == "complete_journey" -%}
    {{- return(has_versions and can_delete_rows()) -}}
{%- endmacro -%}

{#- Runs before the model. -#}
{%- macro delete_changed_rows() -%}
    {%- if is_incremental() -%} delete from {{ this }} {{ where_changed() }} {%- endif -%}
{%- endmacro -%}

{#- Runs after it. -#}
{%- macro remember_what_rows_are_made_from() -%}
    {%- if execute and keeps_tables() -%}
        {%- set made_from = text_literal(tojson(rows_are_made_from(), sort_keys=true)) -%}
        {{- return("comment on table " ~ this ~ " is " ~ made_from) -}}
    {%- endif -%}
{%- endmacro -%}

{#- The rows that have to be made anew, as a where of their key; nothing when all have to. -#}
{%- macro where_changed() -%}
    {#- To a unit test a model is incremental. -#}
    {%- if model.resource_type == "model" and is_incremental() -%}
        {%- set now = rows_are_made_from() -%}
        {%- set before = rows_were_made_from(this) -%}
        {%- if (
            before
            and before.sql == now.sql
            and (before.as_of or "") <= (now.as_of or "")
            and not before.files | reject("in", now.files) | list
        ) -%}
            {%- set key = model.config.meta.key_of_kept_rows -%}
            {%- set new = now.files | reject("in", before.files) -%}
            where
                ({{ key | join(", ") }}) in (
                    select
                        {% for column in key -%}
                            lines.{{ column }}{{ ", " if not loop.last }}
                        {%- endfor %}
                    from {{ now.lines }} as lines
                    where
                        lines.file_version in {{ text_literals(new) }}
                        {% if before.as_of -%}
                            or (
                                lines.ordered_at >= cast('{{ before.as_of }}' as timestamp)
                                and lines.ordered_at < cast('{{ now.as_of }}' as timestamp)
                            )
                        {%- endif %}
                )
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}

{#-
  What this model makes its rows from: its SQL and that of all that it reads, with their settings (sql),
  the table of the lines (lines), their files (files), as_of.
-#}
{%- macro rows_are_made_from() -%}
    {%- set now = {"as_of": none} -%}
    {%- set sql = [] -%}
    {%- set kept = [] -%}
    {%- set reads = models_read(model) -%}
    {%- for made_by in [model] + reads -%}
        {%- do sql.append(made_by.raw_code) -%}
        {%- for name in made_by.config.meta.settings_of_kept_rows or [] -%}
            {%- do sql.append(setting(name) | string) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for read in reads -%}
        {%- set relation = api.Relation.create(
            database=read.database, schema=read.schema, identifier=read.alias
        ) -%}
        {%- if read.config.materialized == "view" -%} {%- do sql.append(definition_of(relation)) -%}
        {%- elif read.name == "as_of_date" -%}
            {%- set found = run_query("select cast(as_of as varchar) from " ~ relation) -%}
            {%- do now.update({"as_of": found.rows[0][0]}) -%}
        {%- elif read.name == "stored_order_lines" -%}
            {%- set found = run_query(
                "select distinct file_version from "
                ~ relation
                ~ " order by file_version"
            ) -%}
            {%- do now.update(
                {"lines": relation | string, "files": found.columns[0].values() | list}
            ) -%}
        {%- elif read.config.meta.key_of_kept_rows -%} {%- do kept.append(relation) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for relation in kept if (rows_were_made_from(relation) or {}).files != now.files -%}
        {%- do refuse(
            "%s is of other files than stored_order_lines: build it too, with --select +%s",
            relation.identifier,
            model.name,
        ) -%}
    {%- endfor -%}
    {%- do now.update({"sql": local_md5(sql | join("; "))}) -%}
    {{- return(now) -}}
{%- endmacro -%}

{#- The same of the rows that stand in a table, or nothing. -#}
{%- macro rows_were_made_from(relation) -%}
    {%- set found = run_query("select max(comment) " ~ from_catalog("table", relation)) -%}
    {{- return(fromjson(found.rows[0][0] or "null", none)) -}}
{%- endmacro -%}

{#- The models that a model reads, also through views. -#}
{%- macro models_read(reader) -%}
    {%- set found = [] -%}
    {%- for id in reader.depends_on.nodes if id in graph.nodes -%}
        {%- set read = graph.nodes[id] -%}
        {%- do found.append(read) -%}
        {%- if read.config.materialized == "view" -%}
            {%- do found.extend(models_read(read)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro -%}
