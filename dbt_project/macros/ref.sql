{#-
  In a node of segmart a name alone is a model of segmart, whatever the project that segmart is installed
  in calls its own: dbt would look there first. A Python model, an exposure and the input of a unit test
  know no macros: they name the package. dbt finds this macro also from nodes of others, where a macro of
  theirs calls ref, and from a generic test through its own macro (table_constraints.sql).
-#}
{%- macro ref() -%}
    {%- if varargs | length == 1 and model is defined and model.package_name == "segmart" -%}
        {{- return(builtins.ref("segmart", varargs[0], **kwargs)) -}}
    {%- else -%} {{- return(builtins.ref(*varargs, **kwargs)) -}}
    {%- endif -%}
{%- endmacro -%}
