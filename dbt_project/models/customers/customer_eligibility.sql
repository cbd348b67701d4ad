{%- set scored = scored_features() -%}
-- Bad input ends the build before this: depends_on: {{ ref("input_check") }}
with
    customers as (select * from {{ used_customers() }} as used_customers),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    customer_eligibility as (
        select
            customers.customer_id,
            as_of_date.as_of,
            case
                {% if not uses_metrics() -%}
                    when customers.orders = 0
                    then 'only_returns'
                    when customers.orders < {{ setting("min_orders") }}
                    then 'fewer_orders_than_min_orders'
                {% endif -%}
                {% for feature in scored if feature.missing_policy == "exclude" -%}
                    when customers.{{ feature.feature }} is null then 'clustered_feature_missing'
                {% endfor -%}
                when true
                then 'segmented'
            end as reason,
            cast(
                0
                {% for feature in scored -%}
                    + case when customers.{{ feature.feature }} is null then 1 else 0 end
                {% endfor -%} as integer
            ) as filled_features
            {%- for feature in feature_definitions() %}
                , cast(customers.{{ feature.feature }} as double) as {{ feature.feature }}
            {%- endfor %}
        from customers
        cross join as_of_date
    )

select *
from customer_eligibility
