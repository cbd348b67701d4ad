{#-
  The columns of an input that the contract does not name and that have few values, each with its name, the
  SQL of its value in small letters ('dated' for a date), and the number that it has below. Of files those
  that a look at their values has found, of metrics the attributes.
-#}
{%- macro further_columns(given, relation) -%}
    {%- set most_values = 20 -%}
    {%- set found, candidates = [], [] -%}
    {%- if uses_metrics() -%}
        {%- for name in attribute_columns(given) -%}
            {%- do candidates.append((name, quoted(name), given[name])) -%}
        {%- endfor -%}
    {%- elif has_files("order_lines") and execute -%}
        {%- set query -%}
            select distinct contract_column, column_name
            from {{ ref("files__columns") }}
            where input = 'order_lines' and role = 'likely'
            order by contract_column, column_name
        {%- endset -%}
        {%- for column, name in run_query(query).rows if column in given -%}
            {%- do candidates.append((name, column, given[column])) -%}
        {%- endfor -%}
    {%- else -%}
        {%- set known = columns_of_relation(given).values() | list -%}
        {%- set further = given_columns(relation) -%}
        {%- for name in further
            if name not in known and further[name] not in ("floating", "other") -%}
            {%- do candidates.append((name, quoted(name), further[name])) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set values = [] -%}
    {%- for name, column, kind in candidates -%}
        {%- if kind in ("date", "timestamp", "instant") -%}
            {%- do values.append("case when %s is not null then 'dated' end" | format(column)) -%}
        {%- else -%} {%- do values.append(word_or_dated(trimmed(column))) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if values -%}
        {%- set query -%}
            select
                {%- for value in values %}
                    count(distinct {{ value }}){{ "," if not loop.last }}
                {%- endfor %}
            from (select * from {{ relation }} limit 10000) as first_rows
        {%- endset -%}
        {%- set different = run_query(query).rows[0] -%}
        {%- for name, column, kind in candidates -%}
            {%- if different[loop.index0] <= most_values -%}
                {%- do found.append({"name": name, "value": values[loop.index0]}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro -%}

{#- The column in the order lines' own relation of each column of the contract that they have. -#}
{%- macro columns_of_relation(given) -%}
    {%- set columns = {} -%}
    {%- if setting("input") == "files" and is_relation(setting("order_lines")) and execute -%}
        {%- set query -%}
            select contract_column, lower(column_name)
            from {{ ref("files__columns") }}
            where input = 'order_lines'
        {%- endset -%}
        {%- for column, name in run_query(query).rows if column in given -%}
            {%- do columns.update({column: name}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- for column in given -%} {%- do columns.update({column: column}) -%} {%- endfor -%}
    {%- endif -%}
    {{- return(columns) -}}
{%- endmacro -%}

{#- Whether a number is the sum of all others, or that with a tax of whole percents, both as DOUBLE. -#}
{%- macro is_sum_of_others(value, others) -%}
    (
        {{ others }} > 0
        and {{ value }} >= 0.999 * {{ others }}
        and {{ value }} <= 1.28 * {{ others }}
        and abs(100 * {{ value }} / {{ others }} - round(100 * {{ value }} / {{ others }})) < 0.1
    )
{%- endmacro -%}

{#-
  The offsets from UTC that stand after the first times of the input, UTC for none; an empty list where
  times have no zone. A timestamp with a zone has lost its own.
-#}
{%- macro offsets_of_times(given, order_lines) -%}
    {%- set text, offsets = dbt.type_string(), [] -%}
    {%- if given.get("ordered_at") == "instant" -%} {{- return(["UTC"]) -}} {%- endif -%}
    {%- if execute and given.get("ordered_at") == "text" -%}
        {%- set query -%}
            select distinct
                case
                    when {{ fits_pattern("ordered_at", "'(Z|UTC|GMT|[+-]00(:?00)?)$'") }} then 'UTC'
                    when {{ fits_pattern("ordered_at", "'[+-][0-9]{2}:[0-9]{2}$'") }}
                    then right(ordered_at, 6)
                    when {{ fits_pattern("ordered_at", "'[+-][0-9]{4}$'") }}
                    then right(ordered_at, 5)
                    else right(ordered_at, 3)
                end as ends_with
            from (
                select {{ trimmed("ordered_at") }} as ordered_at from {{ order_lines }} limit 10000
            ) as first_lines
            where
                {{
                    fits_pattern(
                        "ordered_at",
                        "':[0-9]{2}.*(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)$'",
                    )
                }}
            order by ends_with
        {%- endset -%}
        {%- do offsets.extend(run_query(query).columns[0].values()) -%}
    {%- endif -%}
    {{- return(offsets) -}}
{%- endmacro -%}
