{#-
  The columns of a relation, by name in small letters, with their kind: text, number, floating, boolean,
  date, timestamp or instant (a timestamp with a zone). Staging models leave out what their source has
  not; this is how the models after them know. While dbt parses, the mapping is empty.
-#}
{%- macro given_columns(relation) -%}
    {%- set kinds = {} -%}
    {%- set patterns = {
        "instant": type_of_instants(),
        "timestamp": "timestamp.*",
        "date": "date",
        "text": "varchar|string|text",
        "boolean": "boolean",
        "floating": "double|float|real",
        "number": "u?(tiny|small|big|huge)?int(eger)?|(decimal|numeric).*",
    } -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do kinds.update({column.name | lower: "other"}) -%}
            {%- for kind, pattern in patterns.items()
                if modules.re.fullmatch(pattern, column.dtype | lower)
                and kinds[column.name | lower] == "other"
                and not column.dtype.endswith("]") -%}
                {%- do kinds.update({column.name | lower: kind}) -%}
            {%- endfor -%}
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
                    then try_cast({{ column }} as bigint)
                end as {{ dbt.type_string() }}
            ),
            case when not isnan({{ column }}) then cast({{ column }} as {{ dbt.type_string() }}) end
        )
    {%- elif given[column] == "number" -%} cast({{ column }} as {{ dbt.type_string() }})
    {%- elif column in given -%} {{ trimmed(column) }}
    {%- else -%} cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro -%}

