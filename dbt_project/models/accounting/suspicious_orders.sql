{#- What is suspected of the sums of orders. Each is a CTE below; the sentences are made in Python. -#}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set kinds = ["order_subtotals", "doubled_lines"] if setting("amount_is") == "line" else [] -%}
{%- if kinds -%}
    {%- if setting("identical_lines") == "count_once" -%}
        {%- do kinds.extend(["repeated_totals", "repeated_returns"]) -%}
    {%- endif -%}
    {%- if given.discount_amount -%} {%- do kinds.append("repeated_discounts") -%} {%- endif -%}
    {%- if given.refunded_amount -%} {%- do kinds.append("repeated_refunds") -%} {%- endif -%}
{%- endif -%}
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}

with
    orders as (select * from {{ ref("sampled_orders") }} where customer_id is not null),

    sample as (select min(share_looked_at) as share_looked_at from orders),

    -- Of lines without a customer too.
    single_lines as (
        select avg(largest_amount) as mean_amount from {{ ref("sampled_orders") }} where lines = 1
    ),

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
        where
            not exists (select 1 from order_subtotals)
            and not exists (select 1 from doubled_lines)
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

    -- Of returned lines too, where the things were sold for different amounts or for less; an order
    -- that got back more than it paid counts for five. Who repeats totals need not be told again.
    repeated_returns as (
        select
            count(*) as orders,
            count(*) filter (where are_returns_equal) as repeated_orders,
            min(order_id) filter (where are_returns_equal) as example
        from orders
        where
            return_lines > 1
            and are_things_different
            and not has_versions
            and not exists (select 1 from repeated_totals)
        having
            count(*) filter (where are_returns_equal) >= 0.75 * count(*)
            and (
                sum(case when returned_amount > bought_amount then 5 else 1 end) filter (
                    where are_returns_equal and are_sales_different
                )
                >= 5
                or (
                    count(*) filter (where are_returns_equal) >= 5
                    and avg(case when are_returns_equal then largest_return end)
                    > 1.2 * (select single_lines.mean_amount from single_lines)
                )
            )
    ),

    {% for kind, (among, sign) in {
        "repeated_discounts": [
            "return_lines = 0 and not are_amounts_equal",
            "are_discounts_equal",
        ],
        "repeated_refunds": ["is_refund_of_different_lines", "are_refunds_equal"],
    }.items() -%}
        {%- set weight = "weight_of_refunds" if kind == "repeated_refunds" else 1 -%}
        {{ kind }} as (
            select
                count(*) as orders,
                count(*) filter (where {{ sign }}) as repeated_orders,
                min(order_id) filter (where {{ sign }}) as example
            from orders
            where lines > 1 and not has_versions and {{ among }}
            having
                sum({{ weight }}) filter (where {{ sign }}) >= 5
                and count(*) filter (where {{ sign }}) >= 0.5 * count(*)
        ),
    {%- endfor %}

    suspicious_orders as ({{ rows_of_suspicions(kinds, "sample") }})

select *
from suspicious_orders
