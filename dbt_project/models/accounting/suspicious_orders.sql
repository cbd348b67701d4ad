{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set suspicions = {
    "lines_without_customer": ["lines", "share", "amount", "example"],
    "mostly_returns": ["bought", "returned", "example"],
} -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- if setting("time_zone") == "UTC" and given.get("ordered_at") in ("text", "instant") -%}
    {%- do suspicions.update({"one_time_of_day": ["first_time", "last_time"]}) -%}
    {%- set has_zone = offsets_of_times(given, ref(setting("input") ~ "__order_lines")) -%}
{%- endif -%}
{%- if "discount_amount" in given and setting("amount_is") == "line" -%}
    {%- do suspicions.update(
        {
            "repeated_discounts": [
                "repeated_orders",
                "orders",
                "share_looked_at",
                "example",
            ]
        }
    ) -%}
{%- endif -%}
{%- set kinds_of_lines = (
    ["order_subtotals", "doubled_lines"] if setting("amount_is") == "line" else []
) -%}
{%- if kinds_of_lines and setting("identical_lines") == "count_once" -%}
    {%- do kinds_of_lines.extend(["repeated_totals", "repeated_returns"]) -%}
{%- endif -%}
{%- if kinds_of_lines and "refunded_amount" in given -%}
    {%- do kinds_of_lines.append("repeated_refunds") -%}
{%- endif -%}
{%- for kind in kinds_of_lines -%}
    {%- do suspicions.update(
        {kind: ["repeated_orders", "orders", "share_looked_at", "example"]}
    ) -%}
{%- endfor -%}
{%- if "order_id" in given -%}
    {%- do suspicions.update(
        {"long_orders": ["long_orders", "orders", "days", "share_looked_at", "example"]}
    ) -%}
    {%- do suspicions.update(
        {"shared_orders": ["shared_orders", "orders", "share_looked_at", "example"]}
    ) -%}
    {%- do suspicions.update({"lines_below_orders": ["lines", "amount", "example"]}) -%}
    {%- do suspicions.update({"numberless_lines": ["lines", "share_looked_at", "example"]}) -%}
{%- endif -%}
{%- if "order_id" in given and setting("order_header") == "every_line" -%}
    {%- do suspicions.update({"headless_lines": ["lines", "share_looked_at", "example"]}) -%}
{%- endif -%}
{%- set can_have_versions = (
    "status" in given
    or "updated_at" in given
    or (has_files("order_lines") and input_files("order_lines") | length > 1)
) -%}
{%- if setting("order_versions") == "all" and can_have_versions -%}
    {%- do suspicions.update(
        {"order_versions": ["versions", "orders", "share_looked_at", "example"]}
    ) -%}
{%- endif -%}
{#- Whether a line is a return is told by its amount alone. -#}
{%- if "is_return" not in given and setting("negative_amounts") == "return" -%}
    {%- do suspicions.update(
        {"vouchers": ["orders", "all_orders", "share_looked_at", "example"]}
    ) -%}
{%- endif -%}
{%- if column_of_versions() -%}
    {%- do suspicions.update({"orders_of_others": ["lines", "customers", "example"]}) -%}
{%- endif -%}
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}

