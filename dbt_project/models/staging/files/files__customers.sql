{{ config(enabled=var("input") == "files") }}
-- depends_on: {{ ref("files__columns") }}
with customers as ({{ input_rows("customers", "cast(null as string) as customer_id") }})

select *
from customers
