{#- Schemas are the plain names of the design, without the target's schema before them. -#}
{%- macro generate_schema_name(custom_schema_name, node) -%}
    {{- (custom_schema_name or target.schema) | trim -}}
{%- endmacro -%}
