{%- set attributes = attribute_columns(given_columns(customers_relation())) -%}

with
    checked_customers as (select * from {{ ref("checked_customers") }}),

    used_customers as (select * from checked_customers where reason is null),

    customer_attributes as (
        {% for attribute in attributes -%}
            select
                customer_id,
                {{ text_literal(attribute) }} as attribute,
                {{ quoted("attribute_" ~ attribute) }} as attribute_value
            from used_customers
            union all
        {% endfor -%}
        -- Every customer of the input has one row, so that the accounting knows all of them.
        select
            customer_id,
            cast(null as {{ dbt.type_string() }}) as attribute,
            cast(null as {{ dbt.type_string() }}) as attribute_value
        from used_customers
    )

select *
from customer_attributes
