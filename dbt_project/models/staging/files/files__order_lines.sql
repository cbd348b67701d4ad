{#- CSV is parsed once and kept; a Parquet file or a table is read where it is. -#}
{{
    config(
        enabled=var("input") == "files",
        materialized="table" if ".csv" in var("order_lines") | string else "view",
    )
}}
-- depends_on: {{ ref("files__columns") }}
with
    order_lines as (
        {{
            input_rows(
                "order_lines",
                "cast(null as varchar) as customer_id, cast(null as timestamp) as ordered_at",
            )
        }}
    )

select *
from order_lines
