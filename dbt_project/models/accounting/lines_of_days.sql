-- Every line is read once for all that is counted of days, reasons and discounts.
with
    lines_of_days as (
        select
            -- Not the column itself: which rows are wanted would be asked of each line.
            min(reason) as reason,
            is_copy_in_file,
            cast(ordered_at as date) as ordered_on,
            case when not is_return then sign(discount_amount) else 0 end as discount_sign,
            count(*) as lines,
            count(amount) as amounts,
            sum(amount) as amount,
            sum(abs(amount)) as absolute_amount,
            max(abs(discount_amount)) as largest_discount,
            count(*) filter (where abs(discount_amount) < 1) as low_discounts,
            min(customer_id) as customer_id,
            min(case when reason = 'customer_id_missing' then order_id end) as order_id
        from {{ ref("checked_order_lines") }}
        group by reason, is_copy_in_file, ordered_on, discount_sign
    )

select *
from lines_of_days
