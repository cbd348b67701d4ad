-- What does each segment buy more than all customers do? The five categories whose lift is surest
-- to be above 1; segment_products has the same of products.
with
    ranked as (
        select
            *, rank() over (partition by segment_id order by lift_low desc, category asc) as place
        from segment_categories
        where lift_low > 1
    )
select segment_name, category, lift, lift_low, lift_high, customers, revenue, revenue_share
from ranked
where place <= 5
order by segment_id, place
