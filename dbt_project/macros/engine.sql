{#- What DuckDB and Spark write differently. No model names an engine; it calls one of these. -#}
{#- Day of the week, 1 for Monday to 7 for Sunday. -#}
{%- macro iso_day_of_week(day) -%}
    {{- return(adapter.dispatch("iso_day_of_week", "segmart")(day)) -}}
{%- endmacro -%}

{%- macro default__iso_day_of_week(day) -%} isodow({{ day }}){%- endmacro -%}

{#- Spark counts weekday() from 0 for Monday. -#}
{%- macro spark__iso_day_of_week(day) -%}(weekday({{ day }}) + 1){%- endmacro -%}

{#-
  Quantiles by linear interpolation, nulls left out, as one array: it holds the values in memory once.
  nth_quantile takes one out, from 1.
-#}
{%- macro quantiles(value, shares) -%}
    {{- return(adapter.dispatch("quantiles", "segmart")(value, shares)) -}}
{%- endmacro -%}

{%- macro default__quantiles(value, shares) -%}
    quantile_cont({{ value }}, [{{ shares | join(", ") }}])
{%- endmacro -%}

{%- macro spark__quantiles(value, shares) -%}
    percentile({{ value }}, array({{ shares | join(", ") }}))
{%- endmacro -%}

{%- macro nth_quantile(quantiles, position) -%}
    {{- return(adapter.dispatch("nth_quantile", "segmart")(quantiles, position)) -}}
{%- endmacro -%}

{%- macro default__nth_quantile(quantiles, position) -%}
    {{ quantiles }} [{{ position }}]
{%- endmacro -%}

{#- Spark counts the elements from 0. -#}
{%- macro spark__nth_quantile(quantiles, position) -%}
    {{ quantiles }} [{{ position - 1 }}]
{%- endmacro -%}

{#- A digest of 64 bits: two rows that differ in these columns have the same one once in 1e19 pairs. -#}
{%- macro row_digest(columns) -%}
    {{- return(adapter.dispatch("row_digest", "segmart")(columns)) -}}
{%- endmacro -%}

{%- macro default__row_digest(columns) -%} hash({{ columns | join(", ") }}){%- endmacro -%}

{#- xxhash64 skips nulls: without the flags a value that moves to the next column would go unseen. -#}
{%- macro spark__row_digest(columns) -%}
    xxhash64(
        {%- for column in columns -%}
            {{ column }}, {{ column }} is null{{ ", " if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro -%}

{#- A number for each row of an input that has none, in any order. -#}
{%- macro any_row_number() -%}
    {{- return(adapter.dispatch("any_row_number", "segmart")()) -}}
{%- endmacro -%}

{%- macro default__any_row_number() -%} row_number() over (){%- endmacro -%}

{%- macro spark__any_row_number() -%} monotonically_increasing_id(){%- endmacro -%}

{#- How a view reads, with the version of the engine, which may read it otherwise. -#}
{%- macro definition_of(view) -%}
    {{- return(adapter.dispatch("definition_of", "segmart")(view)) -}}
{%- endmacro -%}

{%- macro default__definition_of(view) -%}
    {%- set found = run_query(
        "select version() || coalesce(max(sql), '') from duckdb_views() where schema_name = "
        ~ text_literal(view.schema)
        ~ " and view_name = "
        ~ text_literal(view.identifier)
    ) -%}
    {{- return(found.rows[0][0]) -}}
{%- endmacro -%}
