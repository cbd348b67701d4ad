{%- set text = dbt.type_string() -%}
with
    past_versions as (select * from {{ released_rows("model_versions") }} as released),

    segment_fit as (select * from {{ ref("segment_fit") }}),

    k_sweep as (select * from {{ ref("k_sweep") }}),

    clustering_features as (select * from {{ ref("clustering_features") }}),

    refit_decision as (select * from {{ ref("refit_decision") }}),

    candidate_gates as (select * from {{ ref("candidate_gates") }}),

    model_activations as (select * from {{ ref("model_activations") }}),

    population as (select count(*) as customers from clustering_features),

    failed_gates as (
        select {{ joined_texts("sentence", "'; '", "position") }} as sentences
        from candidate_gates
        where not holds
    ),

    new_versions as (
        select
            cast(k_sweep.model_version as {{ text }}) as model_version,
            cast(k_sweep.parent_version as {{ text }}) as parent_version,
            cast(k_sweep.k as integer) as k,
            cast(k_sweep.configuration as {{ text }}) as configuration,
            cast(k_sweep.seed as bigint) as seed,
            cast(k_sweep.params as {{ text }}) as params,
            population.customers,
            cast(k_sweep.sample_size as bigint) as sample_size,
            segment_fit.inertia,
            cast(k_sweep.fitted_as_of as date) as fitted_as_of,
            cast(k_sweep.input_fingerprint as {{ text }}) as input_fingerprint,
            refit_decision.refit_reason as fitted_because,
            failed_gates.sentences as refused_because
        from k_sweep
        inner join
            segment_fit
            on k_sweep.model_version = segment_fit.model_version
            and segment_fit.segment_id = 1
            and segment_fit.feature_position = 1
        cross join population
        cross join refit_decision
        cross join failed_gates
        where k_sweep.is_chosen
    ),

    {% set columns -%}
        model_version, parent_version, k, configuration, seed, params, customers, sample_size,
        inertia, fitted_as_of, input_fingerprint, fitted_because, refused_because
    {%- endset -%}

    versions as (
        select {{ columns }}
        from past_versions
        where model_version not in (select new_versions.model_version from new_versions)
        union all
        select {{ columns }}
        from new_versions
    ),

    last_activations as (
        select *, row_number() over (partition by model_version order by activation desc) as latest
        from model_activations
    ),

    model_versions as (
        select
            versions.*,
            case
                when last_activations.activation is null
                then 'refused'
                when
                    last_activations.activation
                    = (select max(model_activations.activation) from model_activations)
                then 'active'
                else 'retired'
            end as status,
            last_activations.active_since,
            coalesce(last_activations.reason, versions.refused_because) as reason
        from versions
        left join
            last_activations
            on versions.model_version = last_activations.model_version
            and last_activations.latest = 1
    )

select
    model_version,
    parent_version,
    k,
    configuration,
    seed,
    params,
    customers,
    sample_size,
    inertia,
    fitted_as_of,
    input_fingerprint,
    fitted_because,
    refused_because,
    status,
    active_since,
    reason
from model_versions
