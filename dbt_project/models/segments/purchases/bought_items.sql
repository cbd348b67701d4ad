{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{#- Where each line has the amount of its order, nobody knows what an item has brought in. -#}
{%- set amount = "amount" if setting("amount_is") == "line" else "cast(null as decimal(18, 4))" %}

with
    -- Two CTEs: one that is read twice is copied with all its rows.
    category_lines as (
        select customer_id, category, is_return, amount
        from {{ ref("checked_order_lines") }}
        where reason is null and {{ ("category" in given) | lower }}
    ),

    product_lines as (
        select customer_id, product_id, is_return, amount
        from {{ ref("checked_order_lines") }}
        where reason is null and {{ ("product_id" in given) | lower }}
    ),

    orders as (select * from {{ ref("orders") }}),

    customer_segments as (select * from {{ ref("customer_segments") }}),

    orders_of_customers as (
        select customer_id, sum(lines - return_lines) as lines from orders group by customer_id
    ),

    customer_lines as (
        select
            orders_of_customers.customer_id,
            orders_of_customers.lines,
            customer_segments.segment_id,
            customer_segments.segment_name
        from orders_of_customers
        inner join
            customer_segments on orders_of_customers.customer_id = customer_segments.customer_id
    ),

    -- Sums of whole numbers and of DECIMAL, here and below: the same to the last bit in any order.
    segment_totals as (
        select
            segment_id,
            max(segment_name) as segment_name,
            count(*) as segment_customers,
            nullif(cast(sum(lines) as double), 0) as segment_lines,
            cast(sum(lines * lines) as double) as segment_squares
        from customer_lines
        group by segment_id
    ),

    {% for item_kind, item in [("category", "category"), ("product", "product_id")] -%}
        customer_{{ item_kind }} as (
            select
                customer_id,
                {{ item }} as item,
                count(*) filter (where not is_return) as lines,
                sum({{ amount }}) as revenue
            from {{ item_kind }}_lines
            group by customer_id, {{ item }}
        ),

        segment_{{ item_kind }} as (
            select
                '{{ item_kind }}' as item_kind,
                customer_lines.segment_id,
                customer_{{ item_kind }}.item,
                count(*) filter (where customer_{{ item_kind }}.lines > 0) as customers,
                cast(sum(customer_{{ item_kind }}.lines) as double) as lines,
                cast(
                    sum(customer_{{ item_kind }}.lines * customer_{{ item_kind }}.lines) as double
                ) as squares,
                cast(
                    sum(customer_{{ item_kind }}.lines * customer_lines.lines) as double
                ) as products,
                sum(customer_{{ item_kind }}.revenue) as revenue
            from customer_{{ item_kind }}
            inner join
                customer_lines on customer_{{ item_kind }}.customer_id = customer_lines.customer_id
            group by customer_lines.segment_id, customer_{{ item_kind }}.item
        ),

    {% endfor -%}

    segment_items as (
        select *
        from segment_category
        union all
        select *
        from segment_product
    ),

    -- The lines without an item are together one, so that the revenue of all is complete.
    item_totals as (
        select
            *,
            nullif(sum(lines) over of_item, 0) as item_lines,
            sum(squares) over of_item as item_squares,
            sum(products) over of_item as item_products,
            sum(revenue) over of_item as item_revenue,
            sum(revenue) over of_segment as segment_revenue,
            sum(revenue) over of_all as all_revenue
        from segment_items
        window
            of_item as (partition by item_kind, item),
            of_segment as (partition by item_kind, segment_id),
            of_all as (partition by item_kind)
    ),

    population as (
        select sum(segment_lines) as all_lines, sum(segment_squares) as all_squares
        from segment_totals
    ),

    -- What a line more of the item, and one of any, change in the logarithm of the lift for a
    -- customer of the segment. For another customer the first terms are missing.
    weighted_items as (
        select
            item_totals.*,
            segment_totals.segment_name,
            segment_totals.segment_customers,
            segment_totals.segment_lines,
            segment_totals.segment_squares,
            population.all_lines,
            population.all_squares,
            1 / nullif(item_totals.lines, 0) - 1 / item_totals.item_lines as item_weight,
            1 / segment_totals.segment_lines - 1 / population.all_lines as line_weight
        from item_totals
        inner join segment_totals on item_totals.segment_id = segment_totals.segment_id
        cross join population
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
            cast(customers as bigint) as customers,
            1e0 * customers / segment_customers as customer_share,
            cast(lines as bigint) as lines,
            lines / segment_lines as line_share,
            item_lines / all_lines as population_line_share,
            lift,
            lift * exp(- log_reach) as lift_low,
            lift * exp(log_reach) as lift_high,
            cast(revenue as double) as revenue,
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
