with
    past_selection as (select * from {{ released_rows("k_selection") }} as released),

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

    k_selection as (
        select *
        from past_selection
        where model_version not in (select new_selection.model_version from new_selection)
        union all
        select *
        from new_selection
    )

select *
from k_selection
