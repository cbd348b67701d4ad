{%- set features = scored_features() -%}

with
    customer_features as (select * from {{ features_relation() }}),

    customer_eligibility as (
        select
            customer_id,
            {{ eligibility(features) }} as reason,
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
