{%- set features = feature_definitions() -%}

with
    customer_features as (select * from {{ features_relation() }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    clustering_features as (
        select
            customer_features.customer_id,
            as_of_date.as_of
            {%- for feature in features %}
                , cast(customer_features.{{ feature.feature }} as double) as {{ feature.feature }}
            {%- endfor %}
        from customer_features
        cross join as_of_date
        where {{ eligibility(scored_features()) }} = 'segmented'
    )

select *
from clustering_features
