-- Which segments are these customers in? Put the ids into the list. One without a segment is not in
-- the input, or is among those whom customer_accounting counts as left out.
select wanted.customer_id, customers.segment_name, customers.runner_up_segment_id, customers.margin
from (values ('1'), ('900'), ('nobody')) as wanted(customer_id)
left join customer_segments as customers on wanted.customer_id = customers.customer_id
order by wanted.customer_id
