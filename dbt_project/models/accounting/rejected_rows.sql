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

        csv_files as (
            select distinct file as source_file
            from {{ ref("files__columns") }}
            where file_format = 'csv'
        ),
    {%- endif %}

    rejected as (
        select
            'order_lines' as source,
            reason,
            cast(null as {{ text }}) as malformed_column,
            rejected_value,
            customer_id,
            order_id,
            ordered_at,
            amount,
            quantity,
            unit_price,
            discount_amount,
            product_id,
            category,
            source_file,
            source_row
        from checked_order_lines
        where reason is not null
        union all
        select
            'customers' as source,
            reason,
            null as malformed_column,
            case when reason = 'updated_at_malformed' then updated_at_text end as rejected_value,
            customer_id,
            null as order_id,
            null as ordered_at,
            null as amount,
            null as quantity,
            null as unit_price,
            null as discount_amount,
            null as product_id,
            null as category,
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
            malformed_value as rejected_value,
            customer_id,
            null as order_id,
            null as ordered_at,
            null as amount,
            null as quantity,
            null as unit_price,
            null as discount_amount,
            null as product_id,
            null as category,
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
                rejected.reason
                when 'cancelled_order'
                then rejected.order_id
                when 'after_as_of'
                then cast(rejected.ordered_at as {{ text }})
                else rejected.rejected_value
            end as rejected_value,
            rejected.source_file as file,
            {% if from_files -%}
                -- Line 1 is the header.
                case
                    when csv_files.source_file is null
                    then rejected.source_row
                    else coalesce(row_lines.line, rejected.source_row + 1)
                end
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
            left join csv_files on rejected.source_file = csv_files.source_file
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
