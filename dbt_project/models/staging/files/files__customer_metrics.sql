{{ config(enabled=var("input") == "files") }}
-- depends_on: {{ ref("files__columns") }}
with
    customer_metrics as (
        {{ input_rows("customer_metrics", "cast(null as string) as customer_id") }}
    )

select *
from customer_metrics
