{#- Every line is read once for all that is counted of customers. -#}
{%- if uses_metrics() %}
-- depends_on: {{ ref("checked_customer_metrics") }}
{%- endif %}

with
    lines_of_customers as (
        select customer_id, count(*) as all_lines,
        {% if uses_metrics() -%}
                count(*) as lines,
                cast(null as decimal(18, 4)) as amount,
                cast(null as decimal(18, 4)) as largest_amount
            from {{ ref("checked_customer_metrics") }}
        {%- else -%}
                count(case when reason is null then 1 end) as lines,
                sum(case when reason is null then amount end) as amount,
                max(case when reason is null then amount end) as largest_amount
            from {{ ref("checked_order_lines") }}
        {%- endif %}
        group by customer_id
    )

select *
from lines_of_customers
