-- Which high-value customers spent much less in the recent window than in the one before?
select
    customer_features.customer_id,
    customer_features.spend,
    customer_features.recent_spend_share,
    customer_features.recency_days
from {{ ref("customer_features") }} as customer_features
inner join
    {{ ref("customer_segments") }} as customer_segments
    on customer_features.customer_id = customer_segments.customer_id
where customer_segments.segment_name = 'high-value' and customer_features.recent_spend_share < 0.35
order by customer_features.spend desc, customer_features.customer_id asc
