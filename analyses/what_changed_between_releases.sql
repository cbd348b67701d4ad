-- Who changed segment between two releases, and what else changed for them? Put in two names of the
-- view releases, the earlier one first.
select customer_id, from_segment_name, to_segment_name, feature, value_before, value_after
from compare_releases('20260101T000000000000Z', '20260201T000000000000Z')
where value_before is distinct from value_after
order by customer_id, feature
