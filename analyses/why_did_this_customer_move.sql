-- Why did this customer's segment change on that day, and was it the customer or the model? Put the
-- customer and the day into the where clause at the end. Only the history is read: moves, model
-- versions and lineage.
{%- set text = dbt.type_string() -%}
{%- set from_segment = "cast(from_segment_id as " ~ text ~ ")" %}
with
    moves as (select * from {{ ref("segment_moves") }}),

    model_versions as (select model_version, fitted_because from {{ ref("model_versions") }}),

    -- A model has a lineage from the one that was active when it was fitted, and from no other.
    lineage as (
        select
            model_version,
            from_model_version,
            segment_id,
            event,
            {{ joined_texts(from_segment, "' and '", "from_segment_id") }} as origins
        from {{ ref("segment_lineage") }}
        group by model_version, from_model_version, segment_id, event
    )

select
    moves.customer_id,
    moves.as_of,
    moves.from_segment_id,
    moves.to_segment_id,
    moves.cause,
    moves.features_before,
    moves.features_after,
    case
        when moves.cause = 'arrival'
        then 'has a segment for the first time, or again'
        when moves.cause = 'initial'
        then 'was there in the first build of the history'
        when moves.cause = 'departure'
        then 'is no longer among the segmented customers'
        when moves.cause = 'behaviour' and moves.from_model_version = moves.to_model_version
        then 'has changed: the model is the same as before, ' || moves.to_model_version
        when moves.cause = 'behaviour'
        then
            'has changed: the model that was active before, '
            || moves.from_model_version
            || ', moves this customer too'
        else
            case
                when moves.segment_id_by_previous_model is null
                then 'may have changed or not, that is not known; the model has changed: '
                else 'has not changed, the model has: '
            end
            || moves.to_model_version
            || ' took the place of '
            || moves.from_model_version
            || coalesce(' (' || moves.activation_reason || ')', '')
            || '; it was fitted because '
            || model_versions.fitted_because
            || '; '
            || coalesce(
                'its segment '
                || cast(moves.to_segment_id as {{ text }})
                || ' is '
                || lineage.event
                || coalesce(' from ' || lineage.origins, ''),
                'it has no lineage from ' || moves.from_model_version
            )
    end as explanation
from moves
left join model_versions on moves.to_model_version = model_versions.model_version
left join
    lineage
    on moves.to_model_version = lineage.model_version
    and moves.from_model_version = lineage.from_model_version
    and moves.to_segment_id = lineage.segment_id
where
    -- Here, such as: moves.customer_id = '1234' and moves.as_of = date '2018-01-02'
    true
order by moves.as_of desc, moves.customer_id asc
