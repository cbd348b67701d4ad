{%- set customers_input = customers_relation() -%}
{%- set given = given_columns(customers_input) -%}
{%- set attributes = attribute_columns(given) -%}
{%- set text = dbt.type_string() -%}
{%- set last_first -%}
    updated_at is null and updated_at_text is not null asc, updated_at desc nulls last
    {%- for attribute in attributes %}, {{ quoted("attribute_" ~ attribute) }} desc nulls last
    {%- endfor %}
{%- endset -%}

with
    customers as ({{ remembered_rows(customers_input, given) }}),

    typed as (
        select
            {{ customer_id_text(given) }} as customer_id,
            {{ trimmed(column_or_null(given, "updated_at", text)) }} as updated_at_text,
            {{ parsed_timestamp(given, "updated_at") }} as updated_at,
            {%- for attribute in attributes %}
                {{ trimmed(quoted(attribute)) }} as {{ quoted("attribute_" ~ attribute) }},
            {%- endfor %}
            {{ column_or_null(given, "source_file", text) }} as source_file,
            {{ column_or_null(given, "source_row", "bigint") }} as source_row,
            segmart_is_forgotten
        from customers
    ),

    -- Of several rows of a customer the last one counts: the latest updated_at, then the largest
    -- values in the order of the columns, whatever the order of the rows.
    numbered as (
        select
            *,
            rank() over (partition by customer_id order by {{ last_first }}) as version,
            row_number() over (
                partition by customer_id
                order by {{ last_first }}, source_file asc nulls last, source_row asc nulls last
            ) as row_of_customer
        from typed
    ),

    checked_customers as (
        select
            *,
            case
                when segmart_is_forgotten
                then 'customer_forgotten'
                when customer_id is null
                then 'customer_id_missing'
                when updated_at_text is not null and updated_at is null
                then 'updated_at_malformed'
                when version > 1
                then 'superseded_row'
                when row_of_customer > 1
                then 'duplicate_row'
            end as reason
        from numbered
    )

select *
from checked_customers
