-- What does each segment bring in, month by month, and how many of its customers come? The segments
-- are those of today. Of a month that is not over, more may come.
select month, is_over, segment_name, revenue, customers, revenue / customers as revenue_a_customer
from segment_months
order by month, segment_id
