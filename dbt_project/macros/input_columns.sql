{#-
  The columns of a relation, by name in small letters, with their kind: text, number, boolean, date
  or timestamp. Staging models leave out what their source has not; this is how the models after
  them know. While dbt parses, the mapping is empty.
-#}
{%- macro given_columns(relation) -%}
    {%- set kinds = {} -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- set dtype = column.dtype | lower -%}
            {%- if dtype.startswith("timestamp") -%} {%- set kind = "timestamp" -%}
            {%- elif dtype == "date" -%} {%- set kind = "date" -%}
            {%- elif dtype in ("varchar", "string", "text") -%} {%- set kind = "text" -%}
            {%- elif dtype == "boolean" -%} {%- set kind = "boolean" -%}
            {%- elif dtype in ("double", "float", "real") -%} {%- set kind = "floating" -%}
            {%- elif modules.re.match(
                "u?(tiny|small|big|huge)?int|decimal|numeric", dtype
            ) and not dtype.endswith("]") -%}
                {%- set kind = "number" -%}
            {%- else -%} {%- set kind = "other" -%}
            {%- endif -%}
            {%- do kinds.update({column.name | lower: kind}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(kinds) -}}
{%- endmacro -%}

{#- The column where it is given, else null. -#}
{%- macro column_or_null(given, column, type) -%}
    {%- if column in given -%} {{ column }} {%- else -%} cast(null as {{ type }}) {%- endif -%}
{%- endmacro -%}

{#- What is given in a column: of text what is left when it is trimmed. -#}
{%- macro given_value(given, column) -%}
    {%- if given[column] == "text" -%} {{ trimmed(column) }}
    {%- else -%} {{ column_or_null(given, column, dbt.type_string()) }}
    {%- endif -%}
{%- endmacro -%}

{#-
  An identifier as text: leading zeros, case and signs stay. A whole number that came as a DOUBLE,
  as pandas writes a column with gaps, loses its .0.
-#}
{%- macro identifier_text(given, column) -%}
    {%- if given[column] == "floating" -%}
        coalesce(
            cast(
                case
                    when {{ column }} = floor({{ column }}) and abs({{ column }}) < 1e15
                    then cast({{ column }} as bigint)
                end as {{ dbt.type_string() }}
            ),
            case when not isnan({{ column }}) then cast({{ column }} as {{ dbt.type_string() }}) end
        )
    {%- elif given[column] == "number" -%} cast({{ column }} as {{ dbt.type_string() }})
    {%- elif column in given -%} {{ trimmed(column) }}
    {%- else -%} cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro -%}

{#-
  A date or time as a timestamp in UTC; null where it does not read as one. Text is ISO 8601, or of
  the var date_format, never guessed. A time with a zone is converted to UTC; one without is UTC.
-#}
{%- macro parsed_timestamp(given, column) -%}
    {%- if column not in given -%} cast(null as timestamp)
    {%- elif given[column] in ("date", "timestamp") -%} cast({{ column }} as timestamp)
    {%- elif given[column] != "text" -%} cast(null as timestamp)
    {%- elif setting("date_format") == "iso" -%}
        case
            when
                {{
                    fits_pattern(
                        trimmed(column),
                        "'^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?)?$'",
                    )
                }}
            then try_cast({{ trimmed(column) }} as timestamp)
            when
                {{
                    fits_pattern(
                        trimmed(column),
                        "'^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?'"
                        ~ " || ' ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$'",
                    )
                }}
            then
                {{
                    timestamp_of_zone(
                        "replace(replace(replace("
                        ~ trimmed(column)
                        ~ ", ' +', '+'), ' -', '-'), ' Z', 'Z')"
                    )
                }}
        end
    {%- else -%} {{ timestamp_of_format(trimmed(column), setting("date_format")) }}
    {%- endif -%}
{%- endmacro -%}

{#-
  A number as a DECIMAL; null where it does not read as a finite one. In text the point or the var
  decimal_sign stands before the fraction; signs of currency and of thousands are rejected unless
  the vars currency_sign and thousands_sign declare them.
-#}
{%- macro parsed_number(given, column, type="decimal(18, 4)") -%}
    {%- if column not in given -%} cast(null as {{ type }})
    {%- elif given[column] != "text" -%} try_cast({{ column }} as {{ type }})
    {%- else -%}
        {%- set value = plain_number(trimmed(column)) -%}
        case
            when
                {{ fits_pattern(value, "'^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$'") }}
            then try_cast({{ value }} as {{ type }})
        end
    {%- endif -%}
{%- endmacro -%}

{#- The text of a number with the declared signs taken out; one that is not declared stays. -#}
{%- macro plain_number(value) -%}
    {%- set decimal = {"point": ".", "comma": ","}[setting("decimal_sign")] -%}
    {%- set thousands = {"none": none, "comma": ",", "point": ".", "space": " "}[
        setting("thousands_sign")
    ] -%}
    {%- set currency = setting("currency_sign") -%}
    {%- if currency != "none" -%}
        {%- set sign, length = text_literal(currency), currency | length -%}
        {%- set value -%}
            case
                when left({{ value }}, {{ length }}) = {{ sign }} or right({{ value }}, {{ length }}) = {{ sign }}
                then trim(replace({{ value }}, {{ sign }}, ''))
                else {{ value }}
            end
        {%- endset -%}
    {%- endif -%}
    {%- if thousands == " " -%}
        {#- French exports write the no-break ones. -#}
        {%- set value = "replace(replace(" ~ value ~ ", '\u00a0', ' '), '\u202f', ' ')" -%}
    {%- endif -%}
    {%- if thousands -%}
        {#- Only between groups of three digits: 1,5 is no 15. -#}
        {%- set groups = "'^[+-]?[0-9]{1,3}([%s][0-9]{3})+([%s][0-9]*)?$'" | format(
            thousands, decimal
        ) -%}
        {%- set value -%}
            case
                when {{ fits_pattern(value, groups) }} then replace({{ value }}, '{{ thousands }}', '')
                else {{ value }}
            end
        {%- endset -%}
    {%- endif -%}
    {%- if decimal == "," -%}
        {%- set value -%}
            case when {{ value }} not like '%.%' then replace({{ value }}, ',', '.') end
        {%- endset -%}
    {%- endif -%}
    {{- value -}}
{%- endmacro -%}

{#- A yes or no as a BOOLEAN; null where it does not read as one. -#}
{%- macro parsed_boolean(given, column) -%}
    {%- if column not in given -%} cast(null as boolean)
    {%- elif given[column] == "boolean" -%} {{ column }}
    {%- else -%}
        case
            when lower({{ trimmed(column) }}) in ('true', 't', 'yes', 'y', '1')
            then true
            when lower({{ trimmed(column) }}) in ('false', 'f', 'no', 'n', '0')
            then false
        end
    {%- endif -%}
{%- endmacro -%}
