{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set suspicions = {
    "spoilt_ids": ["customers", "example"],
    "two_forms": ["ids", "example", "other_example"],
    "crowd": ["customer_id", "orders", "share"],
    "stray_dates": ["from_on", "until_on", "stray_orders"],
    "negative_discounts": ["lines", "example"],
} -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set words_of_nobody = "0,-,null,none,nan,na,n/a,unknown,guest,anonymous,test".split(",") -%}
{%- set words_of_totals = (
    "total,totals,grand total,subtotal,sum,summe,gesamt,gesamtsumme".split(",")
) -%}
{%- set of_input = setting("columns").get("order_lines", {}) -%}
{%- if setting("amount_is") == "line" -%}
    {%- do suspicions.update({"identical_lines": ["lines", "amount", "example"]}) -%}
{%- endif -%}
{%- if setting("amount_is") == "line" and setting("identical_lines") == "count_once" -%}
    {%- do suspicions.update({"repeated_totals": ["repeated_orders", "orders", "example"]}) -%}
{%- endif -%}
{%- if "order_id" in given -%}
    {%- do suspicions.update({"long_orders": ["long_orders", "orders", "example"]}) -%}
    {%- do suspicions.update({"shared_orders": ["shared_orders", "orders", "example"]}) -%}
{%- endif -%}
{%- if "order_id" in given and setting("order_header") == "every_line" -%}
    {%- do suspicions.update({"headless_lines": ["lines", "amount", "example"]}) -%}
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
{%- for kind in sums -%} {%- do suspicions.update({kind: ["sums"]}) -%} {%- endfor -%}
{%- set ignored = [] -%}
{%- for column in ("status", "currency")
    if has_files("order_lines") and column not in given and of_input.get(column) != "none" -%}
    {%- do ignored.append(column) -%}
    {%- do suspicions.update({"ignored_" ~ column: ["column_name"]}) -%}
{%- endfor -%}
{%- if has_customers_input() -%}
    {%- do suspicions.update({"strangers": ["customers", "example"]}) -%}
{%- endif %}

