{#-
  Runs before a release: only a whole `dbt build`, with every test, may publish. A selected release
  would publish tables of an earlier run, and `dbt run` tables that no test has seen. (A test that
  depends on nothing is one of a model that is switched off for this input.)
-#}
{%- macro refuse_partial_build() -%}
    {%- if execute -%}
        {%- if flags.WHICH != "build" -%}
            {{-
                exceptions.raise_compiler_error(
                    "release refused: dbt " ~ flags.WHICH ~ " runs no tests; use dbt build"
                )
            -}}
        {%- endif -%}
        {%- set missing = [] -%}
        {%- for id, node in graph.nodes.items()
            if node.package_name == project_name
            and node.resource_type in ("model", "seed", "test")
            and id not in selected_resources
            and (node.resource_type != "test" or node.depends_on.nodes) -%}
            {%- do missing.append(node.name) -%}
        {%- endfor -%}
        {%- if missing -%}
            {{-
                exceptions.raise_compiler_error(
                    "release refused: " ~ missing
                    | length
                    ~ " models, seeds and tests are not part of"
                    ~ " this build, such as "
                    ~ missing[0]
                    ~ "; run dbt build without --select and"
                    ~ " --exclude"
                )
            -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
