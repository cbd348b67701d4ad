{#-
  Tables and views of DuckDB, replaced in place: one statement for each, in its transaction. dbt-duckdb's
  own are written aside, renamed twice, dropped, and asked for their columns, which takes three times as
  long where tables are small. dbt takes these for its own project, never in a host project.
-#}
{% materialization table, adapter = "duckdb", supported_languages = ["sql", "python"] %}
    {%- set relation = place_for("table") -%}
    {{ run_hooks(pre_hooks) }}
    {%- call statement("main", language=model.language) -%}
        {%- if model.language == "python" -%}
            {{-
                create_table_as(false, relation, compiled_code, "python") | replace(
                    "'create table", "'create or replace table"
                )
            -}}
        {%- else -%} {{ replaced_table(relation) }}
        {%- endif -%}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{- return({"relations": [relation]}) -}}
{% endmaterialization %}

{% materialization view, adapter = "duckdb" %}
    {%- set relation = place_for("view") -%}
    {{ run_hooks(pre_hooks) }}
    {%- call statement("main") -%}
        drop view if exists {{ relation }};
        {{ get_create_view_as_sql(relation, compiled_code) }}
        {{ comments(relation) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{- return({"relations": [relation]}) -}}
{% endmaterialization %}

{#-
  A table that is kept gets the rows that the compiled SQL gives. Where its columns would be others it is
  written anew: then the SQL of the model has changed, and gives all rows.
-#}
{% materialization incremental, adapter = "duckdb" %}
    {%- set adds_rows = is_incremental() -%}
    {%- set relation = place_for("table") -%}
    {{ run_hooks(pre_hooks) }}
    {%- if adds_rows and differing_columns(compiled_code, "from " ~ relation) -%}
        {%- set adds_rows = false -%}
    {%- endif -%}
    {%- call statement("main") -%}
        {%- if adds_rows -%} insert into {{ relation }} by name ({{ compiled_code }})
        {%- else -%} {{ replaced_table(relation) }}
        {%- endif -%}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{- return({"relations": [relation]}) -}}
{% endmaterialization %}

{#- The relation of a model. A table cannot take the place of a view, nor a view that of a table. -#}
{%- macro place_for(kind) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is not none and existing.type != kind -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {{- return(this.incorporate(type=kind)) -}}
{%- endmacro -%}

{#- The descriptions of a model and of its columns, where persist_docs asks for them. -#}
{%- macro comments(relation) -%}
    {%- if config.persist_relation_docs() and model.description -%}
        {{ alter_relation_comment(relation, model.description) }}
    {%- endif -%}
    {%- for column in model.columns.values() if config.persist_column_docs() and column.description %}
        comment on column {{ relation }}.{{ adapter.quote(column.name) }}
        is {{ text_literal(column.description) }};
    {%- endfor -%}
{%- endmacro -%}

{#- dbt's own check of a contract, which says what differs, is asked only where something does. -#}
{%- macro replaced_table(relation) -%}
    {%- set has_contract = config.get("contract").enforced -%}
    {%- if has_contract and differing_columns(
        compiled_code, get_empty_schema_sql(model.columns)
    ) -%}
        {%- do get_assert_columns_equivalent(compiled_code) -%}
    {%- endif -%}
    drop table if exists {{ relation }};
    create table {{ relation }}
    {%- if has_contract %}
        {{ get_table_columns_and_constraints() }}
        ;
        insert into {{ relation }} {{ get_column_names() }} ({{ get_select_subquery(compiled_code) }});
    {%- else %}
        as ({{ compiled_code }})
        ;
    {%- endif %}
    {{ comments(relation) }}
{%- endmacro -%}

{#- How many columns of two queries differ in name or type. -#}
{%- macro differing_columns(sql, other_sql) -%}
    {%- set differing -%}
        select count(*)
        from (describe {{ sql }}) as given
        full join
            (describe {{ other_sql }}) as wanted
            on given.column_name = wanted.column_name
            and given.column_type = wanted.column_type
        where given.column_name is null or wanted.column_name is null
    {%- endset -%}
    {{- return(run_query(differing).rows[0][0]) -}}
{%- endmacro -%}
