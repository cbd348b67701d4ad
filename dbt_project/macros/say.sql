{#- Says the first column of a query in the build's output, a line for each line of its texts. -#}
{%- macro say(query) -%}
    {%- if execute -%}
        {%- for text in run_query(query).columns[0].values() -%}
            {%- for sentence in text.splitlines() -%}
                {%- do log(sentence, info=true) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}

{#-
  Says the findings about the input, and ends the build when one of them is an error, before any table
  that depends on the input.
-#}
{%- macro say_findings(input_check) -%}
    {%- set findings = " from " ~ input_check ~ " where is_error= " -%}
    {%- set order = " order by position, finding" -%}
    {%- set said = "case when is_switched_off then 'input: switched off: ' else 'input: ' end" -%}
    {%- do say("select " ~ said ~ " || finding" ~ findings ~ "false" ~ order) -%}
    {%- if execute -%}
        {%- set errors = run_query("select finding" ~ findings ~ "true" ~ order) -%}
        {%- if errors.rows -%}
            {%- do exceptions.raise_compiler_error(errors.columns[0].values() | join("\n  ")) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}

{#- Ends the build with a message, in which each %s is one of the further values, in their order. -#}
{%- macro refuse(message) -%}
    {{- exceptions.raise_compiler_error(message | format(*varargs)) -}}
{%- endmacro -%}
