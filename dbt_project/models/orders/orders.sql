{#- A new version of an order may be of another customer: then the order is the key. -#}
{%- set key = (
    ["customer_id", "order_id"] if setting("order_versions") == "all" else ["order_id"]
) -%}
{#- Each line has the amount of the order, and each or one alone what was given back. -#}
{%- set sold -%}
    max(amount + coalesce(refunded_amount, 0)) filter (where not is_return)
    - coalesce(max(refunded_amount) filter (where not is_return), 0)
{%- endset -%}
{{ kept_rows(key, settings=["amount_is", "order_versions"]) }}

with
    used_order_lines as (select * from {{ ref("checked_order_lines") }} where reason is null),

    orders as (
        select
            customer_id,
            order_id,
            min(ordered_at) as ordered_at,
            cast(min(ordered_at) as date) as ordered_on,
            count(*) as lines,
            count(*) filter (where is_return) as return_lines,
            count(*) filter (where is_quantity_set_aside) as lines_without_quantity,
            count(*) filter (where amount is null) as lines_without_amount,
            -- A return never counts as an order.
            count(*) filter (where not is_return) > 0 as is_order,
            {% if setting("amount_is") == "order" -%}
                case
                    when count(amount) > 0
                    then coalesce({{ sold }}, 0) + coalesce(min(amount) filter (where is_return), 0)
                end as amount,
                {{ sold }} as purchased_amount,
                sum(quantity) filter (where not is_return) as units,
                max(abs(discount_amount)) filter (where not is_return) as discount_amount
            {%- else -%}
                sum(amount) as amount,
                sum(amount) filter (where not is_return) as purchased_amount,
                sum(quantity) filter (where not is_return) as units,
                sum(abs(discount_amount)) filter (where not is_return) as discount_amount
            {%- endif %}
        from used_order_lines {{ where_changed() }}
        group by customer_id, order_id
    )

select *
from orders
