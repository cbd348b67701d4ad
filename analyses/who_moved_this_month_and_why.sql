-- Who moved in the last 30 days, and why? A row for each feature that has changed, or for all where
-- none has; names of that day. Where the cause is refit, it is the model that has changed.
-- fmt: off
select moves.as_of, moves.customer_id, old.segment_name as from_segment_name,
    new.segment_name as to_segment_name, moves.cause, features.feature,
    cast(moves.features_before ->> features.feature as double) as value_before,
    cast(moves.features_after ->> features.feature as double) as value_after
from segment_moves as moves
left join segment_history as old on moves.as_of = old.as_of and moves.from_segment_id = old.segment_id
left join segment_history as new on moves.as_of = new.as_of and moves.to_segment_id = new.segment_id
left join unnest(json_keys(coalesce(moves.features_after, moves.features_before))) as features(feature) on true
where moves.cause <> 'initial' and moves.as_of > (select max(dates.as_of) - 30 from segment_history as dates)
and (value_before is distinct from value_after or coalesce(moves.features_before = moves.features_after, true))
order by moves.as_of desc, moves.customer_id asc, features.feature asc
