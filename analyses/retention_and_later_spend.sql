-- How many customers of each segment came again in the days after a date, and what did they spend?
-- The last date that lies outcome_days back. Where that var has changed, the table has a date once
-- for each number of days: of these the one that was measured last.
with
    measured_last as (
        select as_of, outcome_days
        from segment_outcomes
        order by measured_on desc, as_of desc, outcome_days asc
        limit 1
    )
select outcomes.*
from segment_outcomes as outcomes
inner join measured_last using (as_of, outcome_days)
order by segment_id
