{%- set text = dbt.type_string() -%}
with
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

    model_gates as ({{ past_and_new("model_gates", "new_gates") }})

select *
from model_gates
