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
            {%- do refuse("release refused: dbt %s runs no tests; use dbt build", flags.WHICH) -%}
        {%- endif -%}
        {#- Held against the project by tests/test_host_project.py. One is a test of files alone. -#}
        {%- set all_that_stop = 61 if setting("input") == "files" else 60 -%}
        {%- set stopping, missing = [], [] -%}
        {%- for id, node in graph.nodes.items()
            if node.package_name == "segmart"
            and node.resource_type in ("model", "seed", "test") -%}
            {%- set is_test, config = node.resource_type == "test", node.config -%}
            {%- if id not in selected_resources and (not is_test or node.depends_on.nodes) -%}
                {%- do missing.append(node.name) -%}
            {%- endif -%}
            {%- if (
                is_test
                and config.severity | lower == "error"
                and (config.error_if, config.fail_calc) == ("!= 0", "count(*)")
                and (config.where, config.limit) == (none, none)
            ) -%}
                {%- do stopping.append(node.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if stopping | length < all_that_stop -%}
            {%- do refuse(
                "release refused: %s data tests of segmart are switched off or softened by data_tests:"
                ~ " in dbt_project.yml; take out what reaches them there",
                all_that_stop - stopping | length,
            ) -%}
        {%- endif -%}
        {%- if missing -%}
            {%- do refuse(
                "release refused: %s models, seeds and tests are not part of this build, such as %s; run"
                ~ " dbt build without --select and --exclude%s",
                missing | length,
                missing[0],
                (
                    ""
                    if project_name == "segmart"
                    else ", or with --select package:segmart"
                ),
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
