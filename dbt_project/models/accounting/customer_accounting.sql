-- After the distributions and not beside them, so that they have the memory one after the other.
-- depends_on: {{ ref("feature_distributions") }}
with
    orders as (select * from {{ ref("orders") }}),

    checked_customer_metrics as (select * from {{ ref("checked_customer_metrics") }}),

    checked_customers as (select * from {{ ref("checked_customers") }}),

    rejected_rows as (select * from {{ ref("rejected_rows") }}),

    accounting_reasons as (select * from {{ ref("accounting_reasons") }}),

    used_rows as (
        select customer_id, lines, lines_without_quantity, return_lines, lines_without_amount
        from orders
        union all
        select
            customer_id,
            1 as lines,
            0 as lines_without_quantity,
            0 as return_lines,
            0 as lines_without_amount
        from checked_customer_metrics
        where reason is null
    ),

    set_aside_rows as (select customer_id, reason from rejected_rows where source <> 'customers'),

    customers_rows as (
        select customer_id, cast(null as {{ dbt.type_string() }}) as reason
        from checked_customers
        where reason is null and {{ has_customers_input() | lower }}
        union all
        select customer_id, reason
        from rejected_rows
        where source = 'customers'
    ),

    other_rows as (
        select customer_id, true as is_order_line
        from set_aside_rows
        union all
        select customer_id, false as is_order_line
        from customers_rows
    ),

    -- Everyone of whom there is a row and no used one. The table customer_eligibility is named each
    -- time that it is read: a CTE that is read more than once is copied with all its rows.
    customers_without_use as (
        select
            other_rows.customer_id,
            case
                when count(*) filter (where other_rows.is_order_line) > 0
                then 'no_usable_lines'
                else 'no_order_lines'
            end as reason
        from other_rows
        left join
            {{ ref("customer_eligibility") }} as customer_eligibility
            on other_rows.customer_id = customer_eligibility.customer_id
        where other_rows.customer_id is not null and customer_eligibility.customer_id is null
        group by other_rows.customer_id
    ),

    -- A used row stands under the reason of its customer, any other under its own.
    row_counts as (
        select
            customer_eligibility.reason,
            sum(used_rows.lines) as row_count,
            sum(used_rows.lines_without_quantity) as rows_without_quantity,
            sum(used_rows.return_lines) as return_rows,
            sum(used_rows.lines_without_amount) as rows_without_amount
        from used_rows
        inner join
            {{ ref("customer_eligibility") }} as customer_eligibility
            on used_rows.customer_id = customer_eligibility.customer_id
        group by customer_eligibility.reason
        union all
        select
            reason,
            count(*) as row_count,
            0 as rows_without_quantity,
            0 as return_rows,
            0 as rows_without_amount
        from set_aside_rows
        group by reason
    ),

    customers_row_counts as (
        select
            coalesce(
                customers_rows.reason, customer_eligibility.reason, customers_without_use.reason
            ) as reason,
            count(*) as row_count
        from customers_rows
        left join
            {{ ref("customer_eligibility") }} as customer_eligibility
            on customers_rows.customer_id = customer_eligibility.customer_id
        left join
            customers_without_use on customers_rows.customer_id = customers_without_use.customer_id
        group by all
    ),

    customer_counts as (
        select reason, count(*) as customers
        from {{ ref("customer_eligibility") }}
        group by reason
        union all
        select reason, count(*) as customers
        from customers_without_use
        group by reason
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
