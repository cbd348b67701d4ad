{#-
  A generic test calls this. dbt passes it ref(...) of the model that it stands at, and reads that with
  the macros that the test calls. The call below, which never runs, makes the name one of segmart
  (ref.sql) and not one of the project that segmart is installed in.
-#}
{%- macro names_are_of_segmart() -%}
    {%- if false -%} {{ segmart.ref("") }} {%- endif -%}
{%- endmacro -%}

{#-
  The tests of a table as one, by the names of dbt's own: unique, a list of keys, each a list of columns;
  not_null, a list of columns; accepted_values, by column; accepted_range, by column the least value and
  the largest, which may be missing; relationships, by column the relation that has
  the value in the column of the same name. A row says what is broken, for which value, in how many rows.
  A node of the graph costs a build more than all of these looks at a small table.
-#}
{% test table_constraints(
    model,
    unique=[],
    not_null=[],
    accepted_values={},
    accepted_range={},
    relationships={}
) %}
    {{- segmart.names_are_of_segmart() -}}
    {%- set looks = [] -%}
    {%- for key in unique -%}
        {%- do looks.append(segmart.broken_rows(model, "unique", key, "true", "count(*) > 1")) -%}
    {%- endfor -%}
    {%- for column in not_null -%}
        {%- do looks.append(
            segmart.broken_rows(model, "not_null", [column], column ~ " is null")
        ) -%}
    {%- endfor -%}
    {%- for column, values in accepted_values.items() -%}
        {%- set is_other = column ~ " not in ('" ~ values | join("', '") ~ "')" -%}
        {%- do looks.append(segmart.broken_rows(model, "accepted_values", [column], is_other)) -%}
    {%- endfor -%}
    {%- for column, range in accepted_range.items() -%}
        {%- set is_outside = column ~ " < " ~ range[0] -%}
        {%- if range[1:] -%}
            {%- set is_outside = is_outside ~ " or " ~ column ~ " > " ~ range[1] -%}
        {%- endif -%}
        {%- do looks.append(segmart.broken_rows(model, "accepted_range", [column], is_outside)) -%}
    {%- endfor -%}
    {%- for column, other in relationships.items() -%}
        {%- set is_missing = (
            column
            ~ " not in (select other."
            ~ column
            ~ " from "
            ~ other
            ~ " as other where other."
            ~ column
            ~ " is not null)"
        ) -%}
        {%- do looks.append(segmart.broken_rows(model, "relationships", [column], is_missing)) -%}
    {%- endfor -%}
    {{ looks | join(" union all ") }}
{% endtest %}

{%- macro broken_rows(model, name, columns, where, having="count(*) > 0") -%}
    select
        '{{ name }}' as constraint_name,
        '{{ columns | join(", ") }}' as column_names,
        concat_ws(
            ', '
            {%- for column in columns -%}
                , coalesce(cast({{ column }} as {{ dbt.type_string() }}), 'null')
            {%- endfor -%}
        ) as found_value,
        count(*) as row_count
    from {{ model }}
    where {{ where }}
    group by {{ columns | join(", ") }}
    having {{ having }}
{%- endmacro -%}
