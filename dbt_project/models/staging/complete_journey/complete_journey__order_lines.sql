{{ config(enabled=var("input") == "complete_journey") }}

with
    transactions as (select * from {{ source_rows("complete_journey", "transactions") }}),

    products as (select * from {{ source_rows("complete_journey", "products") }}),

    order_lines as (
        select
            transactions.household_id as customer_id,
            transactions.transaction_timestamp as ordered_at,
            transactions.basket_id as order_id,
            transactions.sales_value as amount,
            transactions.quantity,
            transactions.retail_disc
            + transactions.coupon_disc
            + transactions.coupon_match_disc as discount_amount,
            transactions.product_id,
            products.product_category as category,
            {{
                version_of_sources(
                    [
                        source("complete_journey", "transactions"),
                        source("complete_journey", "products"),
                    ]
                )
            }} as segmart_file_version
        from transactions
        left join products on transactions.product_id = products.product_id
    )

select *
from order_lines
