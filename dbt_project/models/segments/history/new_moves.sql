with
    last_segments as (select * from {{ ref("last_segments") }}),

    scored_customers as (select * from {{ ref("scored_customers") }}),

    published_ids as (select * from {{ ref("published_ids") }}),

    last_release as (select * from {{ ref("last_release") }}),

    candidate as (select * from {{ ref("candidate") }}),

    segments_now as (
        select
            published_ids.customer_id,
            published_ids.published_id,
            scored_customers.segment_id,
            scored_customers.segment_id_by_previous_model
        from scored_customers
        inner join published_ids on scored_customers.customer_id = published_ids.customer_id
    ),

    changes as (
        select
            segments_now.customer_id,
            coalesce(segments_now.published_id, last_segments.published_id) as published_id,
            last_segments.segment_id as from_segment_id,
            segments_now.segment_id as to_segment_id,
            segments_now.segment_id_by_previous_model,
            case
                when last_segments.segment_id is null
                then 'arrival'
                when segments_now.segment_id is null
                then 'departure'
                when segments_now.segment_id_by_previous_model <> last_segments.segment_id
                then 'behaviour'
                else 'refit'
            end as cause
        from segments_now
        full outer join last_segments on segments_now.published_id = last_segments.published_id
        where
            last_segments.segment_id is null
            or segments_now.segment_id is null
            or last_segments.segment_id <> segments_now.segment_id
    ),

    new_moves as (
        select
            changes.customer_id,
            changes.published_id,
            candidate.as_of,
            cast(changes.from_segment_id as integer) as from_segment_id,
            cast(changes.to_segment_id as integer) as to_segment_id,
            changes.cause,
            last_release.earlier_version as from_model_version,
            candidate.active_version as to_model_version,
            cast(changes.segment_id_by_previous_model as integer) as segment_id_by_previous_model,
            case
                when candidate.active_version <> last_release.earlier_version
                then candidate.active_reason
            end as activation_reason
        from changes
        cross join last_release
        cross join candidate
    )

select *
from new_moves
