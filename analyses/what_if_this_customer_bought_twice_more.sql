-- Where would this customer be after two more orders of the usual value, the last one yesterday?
with
    afterwards as (
        select
            * replace (
                orders + 2 as orders, spend + 2 * average_order_value as spend, 1 as recency_days
            )
        from customer_features
        where customer_id = '10'
    )
select customers.segment_name as segment_now, scores.segment_name as segment_then
from score_customers('afterwards') as scores
inner join customer_segments as customers on scores.customer_id = customers.customer_id
