{#-
  Runs after input_check: says its findings in the build's output, and ends the build when one of them
  is an error, before any table that depends on the input.
-#}
{%- macro report_input_check(relation) -%}
    {%- if execute -%}
        {%- set findings = run_query(
            "select finding, is_error, is_switched_off from "
            ~ relation
            ~ " order by position, finding"
        ).rows -%}
        {%- set errors = [] -%}
        {%- for row in findings -%}
            {%- if row[1] -%} {%- do errors.append(row[0]) -%}
            {%- else -%}
                {%- do log("input: " ~ ("switched off: " if row[2] else "") ~ row[0], info=true) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if errors -%}
            {{- exceptions.raise_compiler_error(errors | join("\n  ")) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
