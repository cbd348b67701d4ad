{#- Spark counts weekday() from 0 for Monday. -#}
{%- macro spark__iso_day_of_week(day) -%} (weekday({{ day }}) + 1){%- endmacro -%}

{%- macro spark__quantiles(value, shares) -%}
    percentile({{ value }}, array({{ shares | join(", ") }}))
{%- endmacro -%}

{#- Spark counts the elements from 0. -#}
{%- macro spark__nth_quantile(quantiles, position) -%}
    {{ quantiles }} [{{ position - 1 }}]
{%- endmacro -%}

{#- xxhash64 skips nulls: without the flags a value that moves to the next column would go unseen. -#}
{%- macro spark__row_digest(columns) -%}
    xxhash64(
        {%- for column in columns -%}
            {{ column }}, {{ column }} is null{{ ", " if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro -%}

{%- macro spark__digest_fraction(text) -%}
    (cast(conv(left(md5({{ text }}), 8), 16, 10) as bigint) / 4294967296e0)
{%- endmacro -%}

{%- macro spark__any_row_number() -%} monotonically_increasing_id(){%- endmacro -%}

{#- Its tables begin anew with each build. -#}
{%- macro spark__definition_of(view) -%} {{- return("") -}} {%- endmacro -%}

{#- A table of Parquet files can only be written anew. -#}
{%- macro spark__can_delete_rows() -%} {{- return(false) -}} {%- endmacro -%}

{%- macro spark__fits_pattern(value, pattern) -%}
    regexp_like({{ value }}, {{ pattern }})
{%- endmacro -%}

{%- macro spark__plain_number(value, type) -%}
    case
        when {{ fits_pattern(value, "'^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$'") }}
        then try_cast({{ value }} as {{ type }})
    end
{%- endmacro -%}

{%- macro spark__plain_time(value) -%} cast(null as timestamp) {%- endmacro -%}

{%- macro spark__composed(value) -%} {{- return(value) -}} {%- endmacro -%}

{%- macro spark__timestamp_of_zone(value) -%}
    cast(try_cast({{ value }} as timestamp_ltz) as timestamp)
{%- endmacro -%}

{%- macro spark__in_time_zone(time, zone) -%}
    cast(from_utc_timestamp({{ time }}, {{ text_literal(zone) }}) as timestamp)
{%- endmacro -%}

{#- One without a zone is timestamp_ntz. -#}
{%- macro spark__type_of_instants() -%} {{- return("timestamp(_ltz)?") -}} {%- endmacro -%}

{#-
  Of Java's letters one alone takes one or two digits, as strptime does; where nothing stands between
  two numbers, each must have both digits. Java's X is an offset from UTC: +01:00, +0100 or +01.
-#}
{%- macro spark__timestamp_of_format(value, format) -%}
    {%- set letters = {
        "Y": "yyyy",
        "y": "yy",
        "m": "M",
        "d": "d",
        "H": "H",
        "I": "h",
        "M": "m",
        "S": "s",
        "f": "[SSSSSS][SSSSS][SSSS][SSS][SS][S]",
        "z": "{z}",
        "b": "MMM",
        "B": "MMMM",
        "p": "a",
    } -%}
    {%- set java = [] -%}
    {%- for code, letter, sign in modules.re.findall("%-?([A-Za-z])|([A-Za-z])|(.)", format) -%}
        {%- if letter or sign -%} {%- do java.append("'" ~ letter ~ "'" if letter else sign) -%}
        {%- elif code in "mdHIMS" and (
            (loop.nextitem and loop.nextitem[0])
            or (loop.previtem and loop.previtem[0])
        ) -%}
            {%- do java.append(letters[code] * 2) -%}
        {%- else -%} {%- do java.append(letters[code]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if "%z" not in format -%}
        cast(try_to_timestamp({{ value }}, {{ text_literal(java | join) }}) as timestamp)
    {%- else -%}
        {#- A timestamp without a zone would drop the offset; the other one has no form that tries. -#}
        case
            {#- Java's patterns of an offset: +01:00, +0100 and +01. -#}
            {%- for offset in ("XXX", "XX", "X") %}
                {%- set parsed = (
                    value ~ ", " ~ text_literal(java | join | replace("{z}", offset))
                ) %}
                when try_to_timestamp({{ parsed }}) is not null
                then cast(to_timestamp_ltz({{ parsed }}) as timestamp)
            {%- endfor %}
        end
    {%- endif -%}
{%- endmacro -%}

{%- macro spark__joined_texts(value, delimiter, order_by) -%}
    listagg({{ value }}, {{ delimiter }}) within group (order by {{ order_by }})
{%- endmacro -%}

{%- macro spark__as_json(columns) -%}
    {%- if columns is string -%} to_json(struct({{ columns }}.*))
    {%- else -%}
        to_json(
            named_struct(
                {%- for column in columns %}'{{ column }}', {{ column }}{{ ", " if not loop.last }}
                {% endfor -%}
            )
        )
    {%- endif -%}
{%- endmacro -%}

{#- The session is of the project's own adapter, which sets them. -#}
{%- macro spark__check_engine() -%} {%- endmacro -%}

{%- macro spark__count_above(numbers, limit) -%}
    size(filter({{ numbers }}, number -> number > {{ limit }}))
{%- endmacro -%}
