-- How many customers of each segment came again in the days after a date, and what did they spend?
-- The last date that lies outcome_days back, by default 90.
with dates as (select max(as_of) as last_on from segment_outcomes)
select outcomes.*
from segment_outcomes as outcomes
inner join dates on outcomes.as_of = dates.last_on
order by outcomes.segment_id
