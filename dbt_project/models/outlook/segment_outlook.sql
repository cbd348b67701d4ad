{%- set days = outlook_days() -%}
{%- set since = dbt.dateadd("day", -days[-1], "as_of_date.as_of") -%}
with
    customer_outlook as (select * from {{ ref("customer_outlook") }}),

    customer_segments as (select * from {{ ref("customer_segments") }}),

    orders as (select * from {{ ref("orders") }} where is_order),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    last_days as (
        select
            orders.customer_id,
            orders.ordered_on,
            as_of_date.as_of,
            sum(orders.purchased_amount) as purchased_amount
        from orders
        inner join as_of_date on orders.ordered_on >= {{ since }}
        group by orders.customer_id, orders.ordered_on, as_of_date.as_of
    ),

    last_totals as (
        select
            customer_segments.segment_id
            {%- for horizon in days %}
                {%- set is_last -%}
                    last_days.ordered_on >= {{ dbt.dateadd("day", -horizon, "last_days.as_of") }}
                {%- endset %},
                count(*) filter (where {{ is_last }}) as order_days_{{ horizon }},
                sum(
                    case when {{ is_last }} then last_days.purchased_amount end
                ) as spend_{{ horizon }}
            {%- endfor %}
        from last_days
        inner join customer_segments on last_days.customer_id = customer_segments.customer_id
        group by customer_segments.segment_id
    ),

    segment_totals as (
        select
            customer_segments.segment_id,
            customer_segments.segment_name,
            customer_outlook.as_of,
            count(*) as customers,
            {{ exact_sum("customer_outlook.alive_probability") }} as alive_customers
            {%- for horizon in days %}
                ,
                {{ exact_sum("customer_outlook.expected_order_days_" ~ horizon) }}
                as expected_order_days_{{ horizon }},
                {{ exact_sum("customer_outlook.past_rate_order_days_" ~ horizon) }}
                as past_rate_order_days_{{ horizon }},
                {{ exact_sum("customer_outlook.expected_spend_" ~ horizon) }}
                as expected_spend_{{ horizon }}
            {%- endfor %}
        from customer_outlook
        inner join customer_segments on customer_outlook.customer_id = customer_segments.customer_id
        group by
            customer_segments.segment_id, customer_segments.segment_name, customer_outlook.as_of
    ),

    segment_outlook as (
        {% for horizon in days -%}
            select
                segment_totals.segment_id,
                segment_totals.segment_name,
                segment_totals.as_of,
                {{ horizon }} as days,
                segment_totals.customers,
                segment_totals.alive_customers,
                segment_totals.expected_order_days_{{ horizon }} as expected_order_days,
                segment_totals.past_rate_order_days_{{ horizon }} as past_rate_order_days,
                cast(
                    coalesce(last_totals.order_days_{{ horizon }}, 0) as bigint
                ) as last_order_days,
                segment_totals.expected_spend_{{ horizon }} as expected_spend,
                case
                    when segment_totals.expected_spend_{{ horizon }} is not null
                    then coalesce(cast(last_totals.spend_{{ horizon }} as double), 0)
                end as last_spend
            from segment_totals
            left join
                last_totals on segment_totals.segment_id = last_totals.segment_id
                {{ "union all" if not loop.last }}
        {% endfor %}
    )

select *
from segment_outlook
