{{ config(materialized="view") }}

{%- set features = feature_definitions() -%}

with
    -- Not from one CTE: one that is read more than once is copied with all its rows.
    feature_values as (
        {% for feature in features -%}
            select
                customer_id,
                '{{ feature.feature }}' as feature,
                {{ feature.feature }} as raw_value,
                {{ transformed(feature.feature, feature.transform) }} as transformed_value
            from
                {{ segmented_customers() }}
                as segmented_customers {{ "union all" if not loop.last }}
        {% else -%}
            select
                customer_id,
                cast(null as {{ dbt.type_string() }}) as feature,
                cast(null as double) as raw_value,
                cast(null as double) as transformed_value
            from {{ segmented_customers() }} as segmented_customers
        {% endfor %}
    )

select *
from feature_values
