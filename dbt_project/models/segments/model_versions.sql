with
    segment_fit as (select * from {{ ref("segment_fit") }}),

    k_sweep as (select * from {{ ref("k_sweep") }}),

    clustering_features as (select * from {{ ref("clustering_features") }}),

    population as (select count(*) as customers from clustering_features),

    model_versions as (
        select
            k_sweep.model_version,
            cast(k_sweep.k as integer) as k,
            cast(k_sweep.seed as bigint) as seed,
            k_sweep.params,
            population.customers,
            cast(k_sweep.sample_size as bigint) as sample_size,
            segment_fit.inertia,
            cast(k_sweep.fitted_as_of as date) as fitted_as_of,
            k_sweep.input_fingerprint,
            'active' as status,
            'fitted in this build' as reason
        from k_sweep
        inner join
            segment_fit
            on k_sweep.model_version = segment_fit.model_version
            and segment_fit.segment_id = 1
            and segment_fit.feature_position = 1
        cross join population
        where k_sweep.is_chosen
    )

select *
from model_versions
