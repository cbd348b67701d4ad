{#- What is suspected of signs before three digits. Each is a CTE below; the sentences are made in Python. -#}
{%- set kinds = [] -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{#- Of the numbers in text, those with exactly three digits after a sign. -#}
{%- set with_three_digits = [] -%}
{%- set stored_order_lines = ref("stored_order_lines") -%}
{%- if execute and load_relation(stored_order_lines) -%}
    {%- set query -%}
        select distinct three_digits_in
        from {{ stored_order_lines }}
        where three_digits_in is not null
        order by three_digits_in
    {%- endset -%}
    {%- do with_three_digits.extend(run_query(query).columns[0].values()) -%}
{%- endif -%}
{%- set metrics_in_text = metric_columns() | selectattr("kind", "equalto", "text") | list -%}
{%- if setting("thousands_sign") == "none" -%}
    {%- do kinds.extend(["thousands", "mixed_thousands"]) -%}
{%- endif -%}
{%- if (with_three_digits or metrics_in_text) and setting("thousands_sign") == "none" -%}
    {%- do kinds.append("thousands_elsewhere") -%}
{%- endif -%}
{%- set signs = ["comma", "point"] if setting("decimal_sign") == "comma" else ["point", "comma"] -%}
{#- The number whose digits are counted. -#}
{%- set number = "amount" if "amount" in given else "unit_price" -%}
{%- set three_digit_currencies = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"] %}
{%- if uses_metrics() %}
-- depends_on: {{ ref("checked_customer_metrics") }}
-- depends_on: {{ ref("feature_definitions") }}
{%- endif %}

with
    -- File by file the numbers with a sign before exactly three digits, as in 15.000, where none is
    -- below 1 or has four digits before the sign.
    three_digits as (
        select
            coalesce(source_file, '') as source_file,
            coalesce(currency, '') as currency,
            count(*) as lines,
            max({{ number }}) as largest,
            min(abs({{ number }})) as least,
            sum(abs({{ number }})) as total,
            min(customer_id) as customer,
            count(*) filter (where {{ number }} = round({{ number }}, 1)) as hundreds,
            count(*) filter (where {{ number }} = round({{ number }}, 2)) as tens,
            count(*) filter (
                where abs({{ number }}) + 0.001 = round(abs({{ number }}) + 0.001, 2)
            ) as nines
        from {{ ref("checked_order_lines") }}
        where
            reason is null
            and decimals >= 3
            and (currency is null or currency not in {{ text_literals(three_digit_currencies) }})
        group by coalesce(source_file, ''), coalesce(currency, '')
        having max(decimals) = 3 and min(abs({{ number }})) >= 1 and max(abs({{ number }})) < 1000
    ),

    -- Thousands stand beside 500, or are hundreds alone. Beside 12.50 they are round or end in 9,
    -- as
    -- prices do, and most are hundreds, or the least follows upon the largest of the others. Things
    -- by weight have three digits too.
    decimals_of_files as (
        select
            three_digits.*, count(*) filter (where lines_of_file.decimals in (1, 2)) as other_lines
        from three_digits
        inner join
            {{ ref("checked_order_lines") }} as lines_of_file
            on three_digits.source_file = coalesce(lines_of_file.source_file, '')
            and three_digits.currency = coalesce(lines_of_file.currency, '')
        where lines_of_file.reason is null
        group by all
        having
            count(*) filter (where lines_of_file.quantity <> floor(lines_of_file.quantity)) = 0
            and count(*) filter (
                where lines_of_file.decimals = 0 and abs(lines_of_file.{{ number }}) >= 1000
            )
            <= 0.1 * count(*) filter (where lines_of_file.decimals = 0)
            and case
                when count(*) filter (where lines_of_file.decimals in (1, 2)) = 0
                then
                    three_digits.hundreds = three_digits.lines
                    or count(*) filter (where lines_of_file.decimals = 0) > 0
                else
                    three_digits.tens >= 0.1 * three_digits.lines
                    and three_digits.tens + three_digits.nines >= 0.5 * three_digits.lines
                    and 1000 * three_digits.total >= 0.01 * sum(abs(lines_of_file.{{ number }}))
                    and (
                        three_digits.hundreds >= 0.5 * three_digits.lines
                        or 100 * three_digits.least <= max(abs(lines_of_file.{{ number }})) filter (
                            where lines_of_file.decimals < 3
                        )
                    )
            end
    ),

    {% for kind, others in {"thousands": "= 0", "mixed_thousands": "> 0"}.items() -%}
        {{ kind }} as (
            select
                sum(lines) as lines,
                sum(other_lines) as other_lines,
                cast(max(largest) as double) as example,
                min(customer) as customer,
                '{{ signs[0] }}' as sign,
                '{{ signs[1] }}' as other_sign
            from decimals_of_files
            where other_lines {{ others }}
            having count(*) > 0
        ),
    {%- endfor %}

    {% if "thousands_elsewhere" in kinds -%}
        {%- set inputs = [] -%}
        {%- for column in with_three_digits -%}
            {%- do inputs.append(
                ("order_lines", column, column, "three_digits_in= '" ~ column ~ "'")
            ) -%}
        {%- endfor -%}
        {%- for metric in metrics_in_text -%}
            {%- do inputs.append(
                (
                    "customer_metrics",
                    metric.column,
                    metric.feature,
                    "substr(%s_text, -4, 1) = %s"
                    | format(metric.feature, text_literal(decimal_point())),
                )
            ) -%}
        {%- endfor -%}
        number_columns as (
            {%- for source, name, column, has_three_digits in inputs %}
                select
                    '{{ source }}' as source,
                    {{ text_literal(name) }} as column_name,
                    count(*) filter (where {{ has_three_digits }}) as values_with_sign,
                    min(case when {{ has_three_digits }} then customer_id end) as example,
                    cast(
                        max(abs({{ column }})) filter (where {{ has_three_digits }}) as double
                    ) as most,
                    min(abs({{ column }})) filter (where {{ has_three_digits }}) as least,
                    count(*) filter (
                        where {{ has_three_digits }} and {{ column }} = round({{ column }}, 1)
                    ) as hundreds,
                    count(*) filter (
                        where
                            not coalesce({{ has_three_digits }}, false)
                            and {{ column }} <> floor({{ column }})
                    ) as other_fractions,
                    max(abs({{ column }})) filter (
                        where not coalesce({{ has_three_digits }}, false)
                    ) as other_most
                from {{ ref("checked_" ~ source) }}
                where reason is null
                group by source_file {{ "union all" if not loop.last }}
            {%- endfor %}
        ),

        -- As amounts are above: beside whole numbers of hundreds, or hundreds
        -- themselves. Things by weight have three digits, too.
        thousands_elsewhere as (
            select
                source,
                column_name,
                sum(values_with_sign) as values_with_sign,
                min(example) as example,
                max(most) as most,
                '{{ signs[0] }}' as sign,
                '{{ signs[1] }}' as other_sign
            from number_columns
            where
                values_with_sign > 0
                and least >= 1
                and most < 1000
                and (
                    (other_fractions = 0 and other_most between 100 and 999)
                    or (hundreds = values_with_sign and coalesce(other_most < 1000, true))
                )
            group by source, column_name
        ),
    {%- endif %}

    suspicious_decimals as ({{ rows_of_suspicions(kinds) }})

select *
from suspicious_decimals
