with
    customers as (
        select
            customer_id, as_of, repeat_frequency, repeat_recency_days, age_days, repeat_mean_spend
        from {{ ref("customer_features") }}
        where active_days > 0
    ),

    {{ outlook_scores(held_out_days=0) }}

    -- Without the last digits, which are those of an engine's logarithm.
    customer_outlook as (
        select
            customer_id,
            as_of,
            round(alive_probability, 12) as alive_probability,
            round(order_day_value, 9) as order_day_value
            {%- for days in outlook_days() %}
                ,
                round(expected_order_days_{{ days }}, 12) as expected_order_days_{{ days }},
                low_order_days_{{ days }},
                high_order_days_{{ days }},
                past_rate_order_days_{{ days }},
                round(expected_spend_{{ days }}, 9) as expected_spend_{{ days }}
            {%- endfor %}
        from scored
    )

select *
from customer_outlook
