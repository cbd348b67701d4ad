-- How have the segments changed over time? Customers and who came and went, on each date of a
-- build;
-- revenue is that of the recent_days before it.
select as_of, segment_name, customers, arrivals, departures, moves_in, moves_out, recent_revenue
from segment_history
order by as_of, segment_id