{#- The customer of a row: forms of one id are folded and words for no customer are missing, by vars. -#}
{%- macro customer_id_text(given) -%}
    {%- set id, words = folded(identifier_text(given, "customer_id")), [] -%}
    {%- for word in setting("missing_customer_ids") -%}
        {%- set word = word | lower -%} {%- do words.extend([word, word.lstrip("0") or "0"]) -%}
    {%- endfor -%}
    {%- if words -%} case when lower({{ id }}) not in {{ text_literals(words) }} then {{ id }} end
    {%- else -%} {{ id }}
    {%- endif -%}
{%- endmacro -%}

{#- An id in the form that the var fold_customer_ids says; segmart.release.erasure.folded is its twin. -#}
{%- macro folded(id) -%}
    {%- set fold = setting("fold_customer_ids") -%}
    {%- if "case" in fold -%} {%- set id = "lower(%s)" | format(id) -%} {%- endif -%}
    {%- if "zeros" in fold -%}
        coalesce(nullif(trim(leading '0' from {{ id }}), ''), left({{ id }}, 1))
    {%- else -%} {{ id }}
    {%- endif -%}
{%- endmacro -%}

{#-
  A date or time as a timestamp of the shop's time zone; null where it does not read as one. Text is
  ISO 8601, or of the var date_format, never guessed. Most times are plain: only the others are held
  against patterns.
-#}
{%- macro parsed_timestamp(given, column, value=none) -%}
    {%- set value = value or trimmed(column) -%}
    {%- if column not in given -%} cast(null as timestamp)
    {%- elif given[column] == "date" -%} cast({{ column }} as timestamp)
    {%- elif given[column] in ("timestamp", "instant") -%}
        {{ time_of_shop("cast(%s as timestamp)" | format(column), given[column] == "instant") }}
    {%- elif given[column] != "text" -%} cast(null as timestamp)
    {%- elif setting("date_format") == "iso" -%}
        {%- set is_moved = setting("times_without_zone") == "utc" -%}
        {%- set day = "^[0-9]{4}-[0-9]{2}-[0-9]{2}" -%}
        {%- set clock = "[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?" -%}
        {%- set zone = " ?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)" -%}
        {%- set time = "try_cast(%s as timestamp)" | format(value) -%}
        {%- set written = {"UTC": "Z", "GMT": "Z", " +": "+", " -": "-", " Z": "Z"} -%}
        coalesce(
            {{ "cast(null as timestamp)" if is_moved else plain_time(value) }},
            case
                {% if is_moved -%}
                    when {{ fits_pattern(value, "'" ~ day ~ clock ~ "$'") }}
                    then {{ time_of_shop(time, false) }}
                {%- endif %}
                when {{ fits_pattern(value, "'%s(%s)?$'" | format(day, clock)) }}
                then {{ time }}
                when {{ fits_pattern(value, "'" ~ day ~ clock ~ zone ~ "$'") }}
                then {{ time_of_shop(timestamp_of_zone(replaced(value, written)), true) }}
            end
        )
    {%- else -%}
        {%- set time = time_of_format(value, setting("date_format")) -%}
        {#- A date alone is the shop's. -#}
        {%- set has_time = modules.re.search("%-?[HI]", setting("date_format")) -%}
        {{ time_of_shop(time, "%z" in setting("date_format")) if has_time else time }}
    {%- endif -%}
{%- endmacro -%}

{#-
  A time in the format of the var date_format. A weekday before it may be of any language and tells
  nothing. Only what does not fit is looked at for p.m., for spaces of typography before it, and for
  GMT and UTC in place of an offset.
-#}
{%- macro time_of_format(value, format) -%}
    {%- set weekday = modules.re.match("%[aA][.,]? ", format) -%}
    {%- if weekday -%}
        {%- set format = format[weekday.end() :] -%}
        {%- set value = "case when %s then substr(%s, instr(%s, ' ') + 1) end" | format(
            fits_pattern(value, "'^[^0-9 ]{2,20} '"), value, value
        ) -%}
    {%- endif -%}
    {%- set words = {"\u202f": " ", "\u00a0": " "} -%}
    {%- if "%p" in format -%}
        {%- do words.update({"a. m.": "am", "p. m.": "pm"}) -%}
        {%- do words.update({"a.m.": "am", "p.m.": "pm", "A.M.": "AM", "P.M.": "PM"}) -%}
    {%- endif -%}
    {%- if "%z" in format -%}
        {%- for zone in ("GMT", "UTC", "Z") -%}
            {%- do words.update({zone ~ "+": "+", zone ~ "-": "-", zone: "+0000"}) -%}
        {%- endfor -%}
    {%- endif -%}
    coalesce(
        {{ timestamp_of_format(value, format) }},
        {{ timestamp_of_format(replaced(value, words), format) }}
    )
{%- endmacro -%}

{#- A timestamp in UTC as the clocks of the shop show it, by the vars time_zone and times_without_zone. -#}
{%- macro time_of_shop(time, has_zone) -%}
    {%- set is_utc = has_zone or setting("times_without_zone") == "utc" -%}
    {%- if setting("time_zone") == "UTC" or not is_utc -%} {{ time }}
    {%- else -%} {{ in_time_zone(time, setting("time_zone")) }}
    {%- endif -%}
{%- endmacro -%}

{#-
  A number as a DECIMAL; null where it does not read as a finite one. In text the point or the var
  decimal_sign stands before the fraction; signs of currency and of thousands, and a dash alone, are
  rejected unless the vars currency_sign, thousands_sign and dash_is declare them. Most are plain: only
  the others are looked at for how people write them. Who has the trimmed text in a column, and in
  another one what plain_decimal gives, names both.
-#}
{%- macro parsed_number(given, column, type="decimal(18, 4)", value=none, plain=none) -%}
    {%- if column not in given -%} cast(null as {{ type }})
    {%- elif given[column] != "text" -%} try_cast({{ column }} as {{ type }})
    {%- else -%}
        {%- set value = value or trimmed(column) -%}
        {%- set plain = plain or plain_decimal(given, column, type, value) -%}
        case
            when {{ plain }} is not null then {{ plain }} else {{ written_number(value, type) }}
        end
    {%- endif -%}
{%- endmacro -%}

{%- macro decimal_point() -%}
    {{- return("," if setting("decimal_sign") == "comma" else ".") -}}
{%- endmacro -%}

{#- A text of digits and a decimal sign as a number, else null; null of a column that is no text. -#}
{%- macro plain_decimal(given, column, type, value) -%}
    {%- set pattern = "'^[+-]?([0-9]+[P]?[0-9]*|[P][0-9]+)([eE][+-]?[0-9]+)?$'" -%}
    {%- set point = decimal_point() -%}
    {%- if given[column] != "text" -%} cast(null as {{ type }})
    {#- A cast to DOUBLE takes nan. -#}
    {%- elif point == "." and type != "double" -%} {{ plain_number(value, type) }}
    {%- else -%}
        case
            when {{ fits_pattern(value, pattern | replace("P", point)) }}
            then
                try_cast(
                    {{ value if point == "." else replaced(value, {point: "."}) }} as {{ type }}
                )
        end
    {%- endif -%}
{%- endmacro -%}

{#-
  How many digits stand after the decimal sign of the amount, or else the price, as given in text; null
  where groups of thousands are declared, and where something else stands at the end.
-#}
{%- macro decimals_given(given) -%}
    {%- set column = "amount" if "amount" in given else "unit_price" -%}
    {%- if given[column] == "text" and setting("thousands_sign") == "none" -%}
        {%- set value = "given_" ~ column -%}
        {%- if setting("currency_sign") != "none" -%}
            {%- set value = trimmed(replaced(value, {setting("currency_sign"): ""})) -%}
        {%- endif -%}
        case
            when plain_{{ column }} is not null or substr({{ value }}, -1) between '0' and '9'
            then
                coalesce(
                    length({{ value }})
                    - nullif(instr({{ value }}, {{ text_literal(decimal_point()) }}), 0),
                    0
                )
        end
    {%- else -%} cast(null as integer)
    {%- endif -%}
{%- endmacro -%}

{#-
  The first of the other columns of numbers in whose text exactly three digits stand after the decimal
  sign; null where groups of thousands are declared.
-#}
{%- macro column_with_three_digits(given) -%}
    {%- set cases = [] -%}
    {%- for column in ("unit_price", "discount_amount", "refunded_amount", "quantity")
        if given[column] == "text"
        and setting("thousands_sign") == "none"
        and (column != "unit_price" or "amount" in given) -%}
        {%- do cases.append(
            "when given_%s like '%%%s___' then '%s'"
            | format(column, decimal_point(), column)
        ) -%}
    {%- endfor -%}
    {%- if cases -%} case {{ cases | join(" ") }} end
    {%- else -%} cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro -%}

{#-
  A number as people, spreadsheets and ledgers write it: -$12, $-12, 12-, (12), $(12), 12,- for no
  cents, $ - for nothing, with minus signs, spaces and apostrophes of typography, and groups of three
  digits, or of two in India.
-#}
{%- macro written_number(value, type) -%}
    {%- set point = decimal_point() -%}
    {%- set signs = {"comma": ",", "point": ".", "space": " ", "apostrophe": "'"} -%}
    {%- set thousands = signs.get(setting("thousands_sign")) -%}
    {%- set currency = setting("currency_sign") if setting("currency_sign") != "none" -%}
    {#- The mark tells the end of the text: a dash in place of cents stands there or before the currency. -#}
    {%- set mark, words = "\u001f", {} -%}
    {%- for old, new in [
        "\u2212-",
        "\u2013-",
        "\u2014-",
        "\u00a0 ",
        "\u202f ",
        "\u2009 ",
        "\u2019'",
    ] -%}
        {%- do words.update({old: new}) -%}
    {%- endfor -%}
    {%- for after in (mark, " ", currency or mark) -%}
        {%- do words.update(
            {point ~ "--" ~ after: point ~ after, point ~ "-" ~ after: point ~ after}
        ) -%}
    {%- endfor -%}
    {%- do words.update({mark: ""}) -%}
    {%- set written = replaced("(%s) || '%s'" | format(value, mark), words) -%}
    {#- Only between groups: 1,5 is no 15. -#}
    {%- set groups = "|[0-9]{1,3}([%s][0-9]{2,3})*[%s][0-9]{3}" | format(thousands, thousands) -%}
    {%- set whole = "([0-9]+%s)" | format(groups if thousands else "") -%}
    {%- set of_digit = "%s([%s][0-9]*)?" | format(whole, point) -%}
    {%- set number = "(%s|[%s][0-9]+)" | format(of_digit, point) -%}
    {%- set money, nothing = number, ["-"] if setting("dash_is") == "zero" else [] -%}
    {%- if currency -%}
        {#- The point of Rs. may be missing; where the var has none, Rs.50 is neither 50 nor half of one. -#}
        {%- set sign = currency | replace("$", "[$]") | replace(".", "[.]?") -%}
        {%- set behind = of_digit if modules.re.search("[\\w.]$", currency) else number -%}
        {%- set money = "(%s( *%s)?|%s *%s)" | format(number, sign, sign, behind) -%}
        {%- do nothing.extend([sign ~ " *-", "- *" ~ sign]) -%}
    {%- endif -%}
    {%- set forms = ["[+-]? ?" ~ money, money ~ " ?-", "[(] ?" ~ money ~ " ?[)]"] -%}
    {%- if currency -%}
        {%- do forms.append("%s *([+-] ?%s|[(] ?%s ?[)])" | format(sign, behind, number)) -%}
        {%- do forms.append("(%s ?-|[(] ?%s ?[)]) ?%s" | format(number, number, sign)) -%}
    {%- endif -%}
    {#- The sign first: its point may be that of thousands too. -#}
    {%- set left_out = {} -%}
    {%- for word in [currency, (currency or "").rstrip("."), thousands] + "()+- " | list if word -%}
        {%- do left_out.update({word: ""}) -%}
    {%- endfor -%}
    case
        when {{ fits_pattern(written, text_literal("^(" ~ forms | join("|") ~ ")$")) }}
        then
            try_cast(
                case when {{ fits_pattern(written, "'[-(]'") }} then '-' else '' end
                || {{ replaced(replaced(written, left_out), {point: "."}) }} as {{ type }}
            )
        {% if nothing -%}
            when {{ fits_pattern(written, text_literal("^(" ~ nothing | join("|") ~ ")$")) }}
            then cast(0 as {{ type }})
        {%- endif %}
    end
{%- endmacro -%}

{#- A text in which words are replaced by others, one after the other. -#}
{%- macro replaced(value, words) -%}
    {%- set replaced_value = namespace(sql=value) -%}
    {%- for word in words -%}
        {%- set replaced_value.sql = "replace(%s, %s, %s)" | format(
            replaced_value.sql, text_literal(word), text_literal(words[word])
        ) -%}
    {%- endfor -%}
    {{- replaced_value.sql -}}
{%- endmacro -%}

{#-
  What belongs to a whole order, of a line. Where it stands on the first line of the order alone, as the
  var order_header may say, the other lines of the file have it too.
-#}
{%- macro of_order(given, value) -%}
    {%- if setting("order_header") == "first_line" and "order_id" in given -%}
        {%- set order_id = identifier_text(given, "order_id") -%}
        coalesce(
            {{ value }},
            case
                when {{ order_id }} is not null
                then
                    max({{ value }}) over (
                        partition by
                            {{ order_id }}
                            {%- if "source_file" in given %}, source_file {%- endif %}
                    )
            end
        )
    {%- else -%} {{ value }}
    {%- endif -%}
{%- endmacro -%}

{#- The status or the currency of a line; (none) where the input has the column and the line no value. -#}
{%- macro word_of_line(given, column) -%}
    {%- if column in given -%}
        coalesce({{ of_order(given, identifier_text(given, column)) }}, '(none)')
    {%- else -%} cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro -%}

{#- A word in small letters. Of a column such as cancelled_at it counts whether there is a date. -#}
{%- macro word_or_dated(word) -%}
    case
        when {{ fits_pattern(word, "'^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}'") }}
        then 'dated'
        else lower({{ word }})
    end
{%- endmacro -%}

{#- An amount in the currency of the tables; null in one that the var exchange_rates does not name. -#}
{%- macro exchanged(given, amount) -%}
    {%- set rates = setting("exchange_rates") -%}
    {%- if rates and "currency" in given -%}
        try_cast(
            cast({{ amount }} as double) * case
                upper({{ word_of_line(given, "currency") }})
                {% for currency in rates -%}
                    when {{ text_literal(currency | upper) }}
                    then cast({{ rates[currency] }} as double)
                {% endfor -%}
            end as decimal(18, 4)
        )
    {%- else -%} {{ amount }}
    {%- endif -%}
{%- endmacro -%}

{#- Whether the var statuses says of the status of a line that it is a sale, a return or left_out. -#}
{%- macro has_status(meaning) -%}
    {%- set words = [] -%}
    {%- for word in setting("statuses") if setting("statuses")[word] == meaning -%}
        {%- do words.append(word | string | lower) -%}
    {%- endfor -%}
    {%- if words -%} coalesce(status in {{ text_literals(words) }}, false)
    {%- else -%} false
    {%- endif -%}
{%- endmacro -%}

{#-
  A digest of what the contract does not name: lines that differ there are no duplicates. Of a staging
  folder it is made here, of files and tables where their columns are mapped.
-#}
{%- macro ignored_values(given, typed_columns) -%}
    {%- set known = (
        "customer_id order_id line_id product_id category status currency updated_at"
        ~ " source_file source_row segmart_file_version"
    ).split() -%}
    {%- set further = [] -%}
    {%- for column in given if column not in known + typed_columns -%}
        {%- do further.append(quoted(column)) -%}
    {%- endfor -%}
    {%- if "ignored_values" in given -%} ignored_values
    {%- elif further -%} cast({{ row_digest(further) }} as {{ dbt.type_string() }})
    {%- else -%} cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro -%}

{#- The column whose largest value tells the version of an order that counts, if one is chosen. -#}
{%- macro column_of_versions() -%}
    {%- set columns = {"latest_file": "source_file", "latest_update": "updated_at"} -%}
    {{- return(columns.get(setting("order_versions"))) -}}
{%- endmacro -%}

{#- A setting that the input has no column for would do nothing, and nobody would know. -#}
{%- macro check_columns_of_settings(given) -%}
    {%- for name, value, column in [
        ("order_versions", "latest_update", "updated_at"),
        ("order_versions", "latest_file", "order_id"),
        ("order_versions", "latest_file", "source_file"),
        ("amount_is", "order", "order_id"),
        ("order_header", "first_line", "order_id"),
        ("statuses", setting("statuses") or none, "status"),
        ("exchange_rates", setting("exchange_rates") or none, "currency"),
    ] if setting(name) == value and given and not uses_metrics() and column not in given -%}
        {%- do refuse(
            "var %s is %s, and the order lines have no %s: %s",
            name,
            value | tojson,
            column,
            "it is for files alone" if column == "source_file" else "map a column to it",
        ) -%}
    {%- endfor -%}
{%- endmacro -%}

{#-
  A column of a table or a view whose type is no number would be read as one: true as 1.
-#}
{%- macro check_types_of_numbers(given) -%}
    {%- for column in "amount quantity unit_price discount_amount refunded_amount".split()
        if given.get(column, "text") not in ("text", "number", "floating") -%}
        {%- do refuse(
            "order lines: the type of the column that is %s is no number (%s): map another one to it, or"
            ~ " none",
            column,
            given[column],
        ) -%}
    {%- endfor -%}
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
