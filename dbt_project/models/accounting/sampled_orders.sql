{#- Of many lines a part of the orders tells what they look like. -#}
{%- set text = dbt.type_string() -%}
{#- What tells versions of an order from each other. -#}
{%- set given, version_columns = given_columns(ref(setting("input") ~ "__order_lines")), [] -%}
{%- set file = "cast(null as %s)" | format(text) -%}
{%- for column in ("status", "updated_at") if column in given -%}
    {%- do version_columns.append(column) -%}
{%- endfor -%}
{%- if not has_files("order_lines") or input_files("order_lines") | length > 1 -%}
    {%- do version_columns.append("source_file") -%}
    {%- set file = "case when min(source_file) = max(source_file) then min(source_file) end" -%}
{%- endif -%}
{%- set share = share_looked_at() %}
-- depends_on: {{ ref("stored_order_lines") }}
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}

with
    sampled_lines as (
        select
            *,
            nullif(case when not is_return then abs(discount_amount) end, 0) as discount,
            {{ name_of_end() }} as name_of_end
        from {{ ref("checked_order_lines") }}
        where
            (reason is null or reason = 'customer_id_missing')
            {% if share < 1 -%}
                -- Compared with a number, lines are left out before they are joined to the others.
                and {{ is_looked_at("order_id", share) }}
            {%- endif %}
    ),

    orders as (
        select
            order_id,
            customer_id,
            -- An order without a number has its day as one.
            order_id <> cast(cast(min(ordered_at) as date) as {{ text }})
            or order_id <> cast(cast(max(ordered_at) as date) as {{ text }}) as is_numbered,
            count(*) as lines,
            count(amount) as lines_with_amount,
            count(*) filter (where is_return) as return_lines,
            min(ordered_at) as first_at,
            max(ordered_at) as last_at,
            cast(max(ordered_at) filter (where not is_return) as date) as last_bought_on,
            cast(sum(amount) as double) as amount,
            sum(case when amount > 0 then amount else 0 end) as bought_amount,
            sum(case when amount < 0 then - amount else 0 end) as returned_amount,
            cast(max(abs(amount)) as double) as largest_amount,
            cast(max(case when is_return then - amount end) as double) as largest_return,
            coalesce(min(product_id) <> max(product_id), true) as are_things_different,
            count(name_of_end) as ended_lines,
            sum(case when name_of_end is not null then amount end) as ended_amount,
            min(name_of_end) as name_of_end,
            count(discount) as discounts,
            cast(max(discount) as double) as largest_discount,
            coalesce(max(discount - floor(discount)), 0) = 0 as are_discounts_whole,
            count(case when discount >= amount then 1 end) as discounts_above_amount,
            min(amount) = max(amount) as are_amounts_equal,
            min(amount) filter (where is_return)
            = max(amount) filter (where is_return) as are_returns_equal,
            min(amount) filter (where not is_return)
            < max(amount) filter (where not is_return) as are_sales_different,
            count(discount_amount) = count(*)
            and min(discount_amount) = max(discount_amount)
            and max(discount_amount) <> 0 as are_discounts_equal,
            count(refunded_amount) = count(*)
            and min(refunded_amount) = max(refunded_amount) as are_refunds_equal,
            -- Lines of one price may each have been given back, but for no more than was paid.
            max(refunded_amount) > 0
            and (
                min(amount + refunded_amount) < max(amount + refunded_amount)
                or max(refunded_amount) > max(amount + refunded_amount)
            ) as is_refund_of_different_lines,
            -- More than another line was sold for is no refund of each line.
            case
                when
                    max(refunded_amount)
                    > min(amount + refunded_amount) filter (where amount + refunded_amount > 0)
                then 5
                else 1
            end as weight_of_refunds,
            -- Beside what was bought at that time, also where it pays for all of several things.
            (
                sum(amount) > 0
                or (sum(amount) = 0 and count(*) > 2 * count(*) filter (where is_return))
            )
            and min(ordered_at) = max(ordered_at)
            and count(*) filter (
                where
                    is_return
                    and amount < 0
                    and coalesce(quantity, 0) >= 0
                    and not {{ has_status("return") }}
            )
            > 0 as has_voucher,
            {{ file }} as source_file,
            count(*) filter (where amount <> floor(amount)) = 0 as are_amounts_whole,
            {% for column in version_columns -%}
                coalesce(min({{ column }}) <> max({{ column }}), false)
                {{- " or " if not loop.last }}
            {% else -%} false
            {% endfor -%} as has_versions
        from sampled_lines
        group by order_id, customer_id
    ),

    -- How often each thing of an order stands there, of lines that are no versions of each other.
    things as (
        select customer_id, order_id, product_id, count(*) as copies
        from sampled_lines
        where amount <> 0 and not is_return
        group by
            customer_id,
            order_id,
            ordered_at,
            product_id,
            amount,
            quantity
            {% for column in version_columns -%}
                {{ "having" if loop.first else "and" }}
                coalesce(min({{ column }}) = max({{ column }}), true)
            {% endfor -%}
    ),

    things_of_orders as (
        select
            customer_id,
            order_id,
            count(*) as things,
            count(product_id) > 0 or count(*) > 1 as are_things_told,
            min(copies) > 1 and min(copies) = max(copies) as is_doubled,
            max(copies) as most_copies
        from things
        group by customer_id, order_id
    ),

    lines_of_versions as (
        select sampled_lines.*, orders.is_numbered
        from sampled_lines
        inner join
            orders
            on sampled_lines.customer_id = orders.customer_id
            and sampled_lines.order_id = orders.order_id
        where orders.has_versions and not sampled_lines.is_return
    ),

    orders_of_files as (
        select customer_id, order_id, source_file, count(*) as lines, sum(amount) as amount
        from lines_of_versions
        where is_numbered
        group by customer_id, order_id, source_file
    ),

    -- The same thing of the same order and time in two files, or in two states; or the whole order
    -- in two files, with other times or names of things.
    versions as (
        select customer_id, order_id
        from lines_of_versions
        group by customer_id, order_id, ordered_at, product_id, is_numbered
        having
            min(source_file) <> max(source_file)
            or (is_numbered and (min(status) <> max(status) or min(updated_at) <> max(updated_at)))
        union
        select customer_id, order_id
        from orders_of_files
        group by customer_id, order_id
        having count(*) > 1 and min(lines) = max(lines) and min(amount) = max(amount)
    ),

    sampled_orders as (
        select
            orders.*,
            things_of_orders.things,
            things_of_orders.are_things_told,
            things_of_orders.is_doubled,
            things_of_orders.most_copies,
            versions.order_id is not null as has_versions_of_things,
            cast({{ share }} as double) as share_looked_at
        from orders
        left join
            things_of_orders
            on orders.customer_id = things_of_orders.customer_id
            and orders.order_id = things_of_orders.order_id
        left join
            versions
            on orders.customer_id = versions.customer_id
            and orders.order_id = versions.order_id
    )

select *
from sampled_orders
