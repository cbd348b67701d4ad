-- How many customers of each segment came again in the days after a date, and what did they spend?
-- The last date that lies outcome_days back. Where that var has changed, the table has a date once
-- for each number of days: of these the one that was measured last.
with
    ranked as (
        select
            *, dense_rank() over (order by measured_on desc, as_of desc, outcome_days asc) as place
        from segment_outcomes
    )
select * exclude (place)
from ranked
where place = 1
order by segment_id
