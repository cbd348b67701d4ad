with
    order_lines as (select * from {{ ref(setting("input") ~ "__order_lines") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    trimmed as (
        select
            nullif(trim(cast(customer_id as {{ dbt.type_string() }})), '') as customer_id,
            nullif(trim(cast(ordered_at as {{ dbt.type_string() }})), '') as ordered_at_text,
            nullif(trim(cast(order_id as {{ dbt.type_string() }})), '') as order_id,
            nullif(trim(cast(amount as {{ dbt.type_string() }})), '') as amount_text,
            nullif(trim(cast(quantity as {{ dbt.type_string() }})), '') as quantity_text,
            nullif(trim(cast(unit_price as {{ dbt.type_string() }})), '') as unit_price_text,
            nullif(trim(cast(discount_amount as {{ dbt.type_string() }})), '') as discount_amount_text,
            nullif(trim(cast(product_id as {{ dbt.type_string() }})), '') as product_id,
            nullif(trim(cast(category as {{ dbt.type_string() }})), '') as category,
            cast(is_return as boolean) as is_return
        from order_lines
    ),

    typed as (
        select
            *,
            try_cast(ordered_at_text as timestamp) as ordered_at,
            try_cast(amount_text as decimal(18, 4)) as amount,
            try_cast(quantity_text as decimal(18, 4)) as quantity,
            try_cast(unit_price_text as decimal(18, 4)) as unit_price,
            try_cast(discount_amount_text as decimal(18, 4)) as discount_amount
        from trimmed
    ),

    -- Identical in every column: which of them stays makes no difference.
    numbered as (
        select
            *,
            row_number() over (
                partition by
                    customer_id,
                    ordered_at_text,
                    order_id,
                    amount_text,
                    quantity_text,
                    unit_price_text,
                    discount_amount_text,
                    product_id,
                    category,
                    is_return
                order by customer_id
            ) as copy_number
        from typed
    ),

    -- The first reason that holds is the row's reason.
    reasoned as (
        select
            numbered.*,
            case
                when ordered_at_text is null
                then 'ordered_at_missing'
                when ordered_at is null
                then 'ordered_at_malformed'
                when amount_text is not null and amount is null
                then 'amount_malformed'
                when quantity_text is not null and quantity is null
                then 'quantity_malformed'
                when unit_price_text is not null and unit_price is null
                then 'unit_price_malformed'
                when discount_amount_text is not null and discount_amount is null
                then 'discount_amount_malformed'
                when customer_id is null
                then 'customer_id_missing'
                when copy_number > 1
                then 'duplicate_row'
                when cast(ordered_at as date) >= as_of_date.as_of
                then 'after_as_of'
            end as reason
        from numbered
        cross join as_of_date
    ),

    checked_order_lines as (
        select
            customer_id,
            ordered_at_text,
            coalesce(order_id, cast(cast(ordered_at as date) as {{ dbt.type_string() }})) as order_id,
            amount_text,
            quantity_text,
            unit_price_text,
            discount_amount_text,
            product_id,
            category,
            ordered_at,
            coalesce(amount, cast(quantity * unit_price as decimal(18, 4))) as amount,
            -- Fuel is sold by volume and coupons by value: such a number is not a number of units.
            case when abs(quantity) <= {{ setting("max_quantity") }} then quantity end as quantity,
            coalesce(abs(quantity) > {{ setting("max_quantity") }}, false) as is_quantity_set_aside,
            discount_amount,
            coalesce(is_return, quantity < 0 or amount < 0, false) as is_return,
            reason
        from reasoned
    )

select * from checked_order_lines