with
    -- Of many lines a part of the orders tells what they look like.
    totals as (
        select count(*) as lines, least(1, 200000e0 / greatest(1, count(*))) as share_looked_at
        from {{ ref("checked_order_lines") }}
        where reason is null
    ),

    looked_at as (
        select
            checked_order_lines.order_id,
            checked_order_lines.customer_id,
            checked_order_lines.ordered_at,
            checked_order_lines.product_id,
            checked_order_lines.amount,
            checked_order_lines.quantity,
            checked_order_lines.discount_amount,
            checked_order_lines.refunded_amount,
            checked_order_lines.is_return,
            checked_order_lines.updated_at,
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
            cast(sum(amount) as double) as amount,
            count(*) filter (where is_return) as return_lines,
            -- Beside what was bought at that time.
            sum(amount) > 0
            and min(ordered_at) = max(ordered_at)
            and count(*) filter (
                where
                    is_return
                    and amount < 0
                    and coalesce(quantity, 0) >= 0
                    and not {{ has_status("return") }}
            )
            > 0 as has_voucher,
            coalesce(min(product_id) <> max(product_id), true) as are_things_different,
            min(amount) = max(amount) as are_amounts_equal,
            max(abs(amount)) as largest_amount,
            min(amount) filter (where is_return) as largest_return,
            min(amount) filter (where is_return)
            = max(amount) filter (where is_return) as are_returns_equal,
            min(amount) filter (where not is_return)
            < max(amount) filter (where not is_return) as are_sales_different,
            count(discount_amount) = count(*)
            and min(discount_amount) = max(discount_amount)
            and max(discount_amount) <> 0 as are_discounts_equal,
            count(refunded_amount) = count(*)
            and min(refunded_amount) = max(refunded_amount) as are_refunds_equal,
            coalesce(max(refunded_amount) > 0, false) as has_refund,
            min(amount + refunded_amount) < max(amount + refunded_amount)
            or max(refunded_amount) > max(amount + refunded_amount) as are_refunded_lines_different,
            -- As versions of it have.
            coalesce(min(source_file) <> max(source_file), false)
            or coalesce(min(status) <> max(status), false)
            or coalesce(min(updated_at) <> max(updated_at), false) as has_versions,
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
        where customer_id is not null and not is_return
        group by customer_id, order_id, ordered_at, product_id
        having
            min(source_file) <> max(source_file)
            or (
                count(*) filter (where is_numbered) > 0
                and (min(status) <> max(status) or min(updated_at) <> max(updated_at))
            )
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

    {% if column_of_versions() -%}
        -- Of orders whose number another customer has, in the version that counts.
        counting_customers as (
            select distinct order_id, customer_id
            from {{ ref("checked_order_lines") }}
            where reason is null
        ),

        orders_of_others as (
            select
                count(*) as lines,
                count(distinct superseded.customer_id) as customers,
                min(superseded.order_id) as example
            from {{ ref("checked_order_lines") }} as superseded
            left join
                counting_customers
                on superseded.order_id = counting_customers.order_id
                and superseded.customer_id = counting_customers.customer_id
            where superseded.reason = 'superseded_row' and counting_customers.order_id is null
            having count(*) > 0
        ),
    {%- endif %}

    vouchers as (
        select
            count(*) as orders,
            order_totals.orders as all_orders,
            order_totals.share_looked_at,
            min(orders.order_id) as example
        from orders
        cross join order_totals
        where orders.has_voucher and orders.customer_id is not null
        group by order_totals.orders, order_totals.share_looked_at
        -- What is bought and given back on one day, without a number, need not be one order.
        having
            count(*) filter (where orders.is_numbered) > 0.01 * order_totals.orders
            or count(*) > 0.1 * order_totals.orders
    ),

    single_lines as (
        select avg(cast(largest_amount as double)) as mean_amount from orders where lines = 1
    ),

    orders_by_amount as (
        select largest_amount, 1e0 * count(*) as orders
        from orders
        where customer_id is not null and largest_amount is not null
        group by largest_amount
    ),

    -- How likely two orders have the same amount: of few prices two lines have the same by chance.
    few_prices as (
        select
            coalesce(
                sum(orders * (orders - 1)) / nullif(sum(orders) * (sum(orders) - 1), 0), 0
            ) as chance
        from orders_by_amount
    ),

    orders_of_several_lines as (
        select
            order_id,
            lines,
            share_looked_at,
            cast(largest_amount as double) as largest_amount,
            are_amounts_equal,
            lines >= 3
            and largest_amount > 0.01
            and abs(2 * cast(largest_amount as double) - amount) <= 0.01 as has_subtotal,
            median(case when not are_amounts_equal then amount / lines end) over () as usual_amount
        from orders
        where
            customer_id is not null
            and lines > 1
            and lines_with_amount = lines
            and return_lines = 0
            and are_things_different
            and not has_versions
    ),

    lines_with_subtotals as (
        select
            count(*) as orders,
            count(*) filter (where has_subtotal) as repeated_orders,
            count(*) filter (where lines >= 4) as long_orders,
            count(*) filter (where lines >= 4 and has_subtotal) as repeated_long_orders,
            min(order_id) filter (where has_subtotal) as example,
            min(share_looked_at) as share_looked_at
        from orders_of_several_lines
        where lines >= 3
    ),

    -- One line has the amount of all others together. Of three lines that happens by chance.
    order_subtotals as (
        select *
        from lines_with_subtotals
        where
            repeated_orders >= greatest(5, 0.75 * orders)
            or repeated_long_orders >= greatest(10, 0.3 * long_orders)
    ),

    -- How often each thing of an order stands there, of lines that are no versions of each other.
    copies_of_things as (
        select
            order_id,
            customer_id,
            product_id,
            count(*) as copies,
            min(share_looked_at) as share_looked_at
        from looked_at
        where customer_id is not null and amount <> 0 and not is_return
        group by customer_id, order_id, ordered_at, product_id, amount, quantity
        having
            coalesce(min(source_file) = max(source_file), true)
            and coalesce(min(status) = max(status), true)
            and coalesce(min(updated_at) = max(updated_at), true)
    ),

    copies_of_orders as (
        select
            order_id,
            min(copies) = max(copies) and max(copies) > 1 as is_doubled,
            max(copies) as copies,
            max(copies) > 1 as has_copies,
            count(*) > 1 as has_several_things,
            count(product_id) > 0 or count(*) > 1 as are_things_told,
            min(share_looked_at) as share_looked_at
        from copies_of_things
        group by customer_id, order_id
    ),

    lines_with_copies as (
        select
            count(*) as orders,
            count(*) filter (where is_doubled) as repeated_orders,
            count(*) filter (where is_doubled and are_things_told) as told_orders,
            count(*) filter (where has_several_things and has_copies) as orders_with_copies,
            count(*) filter (where has_several_things and is_doubled) as doubled_orders,
            count(*) filter (where is_doubled and not has_several_things) as doubled_things,
            count(distinct case when is_doubled then copies end) as numbers_of_copies,
            min(order_id) filter (where is_doubled) as example,
            min(share_looked_at) as share_looked_at
        from copies_of_orders
    ),

    -- Each line of nearly all orders, or of most orders of several things in which one stands there
    -- twice: who buys two of one thing rarely buys two of each. Of orders of one thing, each as
    -- often
    -- as the others: who buys several buys sometimes three.
    doubled_lines as (
        select *
        from lines_with_copies
        where
            (repeated_orders >= greatest(20, 0.95 * orders) and told_orders > 0)
            or doubled_orders >= greatest(10, 0.01 * orders, 0.75 * orders_with_copies)
            or (
                doubled_things >= greatest(20, 0.05 * orders)
                and numbers_of_copies = 1
                and orders_with_copies = doubled_orders
                and told_orders > 0
            )
    ),

    equal_amounts as (
        select
            count(*) as orders,
            count(*) filter (where are_amounts_equal) as repeated_orders,
            count(*) filter (where are_amounts_equal and largest_amount > usual_amount) as larger,
            count(*) filter (
                where are_amounts_equal and largest_amount > 1.5 * usual_amount
            ) as much_larger,
            max(lines) as most_lines,
            avg(case when are_amounts_equal then largest_amount end) as mean_amount,
            min(order_id) filter (where are_amounts_equal) as example,
            min(share_looked_at) as share_looked_at
        from orders_of_several_lines
    ),

    -- Of several lines each has the same amount: in many orders, or in one of three lines or more,
    -- and in more than by chance. Where that is the price of each thing, orders of one line have it
    -- too. In fewer orders it is told by larger amounts than the lines of the others have.
    repeated_totals as (
        select equal_amounts.*
        from equal_amounts
        cross join single_lines
        cross join few_prices
        left join order_subtotals on true
        left join doubled_lines on true
        where
            order_subtotals.example is null
            and doubled_lines.example is null
            and equal_amounts.repeated_orders
            > equal_amounts.orders * few_prices.chance
            + 3 * sqrt(equal_amounts.orders * few_prices.chance * (1 - few_prices.chance))
            and (
                (
                    equal_amounts.repeated_orders >= 0.75 * equal_amounts.orders
                    and (equal_amounts.orders >= 5 or equal_amounts.most_lines >= 3)
                    and coalesce(equal_amounts.mean_amount > 1.2 * single_lines.mean_amount, true)
                )
                or (
                    equal_amounts.repeated_orders >= greatest(20, 0.1 * equal_amounts.orders)
                    and equal_amounts.larger >= 0.75 * equal_amounts.repeated_orders
                    and equal_amounts.much_larger >= 0.5 * equal_amounts.repeated_orders
                )
            )
    ),

    -- Of returned lines too, where the things were sold for different amounts or for less. Who
    -- repeats totals need not be told again.
    repeated_returns as (
        select
            count(*) as orders,
            count(*) filter (where orders.are_returns_equal) as repeated_orders,
            min(orders.order_id) filter (where orders.are_returns_equal) as example,
            min(orders.share_looked_at) as share_looked_at
        from orders
        cross join single_lines
        left join repeated_totals on true
        where
            orders.customer_id is not null
            and orders.return_lines > 1
            and orders.are_things_different
            and not orders.has_versions
            and repeated_totals.example is null
        having
            count(*) filter (where orders.are_returns_equal) >= 0.75 * count(*)
            and count(*) filter (where orders.are_returns_equal) >= 5
            and (
                count(*) filter (where orders.are_returns_equal and orders.are_sales_different) >= 5
                or avg(
                    case
                        when orders.are_returns_equal then - cast(orders.largest_return as double)
                    end
                )
                > 1.2 * min(single_lines.mean_amount)
            )
    ),

    repeated_discounts as (
        select
            count(*) as orders,
            count(*) filter (where are_discounts_equal) as repeated_orders,
            min(order_id) filter (where are_discounts_equal) as example,
            min(share_looked_at) as share_looked_at
        from orders
        where
            customer_id is not null
            and lines > 1
            and return_lines = 0
            and not are_amounts_equal
            and not has_versions
        having
            count(*) filter (where are_discounts_equal) >= 0.5 * count(*)
            and count(*) filter (where are_discounts_equal) >= 5
    ),

    -- Lines of one price may each have been given back, but not more than was paid for them.
    repeated_refunds as (
        select
            count(*) as orders,
            count(*) filter (where are_refunds_equal) as repeated_orders,
            min(order_id) filter (where are_refunds_equal) as example,
            min(share_looked_at) as share_looked_at
        from orders
        where
            customer_id is not null
            and lines > 1
            and has_refund
            and are_refunded_lines_different
            and not has_versions
        having
            count(*) filter (where are_refunds_equal) >= 0.5 * count(*)
            and count(*) filter (where are_refunds_equal) >= 5
    ),

    days_of_orders as (
        select
            order_id,
            share_looked_at,
            {{ dbt.datediff("ordered_on", "last_ordered_on", "day") }} as days
        from orders
        where customer_id is not null and last_ordered_on > ordered_on
    ),

    -- Over a month, or of two days and more in a third of the orders.
    long_orders as (
        select
            count(*) as long_orders,
            order_totals.orders,
            max(days_of_orders.days) as days,
            order_totals.share_looked_at,
            min(days_of_orders.order_id) as example
        from days_of_orders
        cross join order_totals
        group by order_totals.orders, order_totals.share_looked_at
        having
            count(*) filter (where days_of_orders.days > 31) > 0.01 * order_totals.orders
            or count(*) filter (where days_of_orders.days > 1) > 0.33 * order_totals.orders
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

    -- Lines without a number on a day on which their customer has an order with one.
    days_of_customers as (
        select customer_id, ordered_on, min(order_id) as example
        from orders
        where is_numbered and customer_id is not null
        group by customer_id, ordered_on
    ),

    numberless_lines as (
        select
            sum(orders.lines) as lines,
            min(days_of_customers.example) as example,
            order_totals.share_looked_at
        from orders
        inner join
            days_of_customers
            on orders.customer_id = days_of_customers.customer_id
            and orders.ordered_on = days_of_customers.ordered_on
        cross join order_totals
        where not orders.is_numbered
        group by order_totals.orders, order_totals.share_looked_at
        having count(*) > 0.01 * order_totals.orders
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

    numbered_share as (
        select 1e0 * count(*) filter (where is_numbered) / nullif(count(*), 0) as numbered_share
        from orders
        where customer_id is not null
    ),

    lines_of_nobody as (
        select source_file, source_row, ordered_at, amount
        from {{ ref("checked_order_lines") }}
        where
            reason in ('customer_id_missing', 'ordered_at_missing')
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
            {{ ref("checked_order_lines") }} as line_above
            on lines_of_nobody.source_file = line_above.source_file
            and lines_of_nobody.source_row = line_above.source_row + 1
        cross join totals
        cross join numbered_share
        where
            (
                lines_of_nobody.ordered_at is null
                or lines_of_nobody.ordered_at = line_above.ordered_at
            )
            and numbered_share.numbered_share > 0.9
        group by totals.lines
        having count(*) > 0.1 * totals.lines
    ),

    lines_without_customer as (
        select
            count(*) as lines,
            1e0 * count(*) / (count(*) + totals.lines) as share,
            coalesce(cast(sum(checked_order_lines.amount) as double), 0) as amount,
            min(checked_order_lines.order_id) as example
        from {{ ref("checked_order_lines") }} as checked_order_lines
        cross join totals
        left join headless_lines on true
        left join lines_below_orders on true
        where
            checked_order_lines.reason = 'customer_id_missing'
            and headless_lines.example is null
            and lines_below_orders.lines is null
        group by totals.lines
        having count(*) > 0.4 * (count(*) + totals.lines)
    ),

    mostly_returns as (
        select
            cast(sum(case when amount > 0 then amount else 0 end) as double) as bought,
            cast(- sum(case when amount < 0 then amount end) as double) as returned,
            min(case when amount < 0 then order_id end) as example
        from looked_at
        where customer_id is not null
        having
            sum(case when amount > 0 then amount else 0 end)
            < - 1.5 * sum(case when amount < 0 then amount end)
            and count(*) >= 20
    ),

    times_of_day as (
        select {{ dbt.date_trunc("minute", "ordered_at") }} as ordered_at, count(*) as lines
        from looked_at
        group by {{ dbt.date_trunc("minute", "ordered_at") }}
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
            {{ "<=" if has_zone else "=" }} 2 and sum(lines) >= 20 and count(*) >= 10
    ),

    suspicious_orders as ({{ rows_of_suspicions(suspicions) }})

select *
from suspicious_orders
