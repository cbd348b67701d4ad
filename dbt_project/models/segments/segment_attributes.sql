with
    customer_attributes as (select * from {{ ref("customer_attributes") }}),

    customer_segments as (select * from {{ ref("customer_segments") }}),

    -- An attribute with a value of its own for nearly everyone, as a name, profiles nobody.
    profiling_attributes as (
        select attribute
        from customer_attributes
        group by attribute
        having {{ attribute_profiles() }}
    ),

    known_attributes as (
        select
            customer_segments.segment_id,
            customer_segments.segment_name,
            customer_attributes.attribute,
            customer_attributes.attribute_value
        from customer_attributes
        inner join
            customer_segments on customer_attributes.customer_id = customer_segments.customer_id
        inner join
            profiling_attributes on customer_attributes.attribute = profiling_attributes.attribute
        where customer_attributes.attribute_value is not null
    ),

    segment_counts as (
        select segment_id, segment_name, attribute, attribute_value, count(*) as customers
        from known_attributes
        group by segment_id, segment_name, attribute, attribute_value
    ),

    segment_shares as (
        select
            *,
            sum(customers) over (partition by attribute, attribute_value) as population_customers,
            1e0 * customers / sum(customers) over (partition by segment_id, attribute) as share,
            1e0
            * sum(customers) over (partition by attribute, attribute_value)
            / sum(customers) over (partition by attribute) as population_share
        from segment_counts
    ),

    segment_attributes as (
        select
            segment_id,
            segment_name,
            attribute,
            attribute_value as value,
            cast(customers as bigint) as customers,
            share,
            population_share,
            share / population_share as lift
        from segment_shares
        where population_customers >= {{ fewest_customers_of_a_value() }}
    )

select *
from segment_attributes
