{{ config(post_hook="{{ report_model(this) }}") }}

with
    past_activations as (select * from {{ released_rows("model_activations") }} as released),

    refit_decision as (select * from {{ ref("refit_decision") }}),

    k_sweep as (select * from {{ ref("k_sweep") }}),

    candidate_gates as (select * from {{ ref("candidate_gates") }}),

    candidates as (
        select
            max(k_sweep.model_version) as model_version,
            (select count(*) from candidate_gates where not candidate_gates.holds) as failed_gates
        from k_sweep
    ),

    decisions as (
        select
            cast(coalesce(refit_decision.activations, 0) + 1 as integer) as activation,
            case
                when refit_decision.base_version <> refit_decision.last_version
                then refit_decision.base_version
                else cast(candidates.model_version as {{ dbt.type_string() }})
            end as model_version,
            refit_decision.as_of as active_since,
            case
                when refit_decision.base_version is null
                then 'first'
                when refit_decision.base_version <> refit_decision.last_version
                then 'person'
                when candidates.failed_gates = 0
                then 'gates'
                when {{ (setting("accept_model") == "candidate") | lower }}
                then 'person'
            end as decided_by
        from refit_decision
        cross join candidates
    ),

    new_activations as (
        select
            *,
            case
                when decided_by = 'first'
                then 'the first model'
                when decided_by = 'gates'
                then 'all gates hold'
                when model_version in (select past_activations.model_version from past_activations)
                then 'a person went back to it'
                else 'a person accepted it'
            end as reason
        from decisions
        where model_version is not null and decided_by is not null
    ),

    model_activations as (
        select activation, model_version, active_since, decided_by, reason
        from past_activations
        union all
        select activation, model_version, active_since, decided_by, reason
        from new_activations
    )

select *
from model_activations
