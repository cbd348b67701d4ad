with
    scored_customers as (select * from {{ ref("scored_customers") }}),

    named_segments as (select * from {{ ref("named_segments") }}),

    customer_eligibility as (select * from {{ ref("customer_eligibility") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    published_ids as (select * from {{ ref("published_ids") }}),

    last_segments as (select * from {{ ref("last_segments") }}),

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
            case
                when last_segments.segment_id = scored_customers.segment_id
                then last_segments.previous_segment_id
                else last_segments.segment_id
            end as previous_segment_id,
            case
                when last_segments.segment_id = scored_customers.segment_id
                then last_segments.segment_since
                else as_of_date.as_of
            end as segment_since,
            coalesce(settled.segment_id, scored_customers.segment_id) as settled_segment_id,
            coalesce(settled.segment_name, named_segments.segment_name) as settled_segment_name,
            named_segments.model_version,
            as_of_date.as_of
        from scored_customers
        inner join named_segments on scored_customers.segment_id = named_segments.segment_id
        inner join
            customer_eligibility on scored_customers.customer_id = customer_eligibility.customer_id
        inner join published_ids on scored_customers.customer_id = published_ids.customer_id
        left join last_segments on published_ids.published_id = last_segments.published_id
        -- Of the active model, and not where the model alone has moved the customer.
        left join
            named_segments as settled
            on last_segments.settled_segment_id = settled.segment_id
            and (
                scored_customers.segment_id = last_segments.segment_id
                or scored_customers.segment_id_by_previous_model <> last_segments.segment_id
            )
        cross join as_of_date
    )

select *
from customer_segments
