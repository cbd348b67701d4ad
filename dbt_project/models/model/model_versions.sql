with
    released_versions as (select * from {{ released_rows("model_versions") }} as released),

    candidate as (select * from {{ ref("candidate") }}),

    model_activations as (select * from {{ ref("model_activations") }}),

    population as (
        select count(*) as customers from {{ segmented_customers() }} as segmented_customers
    ),

    new_versions as (
        select candidate.*, population.customers
        from candidate
        cross join population
        where candidate.model_version is not null
    ),

    {% set columns -%}
        model_version, parent_version, k, configuration, seed, params, customers, sample_size,
        inertia, fitted_as_of, input_fingerprint, fitted_because, refused_because
    {%- endset -%}

    versions as (
        select {{ columns }}
        from released_versions
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

select *
from model_versions
