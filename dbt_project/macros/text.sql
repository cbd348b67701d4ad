{#- A value as a literal of SQL: no text of it can end the literal. -#}
{%- macro text_literal(value) -%}
    {{- return("'" ~ value | string | replace("'", "''") ~ "'") -}}
{%- endmacro -%}

{#- A name from outside as an identifier of SQL. -#}
{%- macro quoted(name) -%}
    {{- return(adapter.dispatch("quoted", "segmart")(name)) -}}
{%- endmacro -%}

{%- macro default__quoted(name) -%}
    {{- return('"' ~ name | replace('"', '""') ~ '"') -}}
{%- endmacro -%}

{%- macro spark__quoted(name) -%}
    {{- return("`" ~ name | replace("`", "``") ~ "`") -}}
{%- endmacro -%}

{#- A column as trimmed text, blank as null. -#}
{%- macro trimmed(column) -%}
    nullif(
        trim(cast({{ column }} as {{ dbt.type_string() }}), ' ' || chr(9) || chr(10) || chr(13)), ''
    )
{%- endmacro -%}
