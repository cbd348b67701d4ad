with
    past_moves as (select * from {{ ref("past_moves") }}),

    segments_before as (select * from {{ ref("segments_before") }}),

    scored_customers as (select * from {{ ref("scored_customers") }}),

    scored_before as (select * from {{ ref("scored_before") }}),

    published_ids as (select * from {{ ref("published_ids") }}),

    refit_decision as (select * from {{ ref("refit_decision") }}),

    model_versions as (select * from {{ ref("model_versions") }}),

    segments_now as (
        select
            published_ids.published_id,
            scored_customers.segment_id,
            scored_before.segment_id as segment_id_by_previous_model
        from scored_customers
        inner join published_ids on scored_customers.customer_id = published_ids.customer_id
        inner join scored_before on scored_customers.customer_id = scored_before.customer_id
    ),

    changes as (
        select
            coalesce(segments_now.published_id, segments_before.published_id) as customer_id,
            segments_before.segment_id as from_segment_id,
            segments_now.segment_id as to_segment_id,
            segments_now.segment_id_by_previous_model,
            case
                when segments_before.segment_id is null
                then 'arrival'
                when segments_now.segment_id is null
                then 'departure'
                when segments_now.segment_id_by_previous_model <> segments_before.segment_id
                then 'behaviour'
                else 'refit'
            end as cause
        from segments_now
        full outer join segments_before on segments_now.published_id = segments_before.published_id
        where
            segments_before.segment_id is null
            or segments_now.segment_id is null
            or segments_before.segment_id <> segments_now.segment_id
    ),

    new_moves as (
        select
            changes.customer_id,
            refit_decision.as_of,
            cast(changes.from_segment_id as integer) as from_segment_id,
            cast(changes.to_segment_id as integer) as to_segment_id,
            changes.cause,
            refit_decision.previous_version as from_model_version,
            model_versions.model_version as to_model_version,
            cast(changes.segment_id_by_previous_model as integer) as segment_id_by_previous_model,
            case
                when model_versions.model_version <> refit_decision.previous_version
                then model_versions.reason
            end as activation_reason
        from changes
        cross join refit_decision
        cross join model_versions
        where model_versions.status = 'active'
    ),

    -- A second build of a day tells the moves of that day anew.
    segment_moves as (
        select past_moves.*
        from past_moves
        inner join refit_decision on past_moves.as_of < refit_decision.as_of
        union all
        select *
        from new_moves
    )

select *
from segment_moves
