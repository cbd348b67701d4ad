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
        {%- else -%}
            drop table if exists {{ relation }};
            {{ get_create_table_as_sql(false, relation, compiled_code) }}
            {{ comments(relation) }}
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
