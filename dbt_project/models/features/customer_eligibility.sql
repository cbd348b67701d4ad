{%- set features = scored_features() -%}

with
    customer_features as (select * from {{ features_relation() }}),

    customer_eligibility as (
        select
            customer_id,
            case
                {% if not uses_metrics() -%}
                    when orders = 0
                    then 'only_returns'
                    when orders < {{ setting("min_orders") }}
                    then 'fewer_orders_than_min_orders'
                {% endif -%}
                {% for feature in features if feature.missing_policy == "exclude" -%}
                    when {{ feature.feature }} is null then 'clustered_feature_missing'
                {% endfor -%}
                when true
                then 'segmented'
            end as reason,
            cast(
                0
                {% for feature in features -%}
                    + case when {{ feature.feature }} is null then 1 else 0 end
                {% endfor -%} as integer
            ) as filled_features
        from customer_features
    )

select *
from customer_eligibility
