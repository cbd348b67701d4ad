{%- set text = dbt.type_string() -%}
with
    candidate_lineage as (select * from {{ ref("candidate_lineage") }}),

    new_lineage as (
        select
            cast(model_version as {{ text }}) as model_version,
            cast(from_model_version as {{ text }}) as from_model_version,
            cast(segment_id as integer) as segment_id,
            cast(event as {{ text }}) as event,
            cast(from_segment_id as integer) as from_segment_id,
            cast(customers as bigint) as customers,
            share_of_previous,
            share_of_segment,
            centroid_jump,
            cast(jump_feature as {{ text }}) as jump_feature
        from candidate_lineage
    ),

    segment_lineage as ({{ past_and_new("segment_lineage", "new_lineage") }})

select *
from segment_lineage
