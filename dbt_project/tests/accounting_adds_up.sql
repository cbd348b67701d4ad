-- Finds a difference between the raw rows of the inputs and the sums of the accounting.
-- A row means that rows were lost without being counted.
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}
with
    {% if setting("input") == "files" -%}
        unreadable as (
            select
                count(*) filter (where source <> 'customers') as main_rows,
                count(*) filter (where source = 'customers') as customers_rows
            from {{ ref("files__unreadable_lines") }}
        ),

        metric_rows as ({{ raw_row_count("customer_metrics") }}),
    {%- else -%}
        unreadable as (select 0 as main_rows, 0 as customers_rows),

        metric_rows as (select 0 as row_count),
    {%- endif %}

    line_rows as ({{ raw_row_count("order_lines") }}),

    customers_rows as ({{ raw_row_count("customers") }}),

    raw_rows as (
        select
            line_rows.row_count + metric_rows.row_count + unreadable.main_rows as main_rows,
            customers_rows.row_count + unreadable.customers_rows as customers_rows
        from line_rows
        cross join metric_rows
        cross join customers_rows
        cross join unreadable
    ),

    accounted_rows as (
        select sum(rows) as main_rows, sum(customers_rows) as customers_rows
        from {{ ref("customer_accounting") }}
    )

select
    raw_rows.main_rows as raw_rows,
    accounted_rows.main_rows as accounted_rows,
    raw_rows.customers_rows as raw_customers_rows,
    accounted_rows.customers_rows as accounted_customers_rows
from raw_rows
cross join accounted_rows
where
    raw_rows.main_rows is distinct from accounted_rows.main_rows
    or raw_rows.customers_rows is distinct from accounted_rows.customers_rows
