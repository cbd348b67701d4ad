with
    scored_customers as (select * from {{ ref("scored_customers") }}),

    named_segments as (select * from {{ ref("named_segments") }}),

    customer_eligibility as (select * from {{ ref("customer_eligibility") }}),

    model_versions as (select * from {{ ref("model_versions") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    published_ids as (select * from {{ ref("published_ids") }}),

    segment_moves as (select * from {{ ref("segment_moves") }}),

    last_moves as (
        select *, row_number() over (partition by customer_id order by as_of desc) as recency
        from segment_moves
    ),

    customer_segments as (
        select
            scored_customers.customer_id,
            scored_customers.segment_id,
            named_segments.segment_name,
            scored_customers.distance,
            scored_customers.runner_up_segment_id,
            scored_customers.margin,
            scored_customers.silhouette,
            scored_customers.is_outlier,
            customer_eligibility.filled_features,
            last_moves.from_segment_id as previous_segment_id,
            last_moves.as_of as segment_since,
            model_versions.model_version,
            as_of_date.as_of
        from scored_customers
        inner join named_segments on scored_customers.segment_id = named_segments.segment_id
        inner join
            customer_eligibility on scored_customers.customer_id = customer_eligibility.customer_id
        inner join published_ids on scored_customers.customer_id = published_ids.customer_id
        left join
            last_moves
            on published_ids.published_id = last_moves.customer_id
            and last_moves.recency = 1
        cross join model_versions
        cross join as_of_date
        where model_versions.status = 'active'
    )

select *
from customer_segments
