{%- set attributes = setting("profile_attributes") -%}

with
    customers as (select * from {{ ref(setting("input") ~ "__customers") }}),

    trimmed as (
        select
            nullif(trim(cast(customer_id as {{ dbt.type_string() }})), '') as customer_id
            {%- for attribute in attributes %},
                nullif(trim(cast({{ attribute }} as {{ dbt.type_string() }})), '') as {{ attribute }}
            {%- endfor %}
        from customers
    ),

    -- One row a customer, whatever the order of the input: the largest in the order of the columns.
    numbered as (
        select
            *,
            row_number() over (
                partition by customer_id
                order by customer_id
                {%- for attribute in attributes %}, {{ attribute }} desc nulls last
                {%- endfor %}
            ) as copy_number
        from trimmed
        where customer_id is not null
    ),

    customer_attributes as (
        {% for attribute in attributes -%}
            select
                customer_id, '{{ attribute }}' as attribute, {{ attribute }} as attribute_value
            from numbered
            where copy_number = 1
            union all
        {% endfor -%}
        -- Every customer of the input has one row, so that the accounting knows all of them.
        select customer_id, cast(null as {{ dbt.type_string() }}), cast(null as {{ dbt.type_string() }})
        from numbered
        where copy_number = 1
    )

select * from customer_attributes
