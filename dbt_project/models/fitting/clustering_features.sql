{%- set features = feature_definitions(clustered_only=true) -%}

with
    customer_features as (select * from {{ ref("customer_features") }}),

    customer_eligibility as (select * from {{ ref("customer_eligibility") }}),

    clustering_features as (
        select
            customer_features.customer_id,
            customer_features.as_of
            {%- for feature in features %},
                cast(customer_features.{{ feature.feature }} as double) as {{ feature.feature }}
            {%- endfor %}
        from customer_features
        inner join
            customer_eligibility on customer_features.customer_id = customer_eligibility.customer_id
        where customer_eligibility.reason = 'segmented'
    )

select * from clustering_features
