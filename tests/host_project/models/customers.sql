{{ config(materialized="view") }}

select distinct buyer as customer_id, 'town ' || length(buyer) as town
from {{ ref("shop_order_lines") }}
