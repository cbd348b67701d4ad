{{ config(severity="warn") }}

-- Finds segments of too few customers for the features that they are made of: none is to be
-- trusted. The build's line "trust:" has the figures.
with
    segments as (select * from {{ ref("segments") }}),

    active_model as (select * from {{ ref("active_model") }}),

    totals as (select sum(customers) as customers from segments),

    clustered as (select count(distinct feature) as features from active_model)

select segments.segment_id, segments.customers
from segments
cross join totals
cross join clustered
where totals.customers < {{ setting("min_customers_a_feature") }} * clustered.features
