{%- set text = dbt.type_string() -%}
with
    segment_fit as (select * from {{ ref("segment_fit") }}),

    candidate_lineage as (select * from {{ ref("candidate_lineage") }}),

    segment_numbers as (select distinct provisional_id, segment_id from candidate_lineage),

    new_models as (
        select
            cast(segment_fit.model_version as {{ text }}) as model_version,
            cast(segment_numbers.segment_id as integer) as segment_id,
            cast(segment_fit.feature as {{ text }}) as feature,
            cast(segment_fit.feature_position as integer) as feature_position,
            segment_fit.fill_value,
            cast(segment_fit.transform as {{ text }}) as transform,
            segment_fit.clip_low,
            segment_fit.clip_high,
            segment_fit.mean,
            segment_fit.scale,
            segment_fit.center_scaled,
            segment_fit.center_raw,
            segment_fit.variance_scaled,
            cast(segment_fit.sample_customers as bigint) as sample_customers,
            segment_fit.bootstrap_jaccard
        from segment_fit
        inner join segment_numbers on segment_fit.segment_id = segment_numbers.provisional_id
    ),

    segment_model as ({{ past_and_new("segment_model", "new_models") }})

select *
from segment_model
