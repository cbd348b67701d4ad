{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set suspicions = {
    "placeholder_dates": ["ordered_on", "lines", "example"],
    "stray_dates": ["from_on", "until_on", "stray_lines", "example"],
    "discounts_of_both_signs": ["lines", "all_lines", "example"],
    "discount_rates": ["lines", "most", "mean_amount", "example"],
} -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set placeholders = [
    "0001-01-01",
    "1899-12-30",
    "1900-01-01",
    "1970-01-01",
    "2099-12-31",
    "9999-12-31",
] -%}
{%- if setting("as_of") == "default" and not uses_metrics() -%}
    {%- do suspicions.update({"future_dates": ["lines", "until_on", "example"]}) -%}
{%- endif -%}
{%- if setting("amount_is") == "line" -%}
    {%- do suspicions.update({"identical_lines": ["lines", "amount", "example"]}) -%}
    {%- do suspicions.update({"few_identical_lines": ["lines", "amount", "example"]}) -%}
{%- endif -%}
{%- if setting("thousands_sign") == "none" -%}
    {%- do suspicions.update(
        {"thousands": ["lines", "example", "customer", "sign", "other_sign"]}
    ) -%}
    {%- do suspicions.update(
        {"mixed_thousands": ["lines", "other_lines", "example", "customer"]}
    ) -%}
{%- endif -%}
{#- The number whose digits are counted. -#}
{%- set number = "amount" if "amount" in given else "unit_price" -%}
{%- set three_digit_currencies = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"] -%}
{#- By kind: the column, its values that a var names, and the lines whose amounts are summed by value. -#}
{%- set sums = {} -%}
{%- if "status" in given -%}
    {%- set kind = "unmapped_statuses" if setting("statuses") else "statuses" -%}
    {%- do sums.update({kind: ("status", setting("statuses") | map("lower"), "reason is null")}) -%}
{%- endif -%}
{%- if "currency" in given -%}
    {%- set kind = "unrated_currencies" if setting("exchange_rates") else "currencies" -%}
    {#- A line without an amount needs no currency; one without a rate has no amount. -#}
    {%- set lines = (
        "(reason is null and amount is not null)"
        ~ " or reason in ('amount_malformed', 'unit_price_malformed')"
    ) -%}
    {%- do sums.update({kind: ("currency", setting("exchange_rates") | map("upper"), lines)}) -%}
{%- endif -%}
{%- for kind in sums -%}
    {%- do suspicions.update({kind: ["sums", "rarest", "example"]}) -%}
{%- endfor -%}

with
    totals as (
        select sum(amount) as total_amount
        from {{ ref("checked_order_lines") }}
        where reason is null
    ),

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

    thousands as (
        select
            sum(lines) as lines,
            cast(max(largest) as double) as example,
            min(customer) as customer,
            {%- set signs = (
                ["comma", "point"]
                if setting("decimal_sign") == "comma"
                else ["point", "comma"]
            ) %}
            '{{ signs[0] }}' as sign,
            '{{ signs[1] }}' as other_sign
        from decimals_of_files
        where other_lines = 0
        having count(*) > 0
    ),

    mixed_thousands as (
        select
            sum(lines) as lines,
            sum(other_lines) as other_lines,
            cast(max(largest) as double) as example,
            min(customer) as customer
        from decimals_of_files
        where other_lines > 0
        having count(*) > 0
    ),

    copies_in_files as (
        select
            count(*) as lines,
            coalesce(cast(sum(abs(checked_order_lines.amount)) as double), 0) as amount,
            min(checked_order_lines.customer_id) as example,
            abs(cast(totals.total_amount as double)) as total_amount
        from {{ ref("checked_order_lines") }} as checked_order_lines
        cross join totals
        where checked_order_lines.reason = 'duplicate_row' and checked_order_lines.is_copy_in_file
        group by totals.total_amount
    ),

    identical_lines as (
        select * from copies_in_files where amount > 0 and amount >= 0.01 * total_amount
    ),

    few_identical_lines as (
        select * from copies_in_files where amount = 0 or amount < 0.01 * total_amount
    ),

    days as (
        select
            cast(ordered_at as date) as ordered_on, count(*) as lines, min(customer_id) as example
        from {{ ref("checked_order_lines") }}
        where reason is null
        group by cast(ordered_at as date)
    ),

    gaps as (
        select
            ordered_on as until_on,
            lag(ordered_on) over (order by ordered_on) as from_on,
            example as later_example,
            lag(example) over (order by ordered_on) as earlier_example,
            sum(lines) over (order by ordered_on desc) as lines_after,
            sum(lines) over () as lines
        from days
    ),

    -- Few lines far from all others, at the beginning or at the end; a year away a few more.
    stray_dates as (
        select
            from_on,
            until_on,
            least(lines_after, lines - lines_after) as stray_lines,
            case when 2 * lines_after < lines then later_example else earlier_example end as example
        from gaps
        where
            lines >= 20
            and (
                (
                    until_on > {{ dbt.dateadd("day", 90, "from_on") }}
                    and least(lines_after, lines - lines_after) <= greatest(1, 0.01 * lines)
                )
                or (
                    until_on > {{ dbt.dateadd("day", 300, "from_on") }}
                    and least(lines_after, lines - lines_after) <= 0.05 * lines
                )
            )
            and cast(from_on as string) not in {{ text_literals(placeholders) }}
            and cast(until_on as string) not in {{ text_literals(placeholders) }}
    ),

    placeholder_dates as (
        select ordered_on, lines, example
        from days
        where cast(ordered_on as string) in {{ text_literals(placeholders) }}
    ),

    future_dates as (
        select
            count(*) as lines,
            cast(max(ordered_at) as date) as until_on,
            min(customer_id) as example
        from {{ ref("checked_order_lines") }}
        where reason = 'after_as_of'
        having count(*) > 0
    ),

    -- A share is never above 1; an amount taken off things of ten and more sometimes is.
    discount_rates as (
        select
            count(*) as lines,
            cast(max(abs(discount_amount)) as double) as most,
            cast(avg(cast(amount as double)) as double) as mean_amount,
            min(customer_id) as example
        from {{ ref("checked_order_lines") }}
        where reason is null and discount_amount <> 0 and not is_return
        having
            count(*) >= 10
            and max(abs(discount_amount)) <= 1
            and 2 * count(*) filter (where abs(discount_amount) < 1) > count(*)
            and avg(cast(amount as double)) >= 10
    ),

    discounts_of_both_signs as (
        select
            count(*) filter (where discount_amount < 0) as lines,
            count(*) as all_lines,
            min(customer_id) filter (where discount_amount < 0) as example
        from {{ ref("checked_order_lines") }}
        where reason is null and discount_amount <> 0 and not is_return
        having min(discount_amount) < 0 and max(discount_amount) > 0
    ),

    {% for kind, (column, named, lines) in sums.items() -%}
        -- The largest ten of the values that the var does not name.
        {{ kind }}_by_value as (
            select
                {{ column }},
                count(*) as lines,
                sum(amount) as amount,
                min(order_id) as example,
                row_number() over (order by count(*) desc, {{ column }}) as place,
                count(*) over () as different_values
            from {{ ref("checked_order_lines") }}
            where ({{ lines }}) and {{ column }} not in {{ text_literals(named) }}
            group by {{ column }}
        ),

        {{ kind }} as (
            select
                {{
                    joined_texts(
                        "cast(lines as string) || ' ' || "
                        ~ shown(column)
                        ~ " || ' (' || coalesce(cast(cast(amount as decimal(18, 2)) as string), '?') || ')'",
                        "', '",
                        "place",
                    )
                }}
                || case
                    when max(different_values) > 10
                    then ' and ' || cast(max(different_values) - 10 as string) || ' more'
                    else ''
                end as sums,
                max_by({{ column }}, place) as rarest,
                max_by(example, place) as example
            from {{ kind }}_by_value
            where place <= 10
            having count(*) > {{ 1 if kind in ("statuses", "currencies") else 0 }}
        ),
    {%- endfor %}

    suspicious_lines as ({{ rows_of_suspicions(suspicions) }})

select *
from suspicious_lines
