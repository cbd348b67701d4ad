with
    k_sweep as (select * from {{ ref("k_sweep") }}),

    new_selection as (
        select
            cast(model_version as {{ dbt.type_string() }}) as model_version,
            cast(k as integer) as k,
            inertia,
            silhouette,
            davies_bouldin,
            calinski_harabasz,
            stability_ari,
            stability_error,
            smallest_share,
            structureless_silhouette,
            bend,
            structureless_bend,
            cast(picked_by as {{ dbt.type_string() }}) as picked_by,
            is_chosen,
            case when is_chosen then cast(chosen_by as {{ dbt.type_string() }}) end as chosen_by
        from k_sweep
    ),

    k_selection as ({{ past_and_new("k_selection", "new_selection") }})

select *
from k_selection
