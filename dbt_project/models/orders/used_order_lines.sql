{{ config(materialized="view") }}

-- Bad input ends the build before this: depends_on: {{ ref("input_check") }}
with
    checked_order_lines as (select * from {{ ref("checked_order_lines") }}),

    used_order_lines as (
        select
            customer_id,
            ordered_at,
            order_id,
            amount,
            quantity,
            is_quantity_set_aside,
            discount_amount,
            category,
            is_return
        from checked_order_lines
        where reason is null
    )

select *
from used_order_lines
