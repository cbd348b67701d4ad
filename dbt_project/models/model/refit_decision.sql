{%- set text = dbt.type_string() -%}
{%- set is_asked = setting("refit") | string | lower == "true" -%}
{%- set accepted = setting("accept_model") -%}
{#- A model that a person names is not fitted over. -#}
{%- set is_named = accepted not in ("none", "candidate") -%}
{%- set is_waiting = not is_asked and accepted != "candidate" -%}
with
    model_before as (select * from {{ ref("model_before") }}),

    clustered_feature_definitions as (select * from {{ ref("clustered_feature_definitions") }}),

    feature_drift as (select * from {{ ref("feature_drift") }}),

    model_versions as (select * from {{ released_rows("model_versions") }} as released),

    settings as (
        select
            'k = {{ setting("k") }}; '
            || {{ joined_texts("feature || ' (' || transform || ')'", "', '", "position") }}
            as configuration
        from clustered_feature_definitions
    ),

    base as (
        select
            model_before.*,
            settings.configuration,
            model_versions.configuration as base_configuration,
            -- Since the fit, or since a person's later choice, which the next day would otherwise
            -- undo.
            {{ dbt.datediff("model_versions.active_since", "model_before.as_of", "day") }} as age
        from model_before
        cross join settings
        left join model_versions on model_before.base_version = model_versions.model_version
    ),

    largest_drift as (
        select max(drift) as drift, max_by(feature, drift) as feature from feature_drift
    ),

    reasons as (
        select
            base.*,
            case
                when base.base_version is null
                then 'there is no model yet'
                {% if is_named -%} when true then null {% endif -%}
                {% if is_asked -%} when true then 'refit is true' {% endif -%}
                when base.configuration <> base.base_configuration
                then
                    'features, transforms or k have changed, from '
                    || base.base_configuration
                    || ' to '
                    || base.configuration
                when base.age > {{ setting("max_model_age_days") }}
                then
                    'the model has been active for '
                    || cast(base.age as {{ text }})
                    || ' days (max_model_age_days: {{ setting("max_model_age_days") }})'
                when largest_drift.drift >= {{ setting("drift_refit") }}
                then
                    largest_drift.feature
                    || ' has drifted by '
                    || cast(round(largest_drift.drift, 2) as {{ text }})
                    || ' (drift_refit: {{ setting("drift_refit") }})'
                {% if accepted == "candidate" -%}
                    when true then 'accept_model is candidate'
                {% endif -%}
            end as refit_reason
        from base
        cross join largest_drift
    ),

    -- What was refused a few days ago would be refused again.
    recent_refusals as (
        select max_by(model_versions.model_version, model_versions.fitted_as_of) as model_version
        from model_versions
        inner join
            reasons
            on model_versions.status = 'refused'
            and model_versions.parent_version = reasons.base_version
            and model_versions.configuration = reasons.configuration
            and {{ dbt.datediff("model_versions.fitted_as_of", "reasons.as_of", "day") }}
            < {{ setting("refit_wait_days") }}
            and {{ is_waiting | lower }}
    ),

    refit_decision as (
        select
            reasons.as_of,
            reasons.activations,
            reasons.last_version,
            reasons.previous_version,
            reasons.base_version,
            reasons.last_segment_id,
            reasons.configuration,
            reasons.refit_reason,
            reasons.refit_reason is not null and recent_refusals.model_version is null as is_refit,
            case
                {% if is_named -%}
                    when true
                    then
                        'no refit, {{ "though refit is true, " if is_asked }}since accept_model is '
                        || reasons.base_version
                {% endif -%}
                when reasons.refit_reason is null
                then 'no refit, nothing calls for one'
                when recent_refusals.model_version is not null
                then
                    'no refit, though '
                    || reasons.refit_reason
                    || ': candidate '
                    || recent_refusals.model_version
                    || ' was refused less than {{ setting("refit_wait_days") }} days ago'
                else 'refit, since ' || reasons.refit_reason
            end as reason
        from reasons
        cross join recent_refusals
    )

select *
from refit_decision
