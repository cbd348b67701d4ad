with
    orders as (select * from {{ ref("orders") }}),

    checked_customer_metrics as (select * from {{ ref("checked_customer_metrics") }}),

    checked_customers as (select * from {{ ref("checked_customers") }}),

    rejected_rows as (select * from {{ ref("rejected_rows") }}),

    customer_eligibility as (select * from {{ ref("customer_eligibility") }}),

    accounting_reasons as (select * from {{ ref("accounting_reasons") }}),

    input_rows as (
        select
            customer_id,
            cast(null as {{ dbt.type_string() }}) as reason,
            lines as row_count,
            lines_without_quantity,
            return_lines,
            lines_without_amount
        from orders
        union all
        select
            customer_id,
            null as reason,
            1 as row_count,
            0 as lines_without_quantity,
            0 as return_lines,
            0 as lines_without_amount
        from checked_customer_metrics
        where reason is null
        union all
        select
            customer_id,
            reason,
            1 as row_count,
            0 as lines_without_quantity,
            0 as return_lines,
            0 as lines_without_amount
        from rejected_rows
        where source <> 'customers'
    ),

    customers_rows as (
        select customer_id, cast(null as {{ dbt.type_string() }}) as reason
        from checked_customers
        where reason is null and {{ has_customers_input() | lower }}
        union all
        select customer_id, reason
        from rejected_rows
        where source = 'customers'
    ),

    -- A customer has many orders: the joins below meet fewer rows.
    input_sums as (
        select
            customer_id,
            reason,
            sum(row_count) as row_count,
            sum(lines_without_quantity) as lines_without_quantity,
            sum(return_lines) as return_lines,
            sum(lines_without_amount) as lines_without_amount
        from input_rows
        group by customer_id, reason
    ),

    input_customers as (select distinct customer_id from input_sums where customer_id is not null),

    known_customers as (
        select customer_id
        from input_customers
        union
        select customer_id
        from customers_rows
        where customer_id is not null
    ),

    reasoned_customers as (
        select
            known_customers.customer_id,
            coalesce(
                customer_eligibility.reason,
                case
                    when input_customers.customer_id is not null
                    then 'no_usable_lines'
                    else 'no_order_lines'
                end
            ) as reason
        from known_customers
        left join
            customer_eligibility on known_customers.customer_id = customer_eligibility.customer_id
        left join input_customers on known_customers.customer_id = input_customers.customer_id
    ),

    -- A used row stands under the reason of its customer, any other under its own.
    row_counts as (
        select
            coalesce(input_sums.reason, reasoned_customers.reason) as reason,
            sum(input_sums.row_count) as row_count,
            sum(input_sums.lines_without_quantity) as rows_without_quantity,
            sum(input_sums.return_lines) as return_rows,
            sum(input_sums.lines_without_amount) as rows_without_amount
        from input_sums
        left join reasoned_customers on input_sums.customer_id = reasoned_customers.customer_id
        group by all
    ),

    customers_row_counts as (
        select
            coalesce(customers_rows.reason, reasoned_customers.reason) as reason,
            count(*) as row_count
        from customers_rows
        left join reasoned_customers on customers_rows.customer_id = reasoned_customers.customer_id
        group by all
    ),

    customer_counts as (
        select reason, count(*) as customers from reasoned_customers group by reason
    ),

    customer_accounting as (
        select
            accounting_reasons.reason,
            accounting_reasons.outcome,
            cast(coalesce(row_counts.row_count, 0) as bigint) as {{ adapter.quote("rows") }},
            cast(coalesce(row_counts.rows_without_quantity, 0) as bigint) as rows_without_quantity,
            cast(coalesce(row_counts.return_rows, 0) as bigint) as return_rows,
            cast(coalesce(row_counts.rows_without_amount, 0) as bigint) as rows_without_amount,
            cast(coalesce(customers_row_counts.row_count, 0) as bigint) as customers_rows,
            cast(coalesce(customer_counts.customers, 0) as bigint) as customers,
            accounting_reasons.description
        from accounting_reasons
        left join row_counts on accounting_reasons.reason = row_counts.reason
        left join customers_row_counts on accounting_reasons.reason = customers_row_counts.reason
        left join customer_counts on accounting_reasons.reason = customer_counts.reason
    )

select *
from customer_accounting
