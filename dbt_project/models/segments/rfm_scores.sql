with
    customer_segments as (select * from {{ ref("customer_segments") }}),

    customer_features as (select * from {{ ref("customer_features") }}),

    rfm_labels as (select * from {{ ref("rfm_labels") }}),

    -- How many customers have a strictly worse value.
    ranked_customers as (
        select
            customer_segments.customer_id,
            customer_segments.segment_id,
            customer_segments.segment_name,
            customer_segments.as_of,
            customer_features.spend,
            rank() over (order by customer_features.recency_days desc) - 1 as less_recent,
            rank() over (order by customer_features.orders) - 1 as less_frequent,
            rank() over (order by customer_features.spend nulls last) - 1 as less_spending,
            count(*) over () as customers,
            count(customer_features.spend) over () as customers_with_spend
        from customer_segments
        inner join
            customer_features on customer_segments.customer_id = customer_features.customer_id
    ),

    scores as (
        select
            customer_id,
            segment_id,
            segment_name,
            as_of,
            {{ part_of_ranked("less_recent", "customers", 5) }} as recency_score,
            {{ part_of_ranked("less_frequent", "customers", 5) }} as frequency_score,
            case
                when spend is not null
                then {{ part_of_ranked("less_spending", "customers_with_spend", 5) }}
            end as monetary_score
        from ranked_customers
    ),

    rfm_scores as (
        select
            scores.customer_id,
            scores.recency_score,
            scores.frequency_score,
            scores.monetary_score,
            cast(scores.recency_score as {{ dbt.type_string() }})
            || cast(scores.frequency_score as {{ dbt.type_string() }})
            || coalesce(cast(scores.monetary_score as {{ dbt.type_string() }}), '') as rfm_score,
            rfm_labels.rfm_label,
            scores.segment_id,
            scores.segment_name,
            scores.as_of
        from scores
        left join
            rfm_labels
            on scores.recency_score
            between rfm_labels.minimum_recency_score and rfm_labels.maximum_recency_score
            and (scores.frequency_score + coalesce(scores.monetary_score, scores.frequency_score))
            / 2e0
            between rfm_labels.minimum_frequency_monetary and rfm_labels.maximum_frequency_monetary
    )

select *
from rfm_scores
