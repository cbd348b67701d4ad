{{ kept_rows(["customer_id"]) }}

-- After the orders and not beside them, so that they have the memory one after the other.
-- depends_on: {{ ref("orders") }}
with
    used_order_lines as (select * from {{ ref("used_order_lines") }}),

    lines_of_changed_customers as (
        select customer_id, category, is_return from used_order_lines {{ where_changed() }}
    ),

    bought_categories as (
        select customer_id, category
        from lines_of_changed_customers
        where not is_return and category is not null
        group by customer_id, category
    ),

    customer_categories as (
        select customer_id, count(*) as categories from bought_categories group by customer_id
    )

select *
from customer_categories
