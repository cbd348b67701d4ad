{#-
  Runs before a release: only a whole `dbt build`, with every test, may publish. A selected release
  would publish tables of an earlier run, and `dbt run` tables that no test has seen. (A test that
  depends on nothing is one of a model that is switched off for this input.) Models and tests of a project
  that segmart is installed in do not count. Its dbt_project.yml has the last word on the tests of segmart
  too; so those that can stop a release are counted.
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
        {#- Held against the project by tests/test_host_project.py. One is a test of files alone. -#}
        {%- set all_that_stop = 37 if setting("input") == "files" else 36 -%}
        {%- set stopping, missing = [], [] -%}
        {%- for id, node in graph.nodes.items()
            if node.package_name == "segmart"
            and node.resource_type in ("model", "seed", "test")
            and id not in selected_resources
            and (node.resource_type != "test" or node.depends_on.nodes) -%}
            {%- do missing.append(node.name) -%}
        {%- endfor -%}
        {%- for node in graph.nodes.values()
            if node.package_name == "segmart"
            and node.resource_type == "test"
            and node.config.severity | lower == "error"
            and node.config.error_if == "!= 0"
            and node.config.fail_calc == "count(*)"
            and node.config.where is none
            and node.config.limit is none -%}
            {%- do stopping.append(node.name) -%}
        {%- endfor -%}
        {%- if stopping | length < all_that_stop -%}
            {{-
                exceptions.raise_compiler_error(
                    "release refused: "
                    ~ (all_that_stop - stopping | length)
                    ~ " data tests of segmart are switched off or softened by data_tests: in"
                    ~ " dbt_project.yml; take out what reaches them there"
                )
            -}}
        {%- endif -%}
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
                    ~ (
                        ", or with --select package:segmart"
                        if project_name != "segmart"
                        else ""
                    )
                )
            -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
