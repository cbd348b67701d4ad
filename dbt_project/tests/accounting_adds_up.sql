-- Finds a difference between the raw rows and the sum of the accounting.
-- A row means that rows were lost without being counted.
with
    raw_rows as (select count(*) as row_count from {{ ref(setting("input") ~ "__order_lines") }}),

    accounted_rows as (select sum(rows) as row_count from {{ ref("customer_accounting") }})

select raw_rows.row_count as raw_rows, accounted_rows.row_count as accounted_rows
from raw_rows
cross join accounted_rows
where raw_rows.row_count <> accounted_rows.row_count
