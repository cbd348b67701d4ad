{#- What is suspected of quantities, amounts and discounts. Each is a CTE below; the sentences are made in Python. -#}
{%- set kinds = ["discounts_of_both_signs", "discount_rates", "discount_percents"] -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- if uses_metrics() -%} {%- do kinds.append("total_of_metric") -%} {%- endif -%}
{%- if not uses_metrics() -%} {%- do kinds.append("minor_units") -%} {%- endif -%}
{%- if "is_return" in given and "quantity" in given -%}
    {%- do kinds.append("unsaid_returns") -%}
{%- endif -%}
{#- All lines of the products drawn; five times the share, so that some of few products are drawn. -#}
{%- set share_of_products = [1, 5 * share_looked_at()] | min -%}
{%- if not uses_metrics() and "product_id" in given and "quantity" in given and "amount" in given -%}
    {%- do kinds.append("unit_prices") -%}
{%- endif -%}
{%- if uses_metrics() %}
-- depends_on: {{ ref("checked_customer_metrics") }}
-- depends_on: {{ ref("feature_definitions") }}
{%- endif %}

with
    -- The flag says that these are no returns, the quantity that they are.
    unsaid_returns as (
        select
            count(*) as lines,
            coalesce(cast(sum(amount) as double), 0) as amount,
            min(customer_id) as example
        from {{ ref("checked_order_lines") }}
        where reason is null and not is_return and quantity < 0
        having count(*) > 0
    ),

    amounts_of_products as (
        select
            count(case when quantity > 1 then 1 end) as lines_of_several,
            min(quantity) < max(quantity) as has_quantities,
            min(case when quantity > 1 then customer_id end) as example
        from {{ ref("stored_order_lines") }}
        where
            fault is null and amount > 0 and quantity > 0 and product_id is not null
            {% if share_of_products < 1 -%}
                and {{ is_looked_at("product_id", share_of_products) }}
            {%- endif %}
        group by product_id, amount
    ),

    -- Where one mug costs 5 and three cost 5 too, the amount is that of one.
    unit_prices as (
        select
            sum(lines_of_several) filter (where has_quantities) as lines,
            sum(lines_of_several) as all_lines,
            min(example) filter (where has_quantities) as example
        from amounts_of_products
        having
            sum(lines_of_several) >= 20
            and sum(lines_of_several) filter (where has_quantities) >= 0.8 * sum(lines_of_several)
    ),

    discounts as (
        select
            sum(lines) as all_lines,
            coalesce(sum(lines) filter (where discount_sign < 0), 0) as lines,
            min(customer_id) filter (where discount_sign < 0) as example,
            sum(low_discounts) as low_discounts,
            cast(max(largest_discount) as double) as most,
            cast(sum(amount) as double) / nullif(sum(amounts), 0) as mean_amount,
            min(customer_id) as discount_example
        from {{ ref("lines_of_days") }}
        where reason is null and discount_sign <> 0
    ),

    -- A share is never above 1; an amount taken off things of ten and more sometimes is.
    discount_rates as (
        select all_lines as lines, most, mean_amount, discount_example as example
        from discounts
        where all_lines >= 10 and most <= 1 and 2 * low_discounts > all_lines and mean_amount >= 10
    ),

    -- Whole numbers as percents are: as large as the amounts of many lines, which few amounts taken
    -- off are; or several in steps of five that do not grow with the amounts.
    discount_percents as (
        select
            sum(discounts) as lines,
            max(largest_discount) as most,
            avg(amount) as mean_amount,
            min(order_id) as example
        from {{ ref("sampled_orders") }}
        where discounts > 0 and customer_id is not null
        having
            sum(discounts) >= 10
            and count(*) = count(case when are_discounts_whole then 1 end)
            and max(largest_discount) between 5 and 100
            and (
                sum(discounts_above_amount) >= 0.2 * sum(discounts)
                or (
                    count(distinct largest_discount) between 3 and 12
                    and max(largest_discount - 5 * floor(largest_discount / 5)) = 0
                    and corr(amount, largest_discount) < 0.3
                )
            )
    ),

    discounts_of_both_signs as (
        select lines, all_lines, example from discounts where lines between 1 and all_lines - 1
    ),

    files_of_orders as (
        select
            source_file,
            median(largest_amount) as usual_amount,
            count(*) filter (where not are_amounts_whole) = 0 as is_whole
        from {{ ref("sampled_orders") }}
        where source_file is not null and largest_amount > 0
        group by source_file
        having count(*) >= 5
    ),

    other_files as (
        select
            count(*) as all_files,
            coalesce(
                median(case when not is_whole then usual_amount end), min(usual_amount)
            ) as usual_amount
        from files_of_orders
    ),

    -- Cents beside euros: whole, and a hundred times as much.
    minor_units as (
        select
            count(*) as files,
            other_files.all_files,
            min(files_of_orders.source_file) as example,
            min_by(files_of_orders.usual_amount, files_of_orders.source_file) as usual_amount,
            other_files.usual_amount as other_amount,
            median(files_of_orders.usual_amount) / other_files.usual_amount as times
        from files_of_orders
        cross join other_files
        where
            files_of_orders.is_whole
            and files_of_orders.usual_amount >= 40 * other_files.usual_amount
        group by other_files.all_files, other_files.usual_amount
    ),

    {% if uses_metrics() -%}
        sums_of_metrics as (
            {%- for metric in metric_columns() %}
                select
                    customer_id,
                    {{ text_literal(metric.column) }} as metric,
                    {{ metric.feature }} as most,
                    sum({{ metric.feature }}) over () - {{ metric.feature }} as others,
                    count(case when {{ metric.feature }} > 0 then 1 end) over () as customers
                from {{ ref("checked_customer_metrics") }}
                where reason is null {{ "union all" if not loop.last }}
            {%- endfor %}
        ),

        -- The sum of all others, or that with a tax of whole percents.
        totals as (
            select
                *,
                row_number() over (partition by customer_id order by most desc, metric asc) as place
            from sums_of_metrics
            where customers > 10 and {{ is_sum_of_others("most", "others") }}
        ),

        total_of_metric as (select customer_id, metric, most from totals where place = 1),
    {%- endif %}

    suspicious_numbers as ({{ rows_of_suspicions(kinds) }})

select *
from suspicious_numbers
