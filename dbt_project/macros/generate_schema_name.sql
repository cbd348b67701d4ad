{#-
  Schemas are the plain names of the design, without the target's schema before them. dbt asks this macro
  for the nodes of segmart alone: installed in another project, they get the names that the macro of that
  project gives, or dbt's.
-#}
{%- macro generate_schema_name(custom_schema_name, node) -%}
    {%- if project_name == "segmart" -%} {{- (custom_schema_name or target.schema) | trim -}}
    {%- else -%}
        {%- set of_project = context.get(project_name, {}).get("generate_schema_name") -%}
        {{- (of_project or dbt.generate_schema_name)(custom_schema_name, node) -}}
    {%- endif -%}
{%- endmacro -%}
