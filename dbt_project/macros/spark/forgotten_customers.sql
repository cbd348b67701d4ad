{#- The ids stand in a table until the build ends. -#}
{%- macro spark__forgotten_customers() -%}
    (
        select distinct {{ folded("forgotten_id") }} as forgotten_id
        from
            {{
                local_rows(
                    "forgotten_customers",
                    "segmart.release.erasure.forgotten_table",
                    {
                        "path": setting("forgotten_customers"),
                        "delimiter": setting("delimiter"),
                        "encoding": setting("encoding"),
                    },
                )
            }}
    )
{%- endmacro -%}

{#-
  A table that is dropped leaves no file. Where a list is given, no table of an earlier build stays: only
  the tables of this project go, since others may share its schemas.
-#}
{%- macro spark__erase_forgotten() -%}
    {%- if setting("forgotten_customers") != "none" -%}
        {%- do run_query("drop schema if exists local_rows cascade") -%}
        {#- A list that cannot be read ends the build here. -#}
        {%- do spark__forgotten_customers() -%}
        {%- for node in graph.nodes.values()
            if node.package_name == "segmart" and node.resource_type in ("model", "seed") -%}
            {%- set relation = adapter.get_relation(none, node.schema, node.alias) -%}
            {%- if relation -%} {%- do adapter.drop_relation(relation) -%} {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
