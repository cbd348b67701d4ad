with
    segment_fit as (select * from {{ ref("segment_fit") }}),

    segment_model as (
        select
            model_version,
            cast(segment_id as integer) as segment_id,
            feature,
            cast(feature_position as integer) as feature_position,
            fill_value,
            transform,
            clip_low,
            clip_high,
            mean,
            scale,
            center_scaled,
            center_raw,
            variance_scaled,
            cast(sample_customers as bigint) as sample_customers
        from segment_fit
    )

select *
from segment_model
