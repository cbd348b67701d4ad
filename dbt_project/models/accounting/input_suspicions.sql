{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set suspicions = {
    "spoilt_ids": ["customers", "example"],
    "two_forms": ["ids", "example", "other_example"],
    "crowd": ["customer_id", "lines", "share"],
    "stray_dates": ["from_on", "until_on", "stray_lines"],
    "discounts_of_both_signs": ["lines", "all_lines", "example"],
    "discount_rates": ["lines", "most", "mean_amount"],
} -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set words_of_nobody = "0,-,null,none,nan,na,n/a,unknown,guest,anonymous,test".split(",") -%}
{%- set words_of_totals = (
    "total,totals,grand total,subtotal,sum,summe,gesamt,gesamtsumme".split(",")
) -%}
{%- if setting("amount_is") == "line" -%}
    {%- do suspicions.update({"identical_lines": ["lines", "amount", "example"]}) -%}
{%- endif -%}
{%- if setting("amount_is") == "line" and setting("identical_lines") == "count_once" -%}
    {%- do suspicions.update(
        {"repeated_totals": ["repeated_orders", "orders", "share_looked_at", "example"]}
    ) -%}
{%- endif -%}
{%- if "order_id" in given -%}
    {%- do suspicions.update(
        {"long_orders": ["long_orders", "orders", "share_looked_at", "example"]}
    ) -%}
    {%- do suspicions.update(
        {"shared_orders": ["shared_orders", "orders", "share_looked_at", "example"]}
    ) -%}
{%- endif -%}
{%- if "order_id" in given and setting("order_header") == "every_line" -%}
    {%- do suspicions.update({"headless_lines": ["lines", "share_looked_at", "example"]}) -%}
{%- endif -%}
{%- set can_have_versions = "status" in given or (
    has_files("order_lines") and input_files("order_lines") | length > 1
) -%}
{%- if "order_id" in given and setting("order_versions") == "all" and can_have_versions -%}
    {%- do suspicions.update(
        {"order_versions": ["versions", "orders", "share_looked_at", "example"]}
    ) -%}
{%- endif -%}
{#- Whether a line is a return is told by its amount alone. -#}
{%- set returns_are_told = "is_return" in given or "return" in setting("statuses").values() -%}
{%- if (
    "order_id" in given
    and not returns_are_told
    and setting("negative_amounts") == "return"
) -%}
    {%- do suspicions.update(
        {"vouchers": ["orders", "all_orders", "share_looked_at", "example"]}
    ) -%}
{%- endif -%}
{%- if setting("thousands_sign") == "none" -%}
    {%- do suspicions.update({"thousands": ["lines", "example", "sign", "other_sign"]}) -%}
{%- endif -%}
{%- if uses_metrics() -%}
    {%- do suspicions.update({"row_numbers": ["metric", "least", "most"]}) -%}
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
{%- if has_customers_input() -%}
    {%- do suspicions.update({"strangers": ["customers", "example"]}) -%}
{%- endif %}
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}
{%- if uses_metrics() %}
-- depends_on: {{ ref("checked_customer_metrics") }}
{%- endif %}
with
    -- Each CTE reads the lines itself: one that is read twice is copied with all its rows.
    of_customers as (
        select customer_id, count(*) as lines, sum(amount) as amount
        from {{ ref("checked_order_lines") }}
        where reason is null
        group by customer_id
    ),

    totals as (
        select
            coalesce(sum(lines), 0) as lines,
            count(*) as customers,
            sum(amount) as total_amount,
            -- Of many lines a part of the orders tells what they look like.
            least(1, 200000e0 / greatest(1, sum(lines))) as share_looked_at
        from of_customers
    ),

    looked_at as (
        select
            checked_order_lines.order_id,
            checked_order_lines.customer_id,
            checked_order_lines.ordered_at,
            checked_order_lines.product_id,
            checked_order_lines.amount,
            checked_order_lines.quantity,
            checked_order_lines.is_return,
            checked_order_lines.status,
            checked_order_lines.source_file,
            -- An order without a number has its day as one.
            checked_order_lines.order_id
            <> cast(cast(checked_order_lines.ordered_at as date) as string) as is_numbered,
            totals.share_looked_at
        from {{ ref("checked_order_lines") }} as checked_order_lines
        cross join totals
        where
            (
                checked_order_lines.reason is null
                or checked_order_lines.reason = 'customer_id_missing'
            )
            and abs({{ row_digest(["checked_order_lines.order_id"]) }} % 10000)
            < 10000 * totals.share_looked_at
    ),

    -- Of lines without a customer too.
    orders as (
        select
            order_id,
            customer_id,
            min(share_looked_at) as share_looked_at,
            count(*) filter (where is_numbered) > 0 as is_numbered,
            count(*) as lines,
            count(amount) as lines_with_amount,
            count(*) filter (where is_return) as return_lines,
            -- Beside what was bought at that time.
            sum(amount) > 0
            and min(ordered_at) = max(ordered_at)
            and count(*) filter (where is_return and amount < 0 and coalesce(quantity, 0) >= 0)
            > 0 as has_voucher,
            coalesce(min(product_id) <> max(product_id), true) as are_things_different,
            min(amount) = max(amount) as are_amounts_equal,
            cast(min(ordered_at) as date) as ordered_on,
            cast(max(ordered_at) filter (where not is_return) as date) as last_ordered_on
        from looked_at
        group by order_id, customer_id
    ),

    order_totals as (
        select count(*) as orders, min(share_looked_at) as share_looked_at
        from orders
        where customer_id is not null
    ),

    -- The same thing of the same order and time in two files, or in two states.
    things as (
        select order_id
        from looked_at
        where customer_id is not null and not is_return and is_numbered
        group by customer_id, order_id, ordered_at, product_id
        having min(source_file) <> max(source_file) or min(status) <> max(status)
    ),

    order_versions as (
        select
            count(distinct things.order_id) as versions,
            order_totals.orders,
            order_totals.share_looked_at,
            min(things.order_id) as example
        from things
        cross join order_totals
        group by order_totals.orders, order_totals.share_looked_at
        having count(distinct things.order_id) > 0.001 * order_totals.orders
    ),

    vouchers as (
        select
            count(*) as orders,
            order_totals.orders as all_orders,
            order_totals.share_looked_at,
            min(orders.order_id) as example
        from orders
        cross join order_totals
        where orders.has_voucher and orders.is_numbered and orders.customer_id is not null
        group by order_totals.orders, order_totals.share_looked_at
        having count(*) > 0.01 * order_totals.orders
    ),

    -- A sign before exactly three digits in each amount that has one, as in 15.000, and none
    -- below 1.
    thousands as (
        select
            count(*) filter (where decimals = 3) as lines,
            cast(max(amount) filter (where decimals = 3) as double) as example,
            {%- set signs = (
                ["comma", "point"]
                if setting("decimal_sign") == "comma"
                else ["point", "comma"]
            ) %}
            '{{ signs[0] }}' as sign,
            '{{ signs[1] }}' as other_sign
        from {{ ref("checked_order_lines") }}
        where reason is null
        having
            count(*) filter (where decimals = 3) > 0
            and count(*) filter (where decimals not in (0, 3)) = 0
            and count(*) filter (where decimals = 3 and abs(amount) < 1) = 0
            and count(*) filter (where decimals = 0 and abs(amount) >= 1000) = 0
    ),

    {% if uses_metrics() -%}
        metric_ranges as (
            {% for metric in metric_columns() -%}
                select
                    {{ text_literal(metric.column) }} as metric,
                    count({{ metric.feature }}) as customers,
                    count(distinct {{ metric.feature }}) as different_values,
                    cast(min({{ metric.feature }}) as bigint) as least,
                    cast(max({{ metric.feature }}) as bigint) as most
                from {{ ref("checked_customer_metrics") }}
                where reason is null {{ "union all" if not loop.last }}
            {% endfor %}
        ),

        -- Each number once, from 0 or 1 on, as a table numbers its rows.
        row_numbers as (
            select metric, least, most
            from metric_ranges
            where
                customers >= 20
                and least in (0, 1)
                and most = least + customers - 1
                and different_values = customers
        ),
    {%- endif %}

    identical_lines as (
        select
            count(*) as lines,
            cast(sum(checked_order_lines.amount) as double) as amount,
            min(checked_order_lines.customer_id) as example
        from {{ ref("checked_order_lines") }} as checked_order_lines
        cross join totals
        where checked_order_lines.reason = 'duplicate_row' and checked_order_lines.is_copy_in_file
        group by totals.total_amount
        having
            abs(sum(checked_order_lines.amount)) >= 0.01 * abs(totals.total_amount)
            and abs(sum(checked_order_lines.amount)) > 0
    ),

    -- Of several lines each has the same amount: in many orders, or in one of three lines or more.
    repeated_totals as (
        select
            count(*) as orders,
            count(*) filter (where are_amounts_equal) as repeated_orders,
            min(order_id) filter (where are_amounts_equal) as example,
            min(share_looked_at) as share_looked_at
        from orders
        where
            customer_id is not null
            and lines > 1
            and lines_with_amount = lines
            and return_lines = 0
            and are_things_different
        having
            count(*) filter (where are_amounts_equal) >= 0.9 * count(*)
            and (count(*) >= 5 or max(lines) >= 3)
    ),

    long_orders as (
        select
            count(*) as long_orders,
            order_totals.orders,
            order_totals.share_looked_at,
            min(orders.order_id) as example
        from orders
        cross join order_totals
        where
            orders.customer_id is not null
            and orders.last_ordered_on > {{ dbt.dateadd("day", 31, "orders.ordered_on") }}
        group by order_totals.orders, order_totals.share_looked_at
        having count(*) > 0.01 * order_totals.orders
    ),

    numbers as (
        select
            order_id,
            count(customer_id) as customers,
            coalesce(sum(case when customer_id is null then lines end), 0) as lines_without_customer
        from orders
        where is_numbered
        group by order_id
    ),

    shared_orders as (
        select
            sum(numbers.customers) as shared_orders,
            order_totals.orders,
            order_totals.share_looked_at,
            min(numbers.order_id) as example
        from numbers
        cross join order_totals
        where numbers.customers > 1
        group by order_totals.orders, order_totals.share_looked_at
        having sum(numbers.customers) > 0.01 * order_totals.orders
    ),

    -- Lines without a customer whose order has one on another line.
    headless_lines as (
        select
            sum(numbers.lines_without_customer) as lines,
            min(numbers.order_id) as example,
            order_totals.share_looked_at
        from numbers
        cross join order_totals
        where numbers.customers > 0 and numbers.lines_without_customer > 0
        group by order_totals.share_looked_at
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
            of_customers.lines,
            cast(of_customers.lines as double) / totals.lines as share
        from of_customers
        cross join totals
        where
            lower(of_customers.customer_id) in {{ text_literals(words_of_totals) }}
            or (
                lower(of_customers.customer_id) in {{ text_literals(words_of_nobody) }}
                and of_customers.lines * totals.customers > 3 * totals.lines
            )
            or (
                of_customers.lines > 0.05 * totals.lines
                and of_customers.lines * totals.customers > 20 * totals.lines
            )
    ),

    days as (
        select cast(ordered_at as date) as ordered_on, count(*) as lines
        from {{ ref("checked_order_lines") }}
        where reason is null
        group by cast(ordered_at as date)
    ),

    gaps as (
        select
            ordered_on as until_on,
            lag(ordered_on) over (order by ordered_on) as from_on,
            sum(lines) over (order by ordered_on desc) as lines_after,
            sum(lines) over () as lines
        from days
    ),

    -- Few lines far from all others, at the beginning or at the end.
    stray_dates as (
        select from_on, until_on, least(lines_after, lines - lines_after) as stray_lines
        from gaps
        where
            until_on > {{ dbt.dateadd("day", 90, "from_on") }}
            and lines >= 20
            and least(lines_after, lines - lines_after) <= greatest(1, 0.01 * lines)
    ),

    -- A share is never above 1; an amount taken off things of ten and more sometimes is.
    discount_rates as (
        select
            count(*) as lines,
            cast(max(abs(discount_amount)) as double) as most,
            cast(avg(cast(amount as double)) as double) as mean_amount
        from {{ ref("checked_order_lines") }}
        where reason is null and discount_amount <> 0 and not is_return
        having
            count(*) >= 10 and max(abs(discount_amount)) <= 1 and avg(cast(amount as double)) >= 10
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

    -- Customers of whom nobody has an order: ids of another kind.
    strangers as (
        select count(*) as customers, min(checked_customers.customer_id) as example
        from {{ ref("checked_customers") }} as checked_customers
        left join of_customers on checked_customers.customer_id = of_customers.customer_id
        cross join totals
        where totals.lines > 0 and checked_customers.reason is null
        having count(*) > 0 and count(of_customers.customer_id) = 0
    ),

    {% for kind, (column, named, lines) in sums.items() -%}
        -- The largest ten of the values that the var does not name.
        {{ kind }}_by_value as (
            select
                {{ column }},
                count(*) as lines,
                sum(amount) as amount,
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
                        ~ column
                        ~ " || ' (' || coalesce(cast(cast(amount as decimal(18, 2)) as string), '?') || ')'",
                        "', '",
                        "place",
                    )
                }}
                || case
                    when max(different_values) > 10
                    then ' and ' || cast(max(different_values) - 10 as string) || ' more'
                    else ''
                end as sums
            from {{ kind }}_by_value
            where place <= 10
            having count(*) > {{ 1 if kind in ("statuses", "currencies") else 0 }}
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
