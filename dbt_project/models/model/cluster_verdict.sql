with
    candidate as (select * from {{ ref("candidate") }}),

    new_verdicts as (
        select
            model_version,
            has_clusters,
            silhouette_gain,
            gain_k,
            verdict_sentence as sentence,
            elbow_k,
            elbow_sentence,
            verdict,
            valley_low,
            valley_high,
            valley_limit
        from candidate
        where model_version is not null
    ),

    cluster_verdict as ({{ released_and_new("cluster_verdict", "new_verdicts") }})

select *
from cluster_verdict
