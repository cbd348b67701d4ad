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
