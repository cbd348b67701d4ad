{%- set features = active_features() -%}
{%- set columns = [
    "as_of",
    "from_segment_id",
    "to_segment_id",
    "cause",
    "from_model_version",
    "to_model_version",
    "segment_id_by_previous_model",
    "activation_reason",
] -%}
with
    last_moves as (select * from {{ ref("last_moves") }}),

    last_segments as (select * from {{ ref("last_segments") }}),

    last_release as (select * from {{ ref("last_release") }}),

    candidate as (select * from {{ ref("candidate") }}),

    scored_customers as (select * from {{ ref("scored_customers") }}),

    published_ids as (select * from {{ ref("published_ids") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    customers as (select * from {{ used_customers() }} as used_customers),

    -- Of the release of before this date, with the ids that are published.
    earlier_customers as (
        select * from {{ released_rows("customer_features", earlier=true) }} as released
    ),

    -- A second build of a day tells the moves of that day anew.
    earlier_moves as (
        select last_moves.*
        from last_moves
        inner join as_of_date on last_moves.as_of < as_of_date.as_of
    ),

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
            as_of_date.as_of,
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
        cross join as_of_date
    ),

    first_build as (
        select coalesce(min(earlier_moves.as_of), max(as_of_date.as_of)) as first_on
        from as_of_date
        left join earlier_moves on as_of_date.as_of > earlier_moves.as_of
    ),

    -- Nine digits behind the point: the last bits of a quotient are an engine's own.
    values_before as (
        select
            new_moves.published_id
            {%- for feature in features %}
                {%- set value = "null" if uses_metrics() else "earlier_customers." ~ feature %},
                round(cast({{ value }} as double), 9) as {{ feature }}
            {%- endfor %}
        from new_moves
        inner join earlier_customers on new_moves.published_id = earlier_customers.customer_id
        where new_moves.from_segment_id is not null
    ),

    -- The first build moves nobody, and customer_features has all of them.
    values_after as (
        select
            new_moves.published_id
            {%- for feature in features %}
                , round(cast(customers.{{ feature }} as double), 9) as {{ feature }}
            {%- endfor %}
        from new_moves
        inner join first_build on new_moves.as_of > first_build.first_on
        inner join customers on new_moves.customer_id = customers.customer_id
    ),

    texts_before as (select published_id, {{ as_json(features) }} as features from values_before),

    texts_after as (select published_id, {{ as_json(features) }} as features from values_after),

    all_moves as (
        select customer_id, {{ columns | join(", ") }}, features_before, features_after
        from earlier_moves
        union all
        select
            new_moves.published_id as customer_id,
            {% for column in columns -%} new_moves.{{ column }}, {% endfor -%}
            texts_before.features as features_before,
            texts_after.features as features_after
        from new_moves
        left join texts_before on new_moves.published_id = texts_before.published_id
        left join texts_after on new_moves.published_id = texts_after.published_id
    ),

    settled_moves as ({{ settled_moves("all_moves", "as_of_date") }}),

    segment_moves as (
        select
            settled_moves.customer_id,
            settled_moves.as_of,
            settled_moves.from_segment_id,
            settled_moves.to_segment_id,
            -- Nobody knows whether they came on the first day of the history or long before.
            case
                when settled_moves.cause = 'arrival' and settled_moves.as_of = first_build.first_on
                then 'initial'
                else settled_moves.cause
            end as cause,
            settled_moves.from_model_version,
            settled_moves.to_model_version,
            settled_moves.segment_id_by_previous_model,
            settled_moves.activation_reason,
            settled_moves.features_before,
            settled_moves.features_after,
            settled_moves.settled_on
        from settled_moves
        cross join first_build
    )

select *
from segment_moves
