-- Which customers stand nearest to a border, and which segment lies beyond it?
select
    customers.customer_id, customers.segment_name, beyond.segment_name as beyond, customers.margin
from customer_segments as customers
inner join segments as beyond on customers.runner_up_segment_id = beyond.segment_id
order by customers.margin, customers.customer_id
limit 100
