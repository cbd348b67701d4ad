-- Whom do we write to, and whom do we leave out to see later what the letter has brought? The name
-- of the campaign decides who is held out: always the same tenth, and another one for another name.
select customer_id, segment_name, held_out(customer_id, 'spring coupon', 0.1) as is_held_out
from customer_segments
where segment_name = 'price-sensitive'
order by customer_id
