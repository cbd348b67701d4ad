{#-
  The audiences whose members are not fixed yet, as a list of mappings with audience and comparisons: lists
  of column, kind, operator and literals, which segmart.audiences.conditions has read. No text of a
  condition reaches SQL but as a literal.
-#}
{%- macro awaited_audiences() -%}
    {%- set relation = ref("known_audiences") -%}
    {%- set awaited = [] -%}
    {%- if execute -%}
        {%- set query -%}
            select audience, comparisons from {{ relation }} where is_awaited order by audience
        {%- endset -%}
        {%- for audience, comparisons in run_query(query).rows -%}
            {%- do awaited.append({"audience": audience, "comparisons": fromjson(comparisons)}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(awaited) -}}
{%- endmacro -%}

{#- The features that audiences compare, and further ones: all but COLUMNS_OF_SEGMENTS of segmart.audiences.definitions. -#}
{%- macro features_of(awaited, further) -%}
    {%- set of_segments = [
        "segment_id",
        "segment_name",
        "trust",
        "margin",
        "distance",
        "is_outlier",
        "moved_from",
        "moved_to",
        "moved_within_days",
    ] -%}
    {%- set features = further | list -%}
    {%- for audience in awaited -%}
        {%- for column, kind, operator, literals in audience.comparisons
            if column not in of_segments + features -%}
            {%- do features.append(column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(features) -}}
{%- endmacro -%}

{#-
  The condition of an audience as SQL over the columns that it compares. One that names a segment that there
  is not holds for nobody: so the audience waits, and build_warnings says why.
-#}
{%- macro condition_of(audience, segment_names) -%}
    {%- set operators = ["=", "<>", "<", "<=", ">", ">="] -%}
    {%- for column, kind, operator, literals in audience.comparisons -%}
        {{ " and " if not loop.first }}{{ quoted(column) }}
        {%- if operator in operators %} {{ operator }} {{ condition_literal(kind, literals[0]) }}
        {%- elif operator == "in" %}
            in (
                {%- for literal in literals -%}
                    {{ condition_literal(kind, literal) }}{{ ", " if not loop.last }}
                {%- endfor -%}
            )
        {%- elif operator == "is null" %} is null
        {%- elif operator == "is not null" %} is not null
        {%- else -%} {%- do refuse("audience %s: no operator %s", audience.audience, operator) -%}
        {%- endif -%}
        {%- if column in ["segment_name", "moved_from", "moved_to"] and literals | reject(
            "in", segment_names
        ) | list -%}
            {{ " " }} and false
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}

{#- A number as a DOUBLE: as a decimal it would be rounded to the digits of the column. -#}
{%- macro condition_literal(kind, literal) -%}
    {%- set types = {"number": "double", "date": "date", "boolean": "boolean"} -%}
    {%- if kind == "text" -%} {{- return(text_literal(literal)) -}} {%- endif -%}
    {{- return("cast(" ~ text_literal(literal) ~ " as " ~ types[kind] ~ ")") -}}
{%- endmacro -%}

{#- The names of the segments of this build. -#}
{%- macro segment_names() -%}
    {%- set query = "select segment_name from " ~ ref("segments") -%}
    {{- return(run_query(query).columns[0].values() | list if execute else []) -}}
{%- endmacro -%}
