{{ config(severity="warn") }}

-- Finds segments of too few customers for the features that they are made of: none is to be
-- trusted.
select segments.segment_id, segments.customers
from {{ ref("segments") }} as segments
where
    (select sum(customers) from {{ ref("segments") }})
    < {{ setting("min_customers_a_feature") }}
    * (select count(distinct feature) from {{ ref("active_model") }})
