-- Which customers stand nearest to a border, and which segment lies beyond it?
select
    customer_segments.customer_id,
    customer_segments.segment_name,
    beyond.segment_name as runner_up_segment_name,
    customer_segments.margin
from {{ ref("customer_segments") }} as customer_segments
inner join
    {{ ref("segments") }} as beyond on customer_segments.runner_up_segment_id = beyond.segment_id
order by customer_segments.margin, customer_segments.customer_id
limit 100
