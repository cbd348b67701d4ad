{#- CSV is parsed once and kept; a Parquet file or a table is read where it is. -#}
{{
    config(
        enabled=var("input") == "files",
        materialized="table" if ".csv" in var("customer_metrics") | string else "view",
    )
}}
-- depends_on: {{ ref("files__columns") }}
with
    customer_metrics as (
        {{ input_rows("customer_metrics", "cast(null as varchar) as customer_id") }}
    )

select *
from customer_metrics
