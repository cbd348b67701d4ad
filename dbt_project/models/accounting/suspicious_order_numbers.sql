{#- What is suspected of numbers of orders, and of orders without one. -#}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set can_have_versions = (
    "status" in given
    or "updated_at" in given
    or (has_files("order_lines") and input_files("order_lines") | length > 1)
) -%}
{%- set kinds = ["mostly_returns"] -%}
{%- if "order_id" in given -%}
    {%- do kinds.extend(["long_orders", "shared_orders", "numberless_lines"]) -%}
    {%- if setting("cancelled_order_pattern") == "none" -%}
        {%- do kinds.append("numbers_of_returns") -%}
    {%- endif -%}
    {%- if setting("order_header") == "every_line" -%}
        {%- do kinds.append("headless_lines") -%}
    {%- endif -%}
{%- endif -%}
{%- if setting("order_versions") == "all" and can_have_versions -%}
    {%- do kinds.append("order_versions") -%}
{%- endif -%}
{%- set returned = (
    "^(ret|rtn|rma|retoure?|returns?|refund(ed)?|storno|void(ed)?|cancel(l?ed)?|gutschrift|avoir|reso)"
    ~ "[^a-z].*$"
) -%}
{#- Whether a line is a return is told by its amount alone. -#}
{%- if "is_return" not in given and setting("negative_amounts") == "return" -%}
    {%- do kinds.append("vouchers") -%}
{%- endif %}
-- depends_on: {{ ref("checked_order_lines") }}
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}

with
    -- Of lines without a customer too.
    all_orders as (select * from {{ ref("sampled_orders") }}),

    orders as (select * from all_orders where customer_id is not null),

    totals as (select count(*) as all_orders from orders),

    sample as (select min(share_looked_at) as share_looked_at from orders),

    -- What is bought and given back on one day, without a number, need not be one order.
    vouchers as (
        select count(*) as orders, totals.all_orders, min(orders.order_id) as example
        from orders
        cross join totals
        where orders.has_voucher
        group by totals.all_orders
        having
            count(*) filter (where orders.is_numbered) > 0.01 * totals.all_orders
            or count(*) > 0.1 * totals.all_orders
    ),

    -- As RET-17 is the number of something that was given back, and its amount is above 0.
    numbers_of_returns as (
        select
            count(*) as orders,
            totals.all_orders,
            cast(sum(orders.bought_amount) as double) as amount,
            min(orders.order_id) as example
        from orders
        cross join totals
        where
            orders.return_lines = 0
            and orders.bought_amount > 0
            and {{ fits_pattern("lower(orders.order_id)", "'" ~ returned ~ "'") }}
        group by totals.all_orders
        having count(*) < 0.5 * totals.all_orders
    ),

    order_versions as (
        select
            count(distinct orders.order_id) as versions,
            totals.all_orders as orders,
            min(orders.order_id) as example
        from orders
        cross join totals
        where orders.has_versions_of_things
        group by totals.all_orders
        having count(distinct orders.order_id) > 0.001 * totals.all_orders
    ),

    days_of_orders as (
        select
            order_id, {{ dbt.datediff("cast(first_at as date)", "last_bought_on", "day") }} as days
        from orders
    ),

    -- Over a month, or of two days and more in a third of the orders.
    long_orders as (
        select
            count(*) filter (where days > 0) as long_orders,
            count(*) as orders,
            max(days) as days,
            min(order_id) filter (where days > 0) as example
        from days_of_orders
        having
            count(*) filter (where days > 31) > 0.01 * count(*)
            or count(*) filter (where days > 1) > 0.33 * count(*)
    ),

    numbers as (
        select
            order_id,
            count(customer_id) as customers,
            coalesce(sum(case when customer_id is null then lines end), 0) as lines_of_nobody
        from all_orders
        where is_numbered
        group by order_id
    ),

    shared_orders as (
        select
            sum(numbers.customers) as shared_orders,
            totals.all_orders as orders,
            min(numbers.order_id) as example
        from numbers
        cross join totals
        where numbers.customers > 1
        group by totals.all_orders
        having sum(numbers.customers) > 0.01 * totals.all_orders
    ),

    days_of_customers as (
        select customer_id, cast(first_at as date) as ordered_on, min(order_id) as example
        from orders
        where is_numbered
        group by customer_id, cast(first_at as date)
    ),

    -- Lines without a number on a day on which their customer has an order with one.
    numberless_lines as (
        select sum(orders.lines) as lines, min(days_of_customers.example) as example
        from orders
        inner join
            days_of_customers
            on orders.customer_id = days_of_customers.customer_id
            and cast(orders.first_at as date) = days_of_customers.ordered_on
        cross join totals
        where not orders.is_numbered
        group by totals.all_orders
        having count(*) > 0.01 * totals.all_orders
    ),

    -- Lines without a customer whose order has one on another line.
    headless_lines as (
        select sum(lines_of_nobody) as lines, min(order_id) as example
        from numbers
        where customers > 0 and lines_of_nobody > 0
        having count(*) > 0
    ),

    mostly_returns as (
        select
            cast(sum(bought_amount) as double) as bought,
            cast(sum(returned_amount) as double) as returned,
            min(case when returned_amount > 0 then order_id end) as example
        from orders
        having sum(bought_amount) < 1.5 * sum(returned_amount) and sum(lines) >= 20
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

    suspicious_order_numbers as (
        {{ rows_of_suspicions(kinds, "sample") }}
        union all
        {{ rows_of_suspicions(["orders_of_others"] if column_of_versions() else []) }}
    )

select *
from suspicious_order_numbers
