{{ config(enabled=var("input") == "files") }}
-- depends_on: {{ ref("files__columns") }}
-- Every file has been read to its end: {{ ref("files__unreadable_lines") }}
with
    customer_metrics as (
        {{ input_rows("customer_metrics", "cast(null as string) as customer_id") }}
    )

select *
from customer_metrics
