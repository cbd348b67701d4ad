{{ config(enabled=var("input") == "complete_journey") }}

with
    demographics as (select * from {{ source_rows("complete_journey", "demographics") }}),

    customers as (
        select
            household_id as customer_id,
            age,
            income,
            home_ownership,
            marital_status,
            household_size,
            kids_count
        from demographics
    )

select *
from customers
