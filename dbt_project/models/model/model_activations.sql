with
    released_activations as (select * from {{ released_rows("model_activations") }} as released),

    last_release as (select * from {{ ref("last_release") }}),

    candidate as (select * from {{ ref("candidate") }}),

    new_activations as (
        select
            cast(last_release.activations + 1 as integer) as activation,
            candidate.activated_version as model_version,
            candidate.as_of as active_since,
            candidate.decided_by,
            candidate.active_reason as reason
        from candidate
        cross join last_release
        where candidate.activated_version is not null
    ),

    model_activations as (
        select *
        from released_activations
        union all
        select *
        from new_activations
    )

select *
from model_activations
