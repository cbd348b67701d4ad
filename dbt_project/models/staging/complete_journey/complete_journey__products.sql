{{ config(enabled=var("input") == "complete_journey") }}

with
    source_products as (select * from {{ source_rows("complete_journey", "products") }}),

    products as (select product_id, product_category as category from source_products)

select *
from products
