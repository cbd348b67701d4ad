{{ config(materialized="view") }}

select customer_segments.customer_id, own_segments.segment_name
from {{ ref("segmart", "customer_segments") }} as customer_segments
inner join
    {{ ref("segmart", "segments") }} as own_segments
    on customer_segments.segment_id = own_segments.segment_id
