{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{#- Where each line has the amount of its order, nobody knows what an item has brought in. -#}
{%- set amount = (
    "lines.amount" if setting("amount_is") == "line" else "cast(null as decimal(18, 4))"
) %}

with
    customer_segments as (select * from {{ ref("customer_segments") }}),

    fit_sample as (select * from {{ ref("fit_sample") }}),

    orders as (select * from {{ ref("orders") }}),

    used_order_lines as (select * from {{ ref("checked_order_lines") }} where reason is null),

    -- Of many customers a sample: there are more pairs of a customer and an item than orders.
    sampled_customers as (
        select
            customer_segments.customer_id,
            customer_segments.segment_id,
            sum(orders.lines - orders.return_lines) as customer_lines
        from customer_segments
        inner join fit_sample on customer_segments.customer_id = fit_sample.customer_id
        inner join orders on customer_segments.customer_id = orders.customer_id
        group by customer_segments.customer_id, customer_segments.segment_id
    ),

    sampled_lines as (
        select
            lines.customer_id,
            lines.category,
            lines.product_id,
            lines.is_return,
            {{ amount }} as amount
        from used_order_lines as lines
        inner join sampled_customers on lines.customer_id = sampled_customers.customer_id
    ),

    customer_items as (
        {% for item_kind, item in [("category", "category"), ("product", "product_id")] -%}
            select
                '{{ item_kind }}' as item_kind,
                customer_id,
                {{ item }} as item,
                count(*) filter (where not is_return) as lines,
                sum(amount) as revenue
            from sampled_lines
            where {{ (item in given) | lower }}
            group by customer_id, {{ item }} {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    -- Sums of whole numbers and of DECIMAL, here and below: the same to the last bit in any order.
    segment_items as (
        select
            customer_items.item_kind,
            sampled_customers.segment_id,
            customer_items.item,
            count(*) filter (where customer_items.lines > 0) as customers,
            cast(sum(customer_items.lines) as double) as lines,
            cast(sum(customer_items.lines * customer_items.lines) as double) as squares,
            cast(
                sum(customer_items.lines * sampled_customers.customer_lines) as double
            ) as products,
            sum(customer_items.revenue) as revenue
        from customer_items
        inner join sampled_customers on customer_items.customer_id = sampled_customers.customer_id
        group by customer_items.item_kind, sampled_customers.segment_id, customer_items.item
    ),

    -- The lines without an item are together one, so that the revenue of all is complete. Grouped
    -- and joined: windows over all items take longer.
    item_totals as (
        select
            item_kind,
            item,
            nullif(sum(lines), 0) as item_lines,
            sum(squares) as item_squares,
            sum(products) as item_products,
            sum(revenue) as item_revenue
        from segment_items
        group by item_kind, item
    ),

    segment_totals as (
        select
            segment_id,
            count(*) as segment_customers,
            nullif(cast(sum(customer_lines) as double), 0) as segment_lines,
            cast(sum(customer_lines * customer_lines) as double) as segment_squares
        from sampled_customers
        group by segment_id
    ),

    all_customers as (
        select segment_id, max(segment_name) as segment_name, count(*) as customers
        from customer_segments
        group by segment_id
    ),

    populations as (
        select
            segment_totals.*,
            all_customers.segment_name,
            1e0 * all_customers.customers / segment_totals.segment_customers as scale,
            sum(segment_totals.segment_lines) over () as all_lines,
            sum(segment_totals.segment_squares) over () as all_squares
        from segment_totals
        inner join all_customers on segment_totals.segment_id = all_customers.segment_id
    ),

    -- What a line more of the item, and one of any, change in the logarithm of the lift for a
    -- customer of the segment. For another customer the first terms are missing.
    weighted_items as (
        select
            segment_items.*,
            item_totals.item_lines,
            item_totals.item_squares,
            item_totals.item_products,
            item_totals.item_revenue,
            sum(segment_items.revenue) over of_segment as segment_revenue,
            sum(segment_items.revenue) over of_all as all_revenue,
            populations.segment_name,
            populations.segment_customers,
            populations.segment_lines,
            populations.segment_squares,
            populations.all_lines,
            populations.all_squares,
            populations.scale,
            1 / nullif(segment_items.lines, 0) - 1 / item_totals.item_lines as item_weight,
            1 / populations.segment_lines - 1 / populations.all_lines as line_weight
        from segment_items
        inner join
            item_totals
            on segment_items.item_kind = item_totals.item_kind
            -- A name is never empty.
            and coalesce(segment_items.item, '') = coalesce(item_totals.item, '')
        inner join populations on segment_items.segment_id = populations.segment_id
        window
            of_segment as (partition by segment_items.item_kind, segment_items.segment_id),
            of_all as (partition by segment_items.item_kind)
    ),

    -- A customer with all lines is one draw, since the lines of one customer are alike: the
    -- linearised variance of Woodruff (1971), "A simple method for approximating the variance of a
    -- complicated estimate". Beyond 1.96 deviations lie 5 % of a normal distribution.
    lifts as (
        select
            *,
            case
                when item is not null and customers >= {{ setting("min_buyers") }}
                then lines / segment_lines / (item_lines / all_lines)
            end as lift,
            1.959964e0 * sqrt(
                greatest(
                    0,
                    item_weight * item_weight * squares
                    - 2 * item_weight * line_weight * products
                    + line_weight * line_weight * segment_squares
                    + (item_squares - squares) / (item_lines * item_lines)
                    - 2 * (item_products - products) / (item_lines * all_lines)
                    + (all_squares - segment_squares) / (all_lines * all_lines)
                )
            ) as log_reach
        from weighted_items
    ),

    bought_items as (
        select
            item_kind,
            item,
            segment_id,
            segment_name,
            cast(round(scale * customers) as bigint) as customers,
            1e0 * customers / segment_customers as customer_share,
            cast(round(scale * lines) as bigint) as lines,
            lines / segment_lines as line_share,
            item_lines / all_lines as population_line_share,
            lift,
            lift * exp(- log_reach) as lift_low,
            lift * exp(log_reach) as lift_high,
            scale * cast(revenue as double) as revenue,
            case
                when revenue >= 0 and segment_revenue > 0
                then cast(revenue as double) / cast(segment_revenue as double)
            end as revenue_share,
            case
                when item_revenue >= 0 and all_revenue > 0
                then cast(item_revenue as double) / cast(all_revenue as double)
            end as population_revenue_share
        from lifts
        -- A shop has more products than there are customers to say something about.
        where item_kind = 'category' or lift is not null
    )

select *
from bought_items
