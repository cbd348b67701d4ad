with
    customer_segments as (select * from {{ ref("customer_segments") }}),

    segment_borders as (
        select
            segment_id,
            runner_up_segment_id,
            count(*) as customers,
            count(*) filter (where margin < 0.1e0) as customers_near_border
        from customer_segments
        where runner_up_segment_id is not null
        group by segment_id, runner_up_segment_id
    )

select *
from segment_borders
