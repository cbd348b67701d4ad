with
    k_sweep as (select * from {{ ref("k_sweep") }}),

    new_verdicts as (
        select
            cast(model_version as {{ dbt.type_string() }}) as model_version,
            has_clusters,
            silhouette_gain,
            cast(gain_k as integer) as gain_k,
            cast(verdict as {{ dbt.type_string() }}) as sentence,
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
    ),

    cluster_verdict as ({{ past_and_new("cluster_verdict", "new_verdicts") }})

select *
from cluster_verdict
