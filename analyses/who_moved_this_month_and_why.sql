-- Who moved in the last 30 days, and why? Where the cause is behaviour the customer has changed, as
-- the features before and after tell; where it is refit, the model has.
select origin.segment_name as from_segment, target.segment_name as to_segment, moves.*
from segment_moves as moves
left join segments as origin on moves.from_segment_id = origin.segment_id
left join segments as target on moves.to_segment_id = target.segment_id
where
    moves.cause <> 'initial'
    and moves.as_of > (select max(today.as_of) from customer_segments as today) - interval 30 days
order by moves.as_of desc, moves.customer_id asc