with
    orders as (select * from {{ ref("orders") }}),

    checked_order_lines as (select * from {{ ref("checked_order_lines") }}),

    checked_customers as (select * from {{ ref("checked_customers") }} where reason is null),

    totals as (
        select count(*) as orders, count(distinct customer_id) as customers, sum(amount) as amount
        from orders
    ),

    of_customers as (select customer_id, count(*) as orders from orders group by customer_id),

    identical_lines as (
        select
            count(*) as lines,
            cast(sum(checked_order_lines.amount) as double) as amount,
            min(checked_order_lines.customer_id) as example
        from checked_order_lines
        cross join totals
        where checked_order_lines.reason = 'duplicate_row' and checked_order_lines.is_copy_in_file
        group by totals.amount
        having
            abs(sum(checked_order_lines.amount)) >= 0.01 * abs(totals.amount)
            and abs(sum(checked_order_lines.amount)) > 0
    ),

    -- Of several lines each has the same amount: in many orders, or in one of three lines or more.
    repeated_totals as (
        select
            count(*) as orders,
            count(*) filter (where are_amounts_equal) as repeated_orders,
            min(order_id) filter (where are_amounts_equal) as example
        from orders
        where lines > 1 and lines_without_amount = 0 and return_lines = 0 and are_things_different
        having
            count(*) filter (where are_amounts_equal) >= 0.9 * count(*)
            and (count(*) >= 5 or max(lines) >= 3)
    ),

    long_orders as (
        select count(*) as long_orders, totals.orders, min(orders.order_id) as example
        from orders
        cross join totals
        where orders.last_ordered_on > {{ dbt.dateadd("day", 31, "orders.ordered_on") }}
        group by totals.orders
        having count(*) > 0.01 * totals.orders
    ),

    -- An order without a number has its day as one.
    customers_of_orders as (
        select order_id, count(*) as customers
        from orders
        where order_id <> cast(ordered_on as string)
        group by order_id
        having count(*) > 1
    ),

    shared_orders as (
        select
            sum(customers_of_orders.customers) as shared_orders,
            totals.orders,
            min(customers_of_orders.order_id) as example
        from customers_of_orders
        cross join totals
        group by totals.orders
        having sum(customers_of_orders.customers) > 0.01 * totals.orders
    ),

    -- Lines without a customer whose order has one on another line.
    headless_lines as (
        select
            count(*) as lines,
            coalesce(cast(sum(checked_order_lines.amount) as double), 0) as amount,
            min(checked_order_lines.order_id) as example
        from checked_order_lines
        where
            checked_order_lines.reason = 'customer_id_missing'
            and checked_order_lines.order_id in (
                select orders.order_id
                from orders
                where orders.order_id <> cast(orders.ordered_on as string)
            )
        having count(*) > 0
    ),

    spoilt_ids as (
        select count(*) as customers, min(customer_id) as example
        from of_customers
        where {{ fits_pattern("customer_id", "'^[0-9][.,]?[0-9]*[eE][+][0-9]+$'") }}
        having count(*) > 0
    ),

    ids_in_two_forms as (
        select min(customer_id) as example, max(customer_id) as other_example
        from of_customers
        group by lower(coalesce(nullif(trim(leading '0' from customer_id), ''), '0'))
        having count(*) > 1
    ),

    two_forms as (
        select count(*) as ids, min(example) as example, min(other_example) as other_example
        from ids_in_two_forms
        having count(*) > 0
    ),

    crowd as (
        select
            of_customers.customer_id,
            of_customers.orders,
            cast(of_customers.orders as double) / totals.orders as share
        from of_customers
        cross join totals
        where
            lower(of_customers.customer_id) in {{ text_literals(words_of_totals) }}
            or (
                lower(of_customers.customer_id) in {{ text_literals(words_of_nobody) }}
                and of_customers.orders * totals.customers > 3 * totals.orders
            )
            or (
                of_customers.orders > 0.05 * totals.orders
                and of_customers.orders * totals.customers > 20 * totals.orders
            )
    ),

    days as (select ordered_on, count(*) as orders from orders group by ordered_on),

    gaps as (
        select
            ordered_on as until_on,
            lag(ordered_on) over (order by ordered_on) as from_on,
            sum(orders) over (order by ordered_on desc) as orders_after,
            sum(orders) over () as orders
        from days
    ),

    -- Few orders far from all others, at the beginning or at the end.
    stray_dates as (
        select from_on, until_on, least(orders_after, orders - orders_after) as stray_orders
        from gaps
        where
            until_on > {{ dbt.dateadd("day", 90, "from_on") }}
            and orders >= 20
            and (
                orders_after <= greatest(1, 0.01 * orders)
                or orders - orders_after <= greatest(1, 0.01 * orders)
            )
    ),

    negative_discounts as (
        select count(*) as lines, min(customer_id) as example
        from checked_order_lines
        where reason is null and discount_amount < 0 and not is_return
        having count(*) > 0
    ),

    -- Customers of whom nobody has an order: ids of another kind.
    strangers as (
        select count(*) as customers, min(checked_customers.customer_id) as example
        from checked_customers
        left join of_customers on checked_customers.customer_id = of_customers.customer_id
        cross join totals
        where totals.orders > 0
        having count(*) > 0 and count(of_customers.customer_id) = 0
    ),

    {% for kind, (column, named, lines) in sums.items() -%}
        {{ kind }}_by_value as (
            select {{ column }}, count(*) as lines, sum(amount) as amount
            from checked_order_lines
            where {{ lines }}
            group by {{ column }}
        ),

        {{ kind }} as (
            select
                {{
                    joined_texts(
                        "cast(lines as string) || ' ' || "
                        ~ column
                        ~ " || ' (' || coalesce(cast(cast(amount as decimal(18, 2)) as string), '?') || ')'",
                        "', '",
                        column,
                    )
                }}
                as sums
            from {{ kind }}_by_value
            where {{ column }} not in {{ text_literals(named) }}
            having count(*) > {{ 1 if kind in ("statuses", "currencies") else 0 }}
        ),
    {%- endfor %}

    {% for column in ignored -%}
        ignored_{{ column }} as (
            select column_name
            from {{ ref("files__columns") }}
            where
                input = 'order_lines'
                and role = 'ignored'
                and lower(column_name) like '%{{ column }}%'
            group by column_name
        ),
    {%- endfor %}

    input_suspicions as (
        {% for kind, counts in suspicions.items() -%}
            select '{{ kind }}' as kind, {{ as_json(counts) }} as counts
            from {{ kind }} {{ "union all" if not loop.last }}
        {% endfor %}
    )

select *
from input_suspicions
