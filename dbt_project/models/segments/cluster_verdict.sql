with
    k_sweep as (select * from {{ ref("k_sweep") }}),

    cluster_verdict as (
        select
            model_version,
            has_clusters,
            silhouette_gain,
            cast(gain_k as integer) as gain_k,
            verdict as sentence,
            cast(elbow_k as integer) as elbow_k,
            case
                when elbow_k is null
                then
                    'No knee: the inertia curve, from k = 1 on, bends no more than that of structureless data.'
                else
                    'The inertia curve, from k = 1 on, has its knee at k = '
                    || cast(elbow_k as {{ dbt.type_string() }})
                    || '.'
            end as elbow_sentence
        from k_sweep
        where k = 1
    )

select *
from cluster_verdict
