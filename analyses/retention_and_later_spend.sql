-- How many customers of each segment came again, and what did they spend, in the days that
-- followed?
-- Of the last date that lies outcome_days back, by default 90.
select *
from segment_outcomes
where as_of = (select max(as_of) from segment_outcomes)
order by segment_id
