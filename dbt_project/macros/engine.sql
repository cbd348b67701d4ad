{#-
  What DuckDB and Spark write differently: no model names an engine, it calls one of these. The macros of
  Spark stand in spark/.
-#}
{#- Day of the week, 1 for Monday to 7 for Sunday. -#}
{%- macro iso_day_of_week(day) -%}
    {{- return(adapter.dispatch("iso_day_of_week", "segmart")(day)) -}}
{%- endmacro -%}

{%- macro default__iso_day_of_week(day) -%} isodow({{ day }}){%- endmacro -%}

{#-
  Quantiles by linear interpolation, nulls left out, as one array: it holds the values in memory once.
  nth_quantile takes one out.
-#}
{%- macro quantiles(value, shares) -%}
    {{- return(adapter.dispatch("quantiles", "segmart")(value, shares)) -}}
{%- endmacro -%}

{%- macro default__quantiles(value, shares) -%}
    quantile_cont({{ value }}, [{{ shares | join(", ") }}])
{%- endmacro -%}

{#- One of the quantiles that quantiles gives, from 1. -#}
{%- macro nth_quantile(quantiles, position) -%}
    {{- return(adapter.dispatch("nth_quantile", "segmart")(quantiles, position)) -}}
{%- endmacro -%}

{%- macro default__nth_quantile(quantiles, position) -%}
    {{ quantiles }} [{{ position }}]
{%- endmacro -%}

{#- A digest of 64 bits: two rows that differ in these columns have the same one once in 1e19 pairs. -#}
{%- macro row_digest(columns) -%}
    {{- return(adapter.dispatch("row_digest", "segmart")(columns)) -}}
{%- endmacro -%}

{%- macro default__row_digest(columns) -%} hash({{ columns | join(", ") }}){%- endmacro -%}

{#-
  A text as a fraction from 0 to below 1, even over all texts: the first 8 hexadecimal digits of its MD5. The
  macro held_out of the catalog (segmart.release.analyst_macros) has the same.
-#}
{%- macro digest_fraction(text) -%}
    {{- return(adapter.dispatch("digest_fraction", "segmart")(text)) -}}
{%- endmacro -%}

{%- macro default__digest_fraction(text) -%}
    (cast('0x' || left(md5({{ text }}), 8) as ubigint) / 4294967296e0)
{%- endmacro -%}

{#- A number for each row of an input that has none, in any order. -#}
{%- macro any_row_number() -%}
    {{- return(adapter.dispatch("any_row_number", "segmart")()) -}}
{%- endmacro -%}

{%- macro default__any_row_number() -%} row_number() over (){%- endmacro -%}

{#- How a view reads, with the version of the engine, which may read it otherwise. -#}
{%- macro definition_of(view) -%}
    {{- return(adapter.dispatch("definition_of", "segmart")(view)) -}}
{%- endmacro -%}

{%- macro default__definition_of(view) -%}
    {%- set found = run_query(
        "select version() || coalesce(max(sql), '') " ~ from_catalog("view", view)
    ) -%}
    {{- return(found.rows[0][0]) -}}
{%- endmacro -%}

{#- What DuckDB alone says of one of its tables or views: at most one row of duckdb_tables(), or of views. -#}
{%- macro from_catalog(kind, relation) -%}
    from duckdb_{{ kind }}s()
    where
        database_name = {{ text_literal(relation.database) }}
        and schema_name = {{ text_literal(relation.schema) }}
        and {{ kind }}_name = {{ text_literal(relation.identifier) }}
{%- endmacro -%}

{#- Whether rows can be deleted from a table, so that it can be kept from build to build. -#}
{%- macro can_delete_rows() -%}
    {{- return(adapter.dispatch("can_delete_rows", "segmart")()) -}}
{%- endmacro -%}

{%- macro default__can_delete_rows() -%} {{- return(true) -}} {%- endmacro -%}

{#- Whether a text fits a regular expression somewhere; without a backslash, which Spark would unescape. -#}
{%- macro fits_pattern(value, pattern) -%}
    {{- return(adapter.dispatch("fits_pattern", "segmart")(value, pattern)) -}}
{%- endmacro -%}

{%- macro default__fits_pattern(value, pattern) -%}
    regexp_matches({{ value }}, {{ pattern }})
{%- endmacro -%}

{#-
  A text of digits with a point and an exponent, or without, as a number, else null. DuckDB's cast
  takes half the time of a pattern and the same texts; also 1_000, which is left out here, and a point
  after an exponent.
-#}
{%- macro plain_number(value, type) -%}
    {{- return(adapter.dispatch("plain_number", "segmart")(value, type)) -}}
{%- endmacro -%}

{%- macro default__plain_number(value, type) -%}
    case when {{ value }} not like '%!_%' escape '!' then try_cast({{ value }} as {{ type }}) end
{%- endmacro -%}

{#-
  A day, or a time to the second without a zone, in ISO 8601 as a timestamp; null for all else. strptime
  takes less than half the time of a pattern and a cast. Spark has only those, and gives null.
-#}
{%- macro plain_time(value) -%}
    {{- return(adapter.dispatch("plain_time", "segmart")(value)) -}}
{%- endmacro -%}

{%- macro default__plain_time(value) -%}
    case
        -- strptime takes two spaces for one, and then a year or an hour of fewer digits.
        when length({{ value }}) in (10, 19) and not contains({{ value }}, '  ')
        then try_strptime({{ value }}, ['%Y-%m-%d %H:%M:%S', '%Y-%m-%d'])
    end
{%- endmacro -%}

{#- A text with each letter and its accents as one sign; Spark has no way to it and gives the text. -#}
{%- macro composed(value) -%}
    {{- return(adapter.dispatch("composed", "segmart")(value)) -}}
{%- endmacro -%}

{%- macro default__composed(value) -%} nfc_normalize({{ value }}){%- endmacro -%}

{#- A time with its zone in ISO 8601 as a timestamp in UTC; null where there is no such time. -#}
{%- macro timestamp_of_zone(value) -%}
    {{- return(adapter.dispatch("timestamp_of_zone", "segmart")(value)) -}}
{%- endmacro -%}

{%- macro default__timestamp_of_zone(value) -%}
    cast(try_cast({{ value }} as timestamp with time zone) as timestamp)
{%- endmacro -%}

{#- A timestamp in UTC as clocks in a time zone show it. -#}
{%- macro in_time_zone(time, zone) -%}
    {{- return(adapter.dispatch("in_time_zone", "segmart")(time, zone)) -}}
{%- endmacro -%}

{%- macro default__in_time_zone(time, zone) -%}
    try(timezone({{ text_literal(zone) }}, timezone('UTC', {{ time }})))
{%- endmacro -%}

{#- How the type of a timestamp with a zone is called, as a pattern. -#}
{%- macro type_of_instants() -%}
    {{- return(adapter.dispatch("type_of_instants", "segmart")()) -}}
{%- endmacro -%}

{%- macro default__type_of_instants() -%}
    {{- return("timestamp with time zone|timestamptz") -}}
{%- endmacro -%}

{#- A time in a format of the codes of strptime as a timestamp; null where it does not fit. -#}
{%- macro timestamp_of_format(value, format) -%}
    {{- return(adapter.dispatch("timestamp_of_format", "segmart")(value, format)) -}}
{%- endmacro -%}

{%- macro default__timestamp_of_format(value, format) -%}
    cast(try_strptime({{ value }}, {{ text_literal(format) }}) as timestamp)
{%- endmacro -%}

{#- The texts of a group as one, in order. -#}
{%- macro joined_texts(value, delimiter, order_by) -%}
    {{- return(adapter.dispatch("joined_texts", "segmart")(value, delimiter, order_by)) -}}
{%- endmacro -%}

{%- macro default__joined_texts(value, delimiter, order_by) -%}
    string_agg({{ value }}, {{ delimiter }} order by {{ order_by }})
{%- endmacro -%}

{#- Columns, or all of a relation by its name, as the text of a JSON object; Spark leaves out what is null. -#}
{%- macro as_json(columns) -%}
    {{- return(adapter.dispatch("as_json", "segmart")(columns)) -}}
{%- endmacro -%}

{%- macro default__as_json(columns) -%}
    {%- if columns is string -%} cast(to_json(struct_pack(*columns({{ columns }}.*))) as varchar)
    {%- else -%}
        cast(
            to_json(
                struct_pack(
                    {%- for column in columns %}
                        {{ column }} := {{ column }}{{ ", " if not loop.last }}
                    {% endfor -%}
                )
            ) as varchar
        )
    {%- endif -%}
{%- endmacro -%}

{#-
  Runs before a build. Results that depend on a setting of the profile would change with the machine, and
  a profile may be of a project that segmart is installed in.
-#}
{%- macro check_engine() -%}
    {%- if execute -%} {{- adapter.dispatch("check_engine", "segmart")() -}} {%- endif -%}
{%- endmacro -%}

{#- A time with a zone becomes one without in the zone of the session; the others order and divide. -#}
{%- macro default__check_engine() -%}
    {%- set needed = {
        "TimeZone": ("UTC", "(Etc/)?(UTC|UCT|GMT|Universal|Zulu)"),
        "default_null_order": ("nulls_last", "(?i)nulls_last"),
        "default_order": ("asc", "(?i)asc(ending)?"),
        "integer_division": ("false", "(?i)false"),
    } -%}
    {%- set query -%}
        select
            {%- for name in needed %}
                cast(current_setting('{{ name }}') as varchar) as {{ quoted(name) }}
                {{- "," if not loop.last }}
            {%- endfor %}
    {%- endset -%}
    {%- set found = run_query(query).rows[0] -%}
    {%- for name, (value, pattern) in needed.items()
        if not modules.re.fullmatch(pattern, found[name] | string) -%}
        {%- do refuse(
            "profiles.yml: the setting %s is not %s, on which the results of segmart depend; write it"
            ~ " under settings",
            name,
            value,
        ) -%}
    {%- endfor -%}
{%- endmacro -%}

{#- The rows of a source. -#}
{%- macro source_rows(source_name, table) -%}
    {{- return(adapter.dispatch("source_rows", "segmart")(source_name, table)) -}}
{%- endmacro -%}

{%- macro default__source_rows(source_name, table) -%}
    {{- return(source(source_name, table)) -}}
{%- endmacro -%}

{#- Runs after a build, also after one that failed. -#}
{%- macro drop_local_rows() -%}
    {%- if execute and flags.WHICH in ("build", "run") -%}
        {{- adapter.dispatch("drop_local_rows", "segmart")() -}}
    {%- endif -%}
{%- endmacro -%}

{%- macro default__drop_local_rows() -%} {%- endmacro -%}

{#- How many numbers of an array are above a limit. -#}
{%- macro count_above(numbers, limit) -%}
    {{- return(adapter.dispatch("count_above", "segmart")(numbers, limit)) -}}
{%- endmacro -%}

{%- macro default__count_above(numbers, limit) -%}
    len(list_filter({{ numbers }}, lambda number:number > {{ limit }}))
{%- endmacro -%}
