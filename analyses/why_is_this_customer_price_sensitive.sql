-- Why is this customer price-sensitive, and not in the segment that is next? A contribution above 0
-- speaks for the segment; the largest one is the reason. Ask for another customer by the id: here
-- it is the one who is furthest from the border.
with
    asked as (
        select customer_id as id
        from customer_segments
        where segment_name = 'price-sensitive'
        order by margin desc, customer_id asc
        limit 1
    )
select explained.* exclude (explained.segment_id, explained.runner_up_segment_id)
from asked, explain_customer(asked.id) as explained
order by explained.contribution desc
