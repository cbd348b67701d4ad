{{ config(materialized="table") }}

select count(distinct order_id) as orders_of_the_shop
from {{ ref("shop_order_lines") }}
