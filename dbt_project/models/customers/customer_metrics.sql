{%- set metrics = metric_columns() %}
-- Bad input ends the build before this: depends_on: {{ ref("input_check") }}
with
    checked_customer_metrics as (select * from {{ ref("checked_customer_metrics") }}),

    customer_metrics as (
        select customer_id{% for metric in metrics %}, {{ metric.feature }}{% endfor %}
        from checked_customer_metrics
        where reason is null
    )

select *
from customer_metrics
