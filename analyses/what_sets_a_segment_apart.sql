-- Which three features set each segment furthest apart from all customers?
with
    ranked_features as (
        select
            segment_id,
            segment_name,
            label,
            unit,
            median,
            population_median,
            z_score,
            row_number() over (
                partition by segment_id order by abs(z_score) desc nulls last, feature
            ) as place
        from segment_profiles
    )

select *
from ranked_features
where place <= 3
order by segment_id, place
