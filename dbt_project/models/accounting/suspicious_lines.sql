{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set kinds = [
    "lines_without_customer",
    "placeholder_dates",
    "stray_dates",
    "discounts_of_both_signs",
    "discount_rates",
] -%}
{%- set row = "input_row" if has_files("order_lines") else "source_row" -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set placeholders = [
    "0001-01-01",
    "1899-12-30",
    "1900-01-01",
    "1970-01-01",
    "2099-12-31",
    "9999-12-31",
] -%}
{%- if setting("time_zone") == "UTC" and given.get("ordered_at") in ("text", "instant") -%}
    {%- do kinds.append("one_time_of_day") -%}
    {%- set has_zone = offsets_of_times(given, ref(setting("input") ~ "__order_lines")) -%}
{%- endif -%}
{%- if setting("as_of") == "default" and not uses_metrics() -%}
    {%- do kinds.append("future_dates") -%}
{%- endif -%}
{%- if "order_id" in given -%} {%- do kinds.append("lines_below_orders") -%} {%- endif -%}
{%- if setting("amount_is") == "line" -%}
    {%- do kinds.extend(["identical_lines", "few_identical_lines"]) -%}
{%- endif -%}
{%- if setting("thousands_sign") == "none" -%}
    {%- do kinds.extend(["thousands", "mixed_thousands"]) -%}
{%- endif -%}
{%- set signs = ["point", "comma"] -%}
{%- if setting("decimal_sign") == "comma" -%} {%- set signs = ["comma", "point"] -%} {%- endif -%}
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
{%- do kinds.extend(sums) -%}

