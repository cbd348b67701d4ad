{%- set text = dbt.type_string() -%}
{%- set from_files = setting("input") == "files" -%}

with
    checked_order_lines as (select * from {{ ref("checked_order_lines") }}),

    checked_customers as (select * from {{ ref("checked_customers") }}),

    checked_customer_metrics as (select * from {{ ref("checked_customer_metrics") }}),

    accounting_reasons as (select * from {{ ref("accounting_reasons") }}),

    {% if from_files -%}
        row_lines as (select * from {{ ref("rejected_row_lines") }}),

        unreadable_lines as (select * from {{ ref("files__unreadable_lines") }}),
    {%- endif %}

    rejected as (
        select
            'order_lines' as source,
            reason,
            cast(null as {{ text }}) as malformed_column,
            cast(null as {{ text }}) as malformed_value,
            customer_id,
            order_id,
            ordered_at_text as ordered_at,
            amount_text as amount,
            quantity_text as quantity,
            unit_price_text as unit_price,
            discount_amount_text as discount_amount,
            is_return_text as is_return,
            product_id,
            category,
            cast(null as {{ text }}) as updated_at,
            source_file,
            source_row
        from checked_order_lines
        where reason is not null
        union all
        select
            'customers' as source,
            reason,
            null as malformed_column,
            null as malformed_value,
            customer_id,
            null as order_id,
            null as ordered_at,
            null as amount,
            null as quantity,
            null as unit_price,
            null as discount_amount,
            null as is_return,
            null as product_id,
            null as category,
            updated_at_text as updated_at,
            source_file,
            source_row
        from checked_customers
        where
            reason is not null
            -- The rows of customer_metrics are told once, below.
            and {{ has_customers_input() | lower }}
        union all
        select
            'customer_metrics' as source,
            reason,
            malformed_column,
            malformed_value,
            customer_id,
            null as order_id,
            null as ordered_at,
            null as amount,
            null as quantity,
            null as unit_price,
            null as discount_amount,
            null as is_return,
            null as product_id,
            null as category,
            null as updated_at,
            source_file,
            source_row
        from checked_customer_metrics
        where reason is not null
    ),

    rejected_with_values as (
        select
            rejected.source,
            rejected.reason,
            coalesce(rejected.malformed_column, accounting_reasons.column_name) as column_name,
            case
                when rejected.malformed_column is not null
                then rejected.malformed_value
                when accounting_reasons.column_name = 'ordered_at'
                then rejected.ordered_at
                when accounting_reasons.column_name = 'amount'
                then rejected.amount
                when accounting_reasons.column_name = 'quantity'
                then rejected.quantity
                when accounting_reasons.column_name = 'unit_price'
                then rejected.unit_price
                when accounting_reasons.column_name = 'discount_amount'
                then rejected.discount_amount
                when accounting_reasons.column_name = 'is_return'
                then rejected.is_return
                when accounting_reasons.column_name = 'order_id'
                then rejected.order_id
                when accounting_reasons.column_name = 'updated_at'
                then rejected.updated_at
            end as rejected_value,
            rejected.source_file as file,
            {% if from_files -%} coalesce(row_lines.line, rejected.source_row)
            {%- else -%} rejected.source_row
            {%- endif %} as line,
            rejected.customer_id,
            rejected.order_id,
            rejected.ordered_at,
            rejected.amount,
            rejected.quantity,
            rejected.unit_price,
            rejected.discount_amount,
            rejected.product_id,
            rejected.category
        from rejected
        left join accounting_reasons on rejected.reason = accounting_reasons.reason
        {% if from_files -%}
            left join
                row_lines
                on rejected.source_file = row_lines.source_file
                and rejected.source_row = row_lines.source_row
        {%- endif %}
    ),

    rejected_rows as (
        select *
        from rejected_with_values
        {% if from_files -%}
            union all
            select
                unreadable_lines.source,
                'line_unreadable' as reason,
                null as column_name,
                lower(unreadable_lines.problem) as rejected_value,
                unreadable_lines.source_file as file,
                coalesce(row_lines.line, unreadable_lines.line) as line,
                null as customer_id,
                null as order_id,
                null as ordered_at,
                null as amount,
                null as quantity,
                null as unit_price,
                null as discount_amount,
                null as product_id,
                null as category
            from unreadable_lines
            left join
                row_lines
                on unreadable_lines.source_file = row_lines.source_file
                and unreadable_lines.source_row = row_lines.source_row
        {%- endif %}
    )

select *
from rejected_rows
