{{
    config(
        enabled=var("input") == "files",
        materialized=file_materialization("customers"),
    )
}}
-- depends_on: {{ ref("files__columns") }}
with customers as ({{ input_rows("customers", "cast(null as varchar) as customer_id") }})

select *
from customers
