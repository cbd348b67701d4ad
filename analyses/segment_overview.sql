-- Who are the segments, and what share of customers and revenue has each?
select segment_id, segment_name, customers, customer_share, revenue_share, action
from segments
order by segment_id
