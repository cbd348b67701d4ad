{#- A value from outside as messages have it, as segmart.shown has it: as SQL, and as text. -#}
{%- macro shown(value) -%}
    case when length({{ value }}) > 80 then left({{ value }}, 79) || '…' else {{ value }} end
{%- endmacro -%}

{%- macro shown_text(value) -%}
    {{- return(value if value | length <= 80 else value[:79] ~ "…") -}}
{%- endmacro -%}

{#- Ends the build with a message, in which each %s is one of the further values, in their order. -#}
{%- macro refuse(message) -%}
    {{- exceptions.raise_compiler_error(message | format(*varargs)) -}}
{%- endmacro -%}

{#- Ends the build with the findings that are errors, when the table of all has been written. -#}
{%- macro end_on_errors(input_check) -%}
    {%- if execute -%}
        {%- set query = "select finding from %s where is_error order by position, finding" -%}
        {%- set errors = run_query(query | format(input_check)).columns[0].values() -%}
        {%- if errors -%}
            {%- do exceptions.raise_compiler_error(errors | join("\n  ")) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
