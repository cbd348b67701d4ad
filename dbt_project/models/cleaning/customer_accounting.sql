with
    checked_order_lines as (select * from {{ ref("checked_order_lines") }}),

    customer_attributes as (select * from {{ ref("customer_attributes") }}),

    customer_eligibility as (select * from {{ ref("customer_eligibility") }}),

    accounting_reasons as (select * from {{ ref("accounting_reasons") }}),

    line_customers as (
        select distinct customer_id
        from checked_order_lines
        where customer_id is not null
    ),

    known_customers as (
        select customer_id
        from line_customers
        union
        select customer_id
        from customer_attributes
    ),

    reasoned_customers as (
        select
            known_customers.customer_id,
            coalesce(
                customer_eligibility.reason,
                case
                    when line_customers.customer_id is not null then 'no_usable_lines' else 'no_order_lines'
                end
            ) as reason
        from known_customers
        left join
            customer_eligibility on known_customers.customer_id = customer_eligibility.customer_id
        left join line_customers on known_customers.customer_id = line_customers.customer_id
    ),

    -- A used line stands under the reason of its customer, any other under its own.
    row_counts as (
        select
            coalesce(checked_order_lines.reason, customer_eligibility.reason) as reason,
            count(*) as row_count,
            count_if(
                checked_order_lines.reason is null and checked_order_lines.is_quantity_set_aside
            ) as rows_without_quantity
        from checked_order_lines
        left join
            customer_eligibility on checked_order_lines.customer_id = customer_eligibility.customer_id
        group by 1
    ),

    customer_counts as (
        select reason, count(*) as customers
        from reasoned_customers
        group by reason
    ),

    customer_accounting as (
        select
            accounting_reasons.reason,
            accounting_reasons.outcome,
            cast(coalesce(row_counts.row_count, 0) as bigint) as {{ adapter.quote("rows") }},
            cast(coalesce(row_counts.rows_without_quantity, 0) as bigint) as rows_without_quantity,
            cast(coalesce(customer_counts.customers, 0) as bigint) as customers,
            accounting_reasons.description
        from accounting_reasons
        left join row_counts on accounting_reasons.reason = row_counts.reason
        left join customer_counts on accounting_reasons.reason = customer_counts.reason
    )

select * from customer_accounting
