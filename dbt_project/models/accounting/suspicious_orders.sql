{#- What is suspected of the sums of orders. Each is a CTE below; the sentences are made in Python. -#}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set kinds = [] -%}
{%- if setting("amount_is") == "line" -%}
    {%- do kinds.extend(["order_subtotals", "doubled_lines"]) -%}
    {%- if setting("identical_lines") == "count_once" -%}
        {%- do kinds.extend(["repeated_totals", "repeated_returns"]) -%}
    {%- endif -%}
    {%- if "discount_amount" in given -%}
        {%- do kinds.append("repeated_discounts") -%}
    {%- endif -%}
    {%- if "refunded_amount" in given -%} {%- do kinds.append("repeated_refunds") -%} {%- endif -%}
{%- endif -%}
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}

with
    -- Of lines without a customer too.
    all_orders as (select * from {{ ref("sampled_orders") }}),

    orders as (select * from all_orders where customer_id is not null),

    sample as (select min(share_looked_at) as share_looked_at from orders),

    single_lines as (select avg(largest_amount) as mean_amount from all_orders where lines = 1),

    orders_by_amount as (
        select 1e0 * count(*) as orders
        from orders
        where largest_amount is not null
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

    orders_of_several_sales as (
        select
            order_id,
            lines,
            largest_amount,
            are_amounts_equal,
            lines >= 3
            and largest_amount > 0.01
            and abs(2 * largest_amount - amount) <= 0.01 as has_subtotal,
            median(case when not are_amounts_equal then amount / lines end) over () as usual_amount
        from orders
        where
            lines > 1
            and lines_with_amount = lines
            and return_lines = 0
            and are_things_different
            and not has_versions
    ),

    counted_sales as (
        select
            count(*) as orders,
            max(lines) as most_lines,
            count(*) filter (where are_amounts_equal) as equal_orders,
            min(order_id) filter (where are_amounts_equal) as equal_example,
            avg(case when are_amounts_equal then largest_amount end) as mean_amount,
            count(*) filter (where are_amounts_equal and largest_amount > usual_amount) as larger,
            count(*) filter (
                where are_amounts_equal and largest_amount > 1.5 * usual_amount
            ) as much_larger,
            count(*) filter (where lines >= 3) as orders_of_three,
            count(*) filter (where has_subtotal) as subtotals,
            min(order_id) filter (where has_subtotal) as subtotal_example,
            count(*) filter (where lines >= 4) as orders_of_four,
            count(*) filter (where lines >= 4 and has_subtotal) as subtotals_of_four
        from orders_of_several_sales
    ),

    -- One line has the amount of all others together. Of three lines that happens by chance.
    order_subtotals as (
        select subtotals as repeated_orders, orders_of_three as orders, subtotal_example as example
        from counted_sales
        where
            subtotals >= greatest(5, 0.75 * orders_of_three)
            or subtotals_of_four >= greatest(10, 0.3 * orders_of_four)
    ),

    counted_copies as (
        select
            count(things) as orders,
            count(*) filter (where is_doubled) as repeated_orders,
            min(order_id) filter (where is_doubled) as example,
            count(*) filter (where is_doubled and are_things_told) as told_orders,
            count(*) filter (where is_doubled and things = 1) as orders_of_one_thing,
            count(*) filter (where is_doubled and things > 1) as doubled_orders,
            count(*) filter (where most_copies > 1 and things > 1) as orders_with_copies,
            count(distinct case when is_doubled then most_copies end) as numbers_of_copies
        from orders
    ),

    -- Each line of nearly all orders, or of most orders of several things in which one stands there
    -- twice: who buys two of one rarely buys two of each; or of one thing, where nobody buys three.
    doubled_lines as (
        select orders, repeated_orders, example
        from counted_copies
        where
            (repeated_orders >= greatest(20, 0.95 * orders) and told_orders > 0)
            or doubled_orders >= greatest(10, 0.01 * orders, 0.75 * orders_with_copies)
            or (
                orders_of_one_thing >= greatest(20, 0.05 * orders)
                and numbers_of_copies = 1
                and orders_with_copies = doubled_orders
                and told_orders > 0
            )
    ),

    -- Of several lines each has the same amount: in many orders, or in one of three lines or more,
    -- and in more than by chance. Where that is the price of each thing, orders of one line have it
    -- too. In fewer orders it is told by larger amounts than the lines of the others have.
    repeated_totals as (
        select
            counted_sales.orders,
            counted_sales.equal_orders as repeated_orders,
            counted_sales.equal_example as example
        from counted_sales
        cross join single_lines
        cross join few_prices
        left join order_subtotals on true
        left join doubled_lines on true
        where
            order_subtotals.example is null
            and doubled_lines.example is null
            and counted_sales.equal_orders
            > counted_sales.orders * few_prices.chance
            + 3 * sqrt(counted_sales.orders * few_prices.chance * (1 - few_prices.chance))
            and (
                (
                    counted_sales.equal_orders >= 0.75 * counted_sales.orders
                    and (counted_sales.orders >= 5 or counted_sales.most_lines >= 3)
                    and coalesce(counted_sales.mean_amount > 1.2 * single_lines.mean_amount, true)
                )
                or (
                    counted_sales.equal_orders >= greatest(20, 0.1 * counted_sales.orders)
                    and counted_sales.larger >= 0.75 * counted_sales.equal_orders
                    and counted_sales.much_larger >= 0.5 * counted_sales.equal_orders
                )
            )
    ),

    -- Of returned lines too, where the things were sold for different amounts or for less. Who
    -- repeats totals need not be told again.
    repeated_returns as (
        select
            count(*) as orders,
            count(*) filter (where orders.are_returns_equal) as repeated_orders,
            min(orders.order_id) filter (where orders.are_returns_equal) as example
        from orders
        cross join single_lines
        left join repeated_totals on true
        where
            orders.return_lines > 1
            and orders.are_things_different
            and not orders.has_versions
            and repeated_totals.example is null
        having
            count(*) filter (where orders.are_returns_equal) >= greatest(5, 0.75 * count(*))
            and (
                count(*) filter (where orders.are_returns_equal and orders.are_sales_different) >= 5
                or avg(case when orders.are_returns_equal then orders.largest_return end)
                > 1.2 * min(single_lines.mean_amount)
            )
    ),

    {% for kind, (among, sign) in {
        "repeated_discounts": [
            "return_lines = 0 and not are_amounts_equal",
            "are_discounts_equal",
        ],
        "repeated_refunds": ["is_refund_of_different_lines", "are_refunds_equal"],
    }.items() -%}
        {{ kind }} as (
            select
                count(*) as orders,
                count(*) filter (where {{ sign }}) as repeated_orders,
                min(order_id) filter (where {{ sign }}) as example
            from orders
            where lines > 1 and not has_versions and {{ among }}
            having count(*) filter (where {{ sign }}) >= greatest(5, 0.5 * count(*))
        ),
    {%- endfor %}

    suspicious_orders as ({{ rows_of_suspicions(kinds, "sample") }})

select *
from suspicious_orders
