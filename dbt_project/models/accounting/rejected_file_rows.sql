{{ config(materialized="view", enabled=var("input") == "files") }}

with
    checked_order_lines as (select * from {{ ref("checked_order_lines") }}),

    checked_customers as (select * from {{ ref("checked_customers") }}),

    checked_customer_metrics as (select * from {{ ref("checked_customer_metrics") }}),

    unreadable_lines as (select * from {{ ref("files__unreadable_lines") }}),

    csv_files as (
        select distinct file as source_file, lines
        from {{ ref("files__columns") }}
        where file_format = 'csv'
    ),

    file_rows as (
        select source_file, source_row, reason
        from checked_order_lines
        union all
        select source_file, source_row, reason
        from checked_customers
        union all
        select source_file, source_row, reason
        from checked_customer_metrics
        union all
        select source_file, source_row, 'line_unreadable' as reason
        from unreadable_lines
    ),

    -- With as many rows as lines below the header, each row is one line: the file need not be read.
    uneven_files as (
        select csv_files.source_file
        from csv_files
        left join file_rows on csv_files.source_file = file_rows.source_file
        group by csv_files.source_file, csv_files.lines
        having coalesce(max(file_rows.source_row), 0) <> csv_files.lines - 1
    ),

    rejected_file_rows as (
        select distinct file_rows.source_file, file_rows.source_row
        from file_rows
        inner join uneven_files on file_rows.source_file = uneven_files.source_file
        where file_rows.reason is not null
    )

select *
from rejected_file_rows
