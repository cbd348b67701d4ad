{{ config(enabled=var("input") == "files") }}
-- depends_on: {{ ref("files__columns") }}
-- Every file has been read to its end: {{ ref("files__unreadable_lines") }}
with
    order_lines as (
        {{
            input_rows(
                "order_lines",
                "cast(null as string) as customer_id, cast(null as timestamp) as ordered_at",
            )
        }}
    )

select *
from order_lines
