with
    checked_order_lines as (select * from {{ ref("checked_order_lines") }}),

    accounting_reasons as (select * from {{ ref("accounting_reasons") }}),

    rejected_rows as (
        select
            'order_lines' as source,
            checked_order_lines.reason,
            accounting_reasons.column_name,
            case accounting_reasons.column_name
                when 'ordered_at'
                then checked_order_lines.ordered_at_text
                when 'amount'
                then checked_order_lines.amount_text
                when 'quantity'
                then checked_order_lines.quantity_text
                when 'unit_price'
                then checked_order_lines.unit_price_text
                when 'discount_amount'
                then checked_order_lines.discount_amount_text
            end as rejected_value,
            checked_order_lines.customer_id,
            checked_order_lines.order_id,
            checked_order_lines.ordered_at_text as ordered_at,
            checked_order_lines.amount_text as amount,
            checked_order_lines.quantity_text as quantity,
            checked_order_lines.unit_price_text as unit_price,
            checked_order_lines.discount_amount_text as discount_amount,
            checked_order_lines.product_id,
            checked_order_lines.category
        from checked_order_lines
        left join accounting_reasons on checked_order_lines.reason = accounting_reasons.reason
        where checked_order_lines.reason is not null
    )

select * from rejected_rows
