{%- set text = dbt.type_string() -%}
with
    past_gates as (select * from {{ released_rows("model_gates") }} as released),

    candidate_gates as (select * from {{ ref("candidate_gates") }}),

    new_gates as (
        select
            cast(model_version as {{ text }}) as model_version,
            cast(position as integer) as position,
            cast(gate as {{ text }}) as gate,
            value,
            threshold,
            holds,
            cast(sentence as {{ text }}) as sentence
        from candidate_gates
    ),

    model_gates as (
        select *
        from past_gates
        where model_version not in (select new_gates.model_version from new_gates)
        union all
        select *
        from new_gates
    )

select *
from model_gates
