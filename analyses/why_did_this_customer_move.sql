-- Why did customers change segment, and was it them or the model? Put a customer and a day into
-- the last
-- lines. Only the history is read: moves, model versions and lineage.
with
    moves as (
        select
            customer_id,
            as_of,
            from_segment_id,
            to_segment_id,
            cause,
            from_model_version,
            to_model_version
        from {{ ref("segment_moves") }}
    ),

    model_versions as (
        select model_version, fitted_as_of, fitted_because, reason from {{ ref("model_versions") }}
    ),

    lineage as (select distinct model_version, segment_id, event from {{ ref("segment_lineage") }})

select
    moves.customer_id,
    moves.as_of,
    moves.from_segment_id,
    moves.to_segment_id,
    moves.cause,
    case
        when moves.cause = 'arrival'
        then 'has a segment for the first time, or again'
        when moves.cause = 'departure'
        then 'is no longer among the segmented customers'
        when moves.cause = 'behaviour'
        then
            'has changed: the model that was active before, '
            || moves.from_model_version
            || ', moves this customer too'
        else
            'has not changed: '
            || moves.to_model_version
            || ' took the place of '
            || moves.from_model_version
            || ', which was fitted because '
            || model_versions.fitted_because
            || '; '
            || model_versions.reason
            || '; the new segment is '
            || lineage.event
    end as explanation
from moves
left join model_versions on moves.to_model_version = model_versions.model_version
left join
    lineage
    on moves.to_model_version = lineage.model_version
    and moves.to_segment_id = lineage.segment_id
order by moves.as_of desc, moves.customer_id asc
