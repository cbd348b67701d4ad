{{ config(materialized="view") }}

{%- set features = feature_definitions() -%}

with
    customer_features as (select * from {{ features_relation() }}),

    customer_eligibility as (select * from {{ ref("customer_eligibility") }}),

    segmented_customers as (
        select customer_features.*
        from customer_features
        inner join
            customer_eligibility on customer_features.customer_id = customer_eligibility.customer_id
        where customer_eligibility.reason = 'segmented'
    ),

    feature_values as (
        {% for feature in features -%}
            select
                customer_id,
                '{{ feature.feature }}' as feature,
                cast({{ feature.feature }} as double) as raw_value,
                {{ transformed("cast(" ~ feature.feature ~ " as double)", feature.transform) }}
                as transformed_value
            from segmented_customers {{ "union all" if not loop.last }}
        {% else -%}
            select
                customer_id,
                cast(null as {{ dbt.type_string() }}) as feature,
                cast(null as double) as raw_value,
                cast(null as double) as transformed_value
            from segmented_customers
        {% endfor %}
    )

select *
from feature_values
