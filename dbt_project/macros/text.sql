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

{#-
  A text in small letters, without quotes and signs that nobody sees, with one kind of digits, spaces, dashes
  and apostrophes: not those as wide as a sign of Chinese, of Arabic and Persian, and of typography.
-#}
{%- macro typed_plainly(value) -%}
    {%- set digits, wide, plain = "0123456789", [], [] -%}
    {%- for codes, signs in [
        (range(65296, 65306), digits),
        (range(65345, 65371), "abcdefghijklmnopqrstuvwxyz"),
        (range(1632, 1642), digits),
        (range(1776, 1786), digits),
        ([160, 8239, 8287, 12288] + range(8192, 8203) | list, " " * 15),
        ([8722] + range(8208, 8214) | list, "-" * 7),
        ([8216, 8217], "''"),
        (
            [34, 61, 173, 8288, 65279] + range(8203, 8208)
            | list + range(8234, 8239)
            | list,
            "",
        ),
    ] -%}
        {%- for code in codes -%}
            {%- do wide.append("%c" | format(code)) -%}
            {%- do plain.append(signs[loop.index0 :][:1]) -%}
        {%- endfor -%}
    {%- endfor -%}
    translate(
        {{ composed("lower(%s)" | format(value)) }},
        {{ text_literal(wide | join) }},
        {{ text_literal(plain | join) }}
    )
{%- endmacro -%}

{#- A text without what a pattern finds. It begins with ^ or ends with $: engines differ in whether they find it once. -#}
{%- macro without_pattern(value, pattern) -%}
    regexp_replace({{ value }}, {{ text_literal(pattern) }}, '')
{%- endmacro -%}
