{{ config(materialized="view", enabled=var("input") == "files") }}

with
    checked_order_lines as (select * from {{ ref("checked_order_lines") }}),

    checked_customers as (select * from {{ ref("checked_customers") }}),

    checked_customer_metrics as (select * from {{ ref("checked_customer_metrics") }}),

    unreadable_lines as (select * from {{ ref("files__unreadable_lines") }}),

    rejected_file_rows as (
        select source_file, source_row
        from checked_order_lines
        where reason is not null and source_row is not null
        union
        select source_file, source_row
        from checked_customers
        where reason is not null and source_row is not null
        union
        select source_file, source_row
        from checked_customer_metrics
        where reason is not null and source_row is not null
        union
        select source_file, source_row
        from unreadable_lines
    )

select *
from rejected_file_rows