with
    -- Every line is read once for all that is counted of days, reasons and discounts.
    lines_of_days as (
        select
            -- Not the column itself: which rows are wanted would be asked of each line.
            min(reason) as reason,
            is_copy_in_file,
            cast(ordered_at as date) as ordered_on,
            case when not is_return then sign(discount_amount) else 0 end as discount_sign,
            count(*) as lines,
            count(amount) as amounts,
            sum(amount) as amount,
            sum(abs(amount)) as absolute_amount,
            max(abs(discount_amount)) as largest_discount,
            count(*) filter (where abs(discount_amount) < 1) as low_discounts,
            min(customer_id) as customer_id,
            min(case when reason = 'customer_id_missing' then order_id end) as order_id
        from {{ ref("checked_order_lines") }}
        group by reason, is_copy_in_file, ordered_on, discount_sign
    ),

    used_days as (select * from lines_of_days where reason is null),

    totals as (
        select coalesce(sum(lines), 0) as lines, abs(cast(sum(amount) as double)) as amount
        from used_days
    ),

    discounts as (
        select
            sum(lines) as all_lines,
            coalesce(sum(lines) filter (where discount_sign < 0), 0) as lines,
            min(customer_id) filter (where discount_sign < 0) as example,
            sum(low_discounts) as low_discounts,
            cast(max(largest_discount) as double) as most,
            cast(sum(amount) as double) / nullif(sum(amounts), 0) as mean_amount,
            min(customer_id) as discount_example
        from used_days
        where discount_sign <> 0
    ),

    days as (
        select ordered_on, sum(lines) as lines, min(customer_id) as example
        from used_days
        group by ordered_on
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

    copies_in_files as (
        select
            sum(lines_of_days.lines) as lines,
            coalesce(cast(sum(lines_of_days.absolute_amount) as double), 0) as amount,
            min(lines_of_days.customer_id) as example,
            totals.amount as total_amount
        from lines_of_days
        cross join totals
        where lines_of_days.reason = 'duplicate_row' and lines_of_days.is_copy_in_file
        group by totals.amount
    ),

    identical_lines as (
        select * from copies_in_files where amount > 0 and amount >= 0.01 * total_amount
    ),

    few_identical_lines as (
        select * from copies_in_files where amount = 0 or amount < 0.01 * total_amount
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

    sides_of_gaps as (
        select
            *,
            least(lines_after, lines - lines_after) as stray_lines,
            case when 2 * lines_after < lines then later_example else earlier_example end as example
        from gaps
        where
            lines >= 20
            and cast(from_on as string) not in {{ text_literals(placeholders) }}
            and cast(until_on as string) not in {{ text_literals(placeholders) }}
    ),

    -- Few lines far from all others, at the beginning or at the end; a year away a few more.
    stray_dates as (
        select from_on, until_on, stray_lines, example
        from sides_of_gaps
        where
            (
                until_on > {{ dbt.dateadd("day", 90, "from_on") }}
                and stray_lines <= greatest(1, 0.01 * lines)
            )
            or (until_on > {{ dbt.dateadd("day", 300, "from_on") }} and stray_lines <= 0.05 * lines)
    ),

    times_of_day as (
        select {{ dbt.date_trunc("minute", "first_at") }} as ordered_at, sum(lines) as lines
        from {{ ref("sampled_orders") }}
        group by {{ dbt.date_trunc("minute", "first_at") }}
        union all
        select distinct {{ dbt.date_trunc("minute", "last_at") }} as ordered_at, 0 as lines
        from {{ ref("sampled_orders") }}
        where last_at > first_at
    ),

    -- In summer and in winter. Midnight west of Greenwich is on the same day in UTC, and the last
    -- minute of a day is no midnight. One time without a zone is that of a job of each night; of
    -- two an hour apart the summer has another one than the winter.
    one_time_of_day as (
        select
            min(substring(cast(ordered_at as string), 12, 5)) as first_time,
            max(substring(cast(ordered_at as string), 12, 5)) as last_time
        from times_of_day
        having
            min(substring(cast(ordered_at as string), 12, 5)) >= '14:00'
            and max(substring(cast(ordered_at as string), 12, 5)) < '23:59'
            and count(distinct substring(cast(ordered_at as string), 12, 5))
            {{ "<=" if has_zone else "=" }} 2
            and sum(lines) >= 20
            and count(distinct ordered_at) >= 10
    ),

    placeholder_dates as (
        select ordered_on, lines, example
        from days
        where cast(ordered_on as string) in {{ text_literals(placeholders) }}
    ),

    future_dates as (
        select sum(lines) as lines, max(ordered_on) as until_on, min(customer_id) as example
        from lines_of_days
        where reason = 'after_as_of'
        having count(*) > 0
    ),

    -- A share is never above 1; an amount taken off things of ten and more sometimes is.
    discount_rates as (
        select all_lines as lines, most, mean_amount, discount_example as example
        from discounts
        where all_lines >= 10 and most <= 1 and 2 * low_discounts > all_lines and mean_amount >= 10
    ),

    discounts_of_both_signs as (
        select lines, all_lines, example from discounts where lines between 1 and all_lines - 1
    ),

    lines_without_customer as (
        select
            sum(lines_of_days.lines) as lines,
            1e0 * sum(lines_of_days.lines) / (sum(lines_of_days.lines) + totals.lines) as share,
            coalesce(cast(sum(lines_of_days.amount) as double), 0) as amount,
            min(lines_of_days.order_id) as example
        from lines_of_days
        cross join totals
        where lines_of_days.reason = 'customer_id_missing'
        group by totals.lines
        having sum(lines_of_days.lines) > 0.4 * (sum(lines_of_days.lines) + totals.lines)
    ),

    numbered_orders as (
        select 1e0 * count(*) filter (where is_numbered) / nullif(count(*), 0) as share
        from {{ ref("sampled_orders") }}
        where customer_id is not null
    ),

    lines_of_nobody as (
        select source_file, {{ row }} as source_row, ordered_at, amount
        from {{ ref("stored_order_lines") }}
        where
            fault in ('customer_id_missing', 'ordered_at_missing')
            and customer_id is null
            and (
                order_id is null
                or coalesce(order_id = cast(cast(ordered_at as date) as string), false)
            )
    ),

    -- A list as people read it: number and customer of an order, often its date, on the first of
    -- its lines alone.
    lines_below_orders as (
        select
            count(*) as lines,
            coalesce(cast(sum(lines_of_nobody.amount) as double), 0) as amount,
            min(line_above.order_id) as example
        from lines_of_nobody
        inner join
            {{ ref("stored_order_lines") }} as line_above
            on lines_of_nobody.source_file = line_above.source_file
            and lines_of_nobody.source_row = line_above.{{ row }} + 1
        cross join totals
        cross join numbered_orders
        where
            (
                lines_of_nobody.ordered_at is null
                or lines_of_nobody.ordered_at = line_above.ordered_at
            )
            and numbered_orders.share > 0.9
        group by totals.lines
        having count(*) > 0.1 * totals.lines
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

    suspicious_lines as ({{ rows_of_suspicions(kinds) }})

select *
from suspicious_lines
