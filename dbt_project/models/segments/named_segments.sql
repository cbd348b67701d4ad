with
    active_segments as (select * from {{ candidate_rows("active_segments") }} as segments),

    -- One row per customer who gets a segment.
    population as (select count(*) as customers from {{ ref("published_ids") }}),

    named_segments as (
        select
            active_segments.segment_id,
            active_segments.segment_name,
            active_segments.description,
            active_segments.action,
            active_segments.yielded_name,
            active_segments.bootstrap_jaccard,
            case
                when
                    population.customers
                    < {{ setting("min_customers_a_feature") }} * active_segments.features
                then 'do not act on this'
                when active_segments.bootstrap_jaccard >= 0.75
                then 'solid'
                when active_segments.bootstrap_jaccard >= 0.6
                then 'soft'
                else 'do not act on this'
            end as trust,
            1e0
            * active_segments.sample_customers
            / sum(active_segments.sample_customers) over () as share_at_fit,
            active_segments.model_version
        from active_segments
        cross join population
    )

select *
from named_segments
