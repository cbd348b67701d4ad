{#- A value as a literal of SQL: no text of it can end the literal. -#}
{%- macro text_literal(value) -%}
    {{- return(adapter.dispatch("text_literal", "segmart")(value)) -}}
{%- endmacro -%}

{%- macro default__text_literal(value) -%}
    {{- return("'" ~ value | string | replace("'", "''") ~ "'") -}}
{%- endmacro -%}

{#- Values for in(); with a text that none of them is, since SQL has no empty list. -#}
{%- macro text_literals(values) -%}
    (''{% for value in values %}, {{ text_literal(value) }}{% endfor %})
{%- endmacro -%}

{#- A name from outside as an identifier of SQL. -#}
{%- macro quoted(name) -%}
    {{- return(adapter.dispatch("quoted", "segmart")(name)) -}}
{%- endmacro -%}

{%- macro default__quoted(name) -%}
    {{- return('"' ~ name | replace('"', '""') ~ '"') -}}
{%- endmacro -%}

{#-
  A column as trimmed text, blank as null. All that is trimmed sorts before the exclamation mark: most
  values are told by a look at both ends, which costs a fifth of trim().
-#}
{%- macro trimmed(column) -%}
    {%- set value = "cast(" ~ column ~ " as " ~ dbt.type_string() ~ ")" -%}
    case
        when {{ value }} < '!' or substr({{ value }}, -1) < '!'
        then nullif(trim(both ' ' || chr(9) || chr(10) || chr(13) from {{ value }}), '')
        else {{ value }}
    end
{%- endmacro -%}
