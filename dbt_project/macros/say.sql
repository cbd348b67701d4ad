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
  that depends on the input. A screen is enough for all: of many like findings the first are said, of
  suspicions the weightiest; of the columns that are mapped (2) all.
-#}
{%- macro say_findings(input_check) -%}
    {%- set most = 10 -%}
    {%- set table = input_check.schema ~ "." ~ input_check.identifier -%}
    {%- set findings -%}
        select
            case
                when number > {{ most }} and not is_said_whole
                then 'input: and ' || (findings - {{ most }}) || ' more such lines, all in the table {{ table }}'
                when is_switched_off
                then 'input: switched off: ' || finding
                else 'input: ' || finding
            end as sentence
        from
            (
                select
                    *,
                    position = 2 as is_said_whole,
                    row_number() over (partition by position order by place, finding) as number,
                    count(*) over (partition by position) as findings
                from {{ input_check }}
                where not is_error
            ) as numbered
        where number <= {{ most }} + 1 or is_said_whole
        order by position, number
    {%- endset -%}
    {%- do say(findings) -%}
    {%- if execute -%}
        {%- set errors = run_query(
            "select finding from "
            ~ input_check
            ~ " where is_error order by position, finding"
        ) -%}
        {%- if errors.rows -%}
            {%- do exceptions.raise_compiler_error(errors.columns[0].values() | join("\n  ")) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}

{#-
  One row for each of the suspicions whose CTE has one and that no var answers, with its columns and those
  of a further CTE.
-#}
{%- macro rows_of_suspicions(kinds, further=none) -%}
    {%- set answered = answered_suspicions() -%}
    {%- for kind in kinds if kind not in answered %}
        select '{{ kind }}' as kind, {{ as_json("counted") }} as counts
        from
            {% if further %}
                (select {{ kind }}.*, {{ further }}.* from {{ kind }} cross join {{ further }})
            {% else %} {{ kind }}
            {% endif %} as counted
            {{ "union all" if not loop.last }}
    {%- else %} select '' as kind, '' as counts where false
    {%- endfor %}
{%- endmacro -%}

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
