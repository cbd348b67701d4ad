{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set suspicions = {
    "identical_lines": ["lines", "amount", "example"],
    "spoilt_ids": ["customers", "example"],
    "two_forms": ["ids", "example", "other_example"],
    "crowd": ["customer_id", "orders", "share"],
    "stray_dates": ["from_on", "until_on", "stray_orders"],
    "negative_discounts": ["lines", "example"],
} -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set words_of_nobody = (
    "0,-,null,none,nan,na,n/a,unknown,guest,anonymous,test,"
    ~ "total,totals,grand total,subtotal,sum,summe,gesamt,gesamtsumme"
) -%}
{%- if setting("amount_is") == "line" -%}
    {%- do suspicions.update({"repeated_totals": ["repeated_orders", "orders", "example"]}) -%}
{%- endif -%}
{%- if "order_id" in given -%}
    {%- do suspicions.update({"long_orders": ["long_orders", "orders", "example"]}) -%}
    {%- do suspicions.update({"shared_orders": ["shared_orders", "orders", "example"]}) -%}
{%- endif -%}
{%- if "order_id" in given and setting("order_header") == "every_line" -%}
    {%- do suspicions.update({"headless_lines": ["lines", "amount", "example"]}) -%}
{%- endif -%}
{%- if "status" in given -%}
    {%- do suspicions.update(
        {"unmapped_statuses" if setting("statuses") else "statuses": ["sums"]}
    ) -%}
{%- endif -%}
{%- if "currency" in given -%}
    {%- do suspicions.update(
        {"unrated_currencies" if setting("exchange_rates") else "currencies": ["sums"]}
    ) -%}
{%- endif -%}
{%- if setting("input") == "files" -%}
    {%- do suspicions.update({"ignored_column": ["column_name", "contract_column"]}) -%}
{%- endif -%}
{%- if has_customers_input() -%}
    {%- do suspicions.update({"strangers": ["customers", "example"]}) -%}
{%- endif %}

with
    orders as (select * from {{ ref("orders") }}),

    used_order_lines as (select * from {{ ref("checked_order_lines") }} where reason is null),

    checked_order_lines as (select * from {{ ref("checked_order_lines") }}),

    copies as (
        select *
        from {{ ref("checked_order_lines") }}
        where reason = 'duplicate_row' and is_copy_in_file
    ),

    checked_customers as (select * from {{ ref("checked_customers") }} where reason is null),

    totals as (
        select
            count(*) as orders,
            count(distinct customer_id) as customers,
            sum(amount) as amount,
            min(ordered_on) as first_on,
            max(ordered_on) as last_on
        from orders
    ),

    of_customers as (
        select customer_id, count(*) as orders, sum(amount) as amount
        from orders
        group by customer_id
    ),

    identical_lines as (
        select
            count(*) as lines,
            cast(sum(copies.amount) as double) as amount,
            min(copies.customer_id) as example
        from copies
        cross join totals
        group by totals.amount
        having abs(sum(copies.amount)) >= 0.01 * abs(totals.amount)
    ),

    -- Of several lines with different things each has the same amount.
    repeated_totals as (
        select
            count(*) as orders,
            count(*) filter (where lowest_amount = highest_amount) as repeated_orders,
            min(order_id) filter (where lowest_amount = highest_amount) as example
        from orders
        where lines > 1 and lines_without_amount = 0 and return_lines = 0
        having
            count(*) > 0
            and count(*) filter (where lowest_amount = highest_amount) >= 0.9 * count(*)
    ),

    long_orders as (
        select
            count(*) filter (
                where last_ordered_on > {{ dbt.dateadd("day", 31, "ordered_on") }}
            ) as long_orders,
            count(*) as orders,
            min(order_id) filter (
                where last_ordered_on > {{ dbt.dateadd("day", 31, "ordered_on") }}
            ) as example
        from orders
        having
            count(*) filter (where last_ordered_on > {{ dbt.dateadd("day", 31, "ordered_on") }})
            > 0.01 * count(*)
    ),

    customers_of_orders as (
        select order_id, count(*) as customers from orders group by order_id having count(*) > 1
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
            cast(sum(checked_order_lines.amount) as double) as amount,
            min(checked_order_lines.order_id) as example
        from checked_order_lines
        where
            checked_order_lines.reason = 'customer_id_missing'
            and checked_order_lines.order_id in (select orders.order_id from orders)
        having count(*) > 0
    ),

    spoilt_ids as (
        select count(*) as customers, min(customer_id) as example
        from of_customers
        where {{ fits_pattern("customer_id", "'^[0-9][.,]?[0-9]*[eE][+][0-9]+$'") }}
        having count(*) > 0
    ),

    ids_in_two_forms as (
        select min(customer_id) as example, max(customer_id) as other_example, count(*) as forms
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
            lower(of_customers.customer_id) in {{ text_literals(words_of_nobody.split(",")) }}
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
        select
            from_on,
            until_on,
            orders,
            case
                when orders_after <= 0.01 * orders then orders_after else orders - orders_after
            end as stray_orders
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
        from used_order_lines
        where discount_amount < 0 and not is_return
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

    {% for column, kinds in {
        "status": {"statuses": "count(*) > 1", "unmapped_statuses": "count(*) > 0"},
        "currency": {"currencies": "count(*) > 1", "unrated_currencies": "count(*) > 0"},
    }.items() -%}
        {{ column }}_sums as (
            select {{ column }}, count(*) as lines, sum(amount) as amount
            from checked_order_lines
            where {{ column }} is not null
            group by {{ column }}
        ),

        {% set known = setting({"status": "statuses", "currency": "exchange_rates"}[column]) -%}
        {% set words = known | map("lower" if column == "status" else "upper") | list -%}
        {% for kind, condition in kinds.items() if kind in suspicions -%}
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
                from {{ column }}_sums
                where {{ column }} not in {{ text_literals(words) }}
                having {{ condition }}
            ),
        {%- endfor %}
    {% endfor %}

    {% if "ignored_column" in suspicions -%}
        ignored_column as (
            select
                column_name,
                case
                    when lower(column_name) like '%status%' then 'status' else 'currency'
                end as contract_column
            from {{ ref("files__columns") }}
            where
                input = 'order_lines'
                and role = 'ignored'
                and (lower(column_name) like '%status%' or lower(column_name) like '%currency%')
            group by column_name
        ),
    {%- endif %}

    input_suspicions as (
        {% for kind, counts in suspicions.items() -%}
            select '{{ kind }}' as kind, {{ as_json(counts) }} as counts
            from {{ kind }} {{ "union all" if not loop.last }}
        {% endfor %}
    )

select *
from input_suspicions
