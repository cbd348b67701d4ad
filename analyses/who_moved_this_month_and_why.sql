-- Who moved in the last 30 days, and why? A row for each feature that has changed, or for all where
-- none has; names of that day. Where the cause is refit, it is the model that has changed.
-- fmt: off
select moves.as_of, customer_id, old.segment_name as from_segment_name,
    new.segment_name as to_segment_name, cause, feature,
    cast(features_before ->> feature as double) as value_before,
    cast(features_after ->> feature as double) as value_after
from segment_moves as moves
left join segment_history as old on (moves.as_of, from_segment_id) = (old.as_of, old.segment_id)
left join segment_history as new on (moves.as_of, to_segment_id) = (new.as_of, new.segment_id)
left join unnest(json_keys(coalesce(features_after, features_before))) as features(feature) on true
where cause <> 'initial' and moves.as_of > (select max(as_of) - 30 from segment_history)
and (value_before is distinct from value_after or coalesce(features_before = features_after, true))
order by moves.as_of desc, customer_id, feature
