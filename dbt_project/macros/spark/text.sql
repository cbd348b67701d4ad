{#- A backslash takes the next sign as it is. -#}
{%- macro spark__text_literal(value) -%}
    {{- return("'" ~ value | string | replace("\\", "\\\\") | replace("'", "\\'") ~ "'") -}}
{%- endmacro -%}

{%- macro spark__quoted(name) -%}
    {{- return("`" ~ name | replace("`", "``") ~ "`") -}}
{%- endmacro -%}
