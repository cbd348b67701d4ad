with
    customers as (
        select
            customer_id, as_of, repeat_frequency, repeat_recency_days, age_days, repeat_mean_spend
        from {{ ref("customer_features") }}
        where active_days > 0
    ),

    {{ outlook_scores(held_out_days=0) }}

    customer_outlook as (
        select
            customer_id,
            as_of,
            alive_probability,
            order_day_value
            {%- for days in outlook_days() %}
                ,
                expected_order_days_{{ days }},
                low_order_days_{{ days }},
                high_order_days_{{ days }},
                past_rate_order_days_{{ days }},
                expected_spend_{{ days }}
            {%- endfor %}
        from scored
    )

select *
from customer_outlook
