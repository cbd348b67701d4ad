{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="sync_all_columns",
        full_refresh=none if keeps_rows() else true,
        pre_hook="{{ delete_changed_rows(['customer_id']) }}",
        post_hook="{{ remember_what_rows_are_made_from() }}",
    )
}}
-- After the orders and not beside them, so that they have the memory one after the other.
-- depends_on: {{ ref("orders") }}
with
    used_order_lines as (select * from {{ ref("used_order_lines") }}),

    lines_of_changed_customers as (
        select customer_id, category, is_return
        from used_order_lines {{ where_changed(["customer_id"]) }}
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
