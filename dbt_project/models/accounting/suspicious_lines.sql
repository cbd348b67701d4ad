{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set kinds = ["lines_without_customer", "ended_things"] -%}
{%- set row = "input_row" if has_files("order_lines") else "source_row" -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- if "order_id" in given -%} {%- do kinds.append("lines_below_orders") -%} {%- endif -%}
{%- if setting("amount_is") == "line" -%}
    {%- do kinds.extend(["identical_lines", "few_identical_lines"]) -%}
{%- endif -%}
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
{%- do kinds.extend(sums) %}
-- depends_on: {{ ref("checked_order_lines") }}
with
    lines_of_days as (select * from {{ ref("lines_of_days") }}),

    used_days as (select * from lines_of_days where reason is null),

    totals as (
        select coalesce(sum(lines), 0) as lines, abs(cast(sum(amount) as double)) as amount
        from used_days
    ),

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

    -- What is called as refunds are, and counts as sold.
    ended_things as (
        select
            sum(ended_lines) as lines,
            cast(sum(ended_amount) as double) as amount,
            min(name_of_end) as thing,
            min_by(order_id, name_of_end || order_id) as example,
            min(share_looked_at) as share_looked_at
        from {{ ref("sampled_orders") }}
        where ended_lines > 0
        having count(*) > 0
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
