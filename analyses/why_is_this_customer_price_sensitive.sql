-- Why is this customer in the segment, and not in the runner-up? A contribution above 0 speaks for
-- the segment; the largest one is the reason.
select feature, value, population_median, segment_center, runner_up_center, contribution
from explain_customer('1003')
order by contribution desc
