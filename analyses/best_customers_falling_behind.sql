-- Which high-value customers spent much less in the recent window than in the one before?
select features.customer_id, features.spend, features.recent_spend_share, features.recency_days
from customer_features as features
inner join customer_segments as customers on features.customer_id = customers.customer_id
where customers.segment_name = 'high-value' and features.recent_spend_share < 0.35
order by features.spend desc, features.customer_id asc
