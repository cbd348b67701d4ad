{#-
  A model of the order lines that keeps its rows from build to build makes those anew that have the key
  of a new line, one of a new file or of a day that as_of now leaves in. What the kept rows were made
  from is the comment of their table, written in one transaction with them. When lines have gone, the SQL
  has changed or as_of has gone back, every row is made anew.
-#}
{%- macro keeps_rows() -%}
    {{- return(has_files("order_lines") and can_delete_rows()) -}}
{%- endmacro -%}

{#- Runs before the model. -#}
{%- macro delete_changed_rows(key) -%}
    {%- if is_incremental() -%} delete from {{ this }} {{ of_changed_lines(key) }} {%- endif -%}
{%- endmacro -%}

{#- Runs after it. -#}
{%- macro remember_lines() -%}
    {%- if execute and keeps_rows() -%}
        {%- set lines = text_literal(tojson(lines_now(), sort_keys=true)) -%}
        {{- return("comment on table " ~ this ~ " is " ~ lines) -}}
    {%- endif -%}
{%- endmacro -%}

{#- The condition, with its where, that a row has to be made anew; nothing when all have to. -#}
{%- macro of_changed_lines(key) -%}
    {%- if execute and model.resource_type == "model" and is_incremental() -%}
        {%- set now = lines_now() -%}
        {%- set known = lines_known() -%}
        {%- if (
            known
            and known.made_by == now.made_by
            and (known.as_of or "") <= (now.as_of or "")
            and not known.files | reject("in", now.files) | list
        ) -%}
            {%- set new = ["''"] -%}
            {%- for file in now.files if file not in known.files -%}
                {%- do new.append(text_literal(file)) -%}
            {%- endfor -%}
            where
                ({{ key | join(", ") }}) in (
                    select {{ key | join(", ") }}
                    from {{ now.lines }}
                    where
                        file_version in ({{ new | join(", ") }})
                        {% if known.as_of -%}
                            or (
                                ordered_at >= cast('{{ known.as_of }}' as timestamp)
                                and ordered_at < cast('{{ now.as_of }}' as timestamp)
                            )
                        {%- endif %}
                )
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}

{#- What the rows of this model are made from: its SQL and that of what it reads, the files, as_of. -#}
{%- macro lines_now() -%}
    {%- set now = {"as_of": none} -%}
    {%- set made_by = [model.raw_code] -%}
    {%- for read in models_read(model) -%}
        {%- set relation = relation_of(read) -%}
        {%- do made_by.append(read.raw_code) -%}
        {%- if read.config.materialized == "view" -%}
            {%- do made_by.append(definition_of(relation)) -%}
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
        {%- endif -%}
    {%- endfor -%}
    {%- do now.update({"made_by": local_md5(made_by | join("; "))}) -%}
    {{- return(now) -}}
{%- endmacro -%}

{#- The models that a model reads, also through views. -#}
{%- macro models_read(reader) -%}
    {%- set found = [] -%}
    {%- for id in reader.depends_on.nodes -%}
        {%- set read = graph.nodes[id] -%}
        {%- do found.append(read) -%}
        {%- if read.config.materialized == "view" -%}
            {%- do found.extend(models_read(read)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro -%}

{%- macro relation_of(node) -%}
    {{-
        return(
            api.Relation.create(
                database=node.database, schema=node.schema, identifier=node.alias
            )
        )
    -}}
{%- endmacro -%}

{#- The same of the rows that stand, or nothing. -#}
{%- macro lines_known() -%}
    {%- set found = run_query(
        "select comment from duckdb_tables() where database_name = "
        ~ text_literal(this.database)
        ~ " and schema_name = "
        ~ text_literal(this.schema)
        ~ " and table_name = "
        ~ text_literal(this.identifier)
    ) -%}
    {{- return(fromjson(found.rows[0][0] or "null", none)) -}}
{%- endmacro -%}
