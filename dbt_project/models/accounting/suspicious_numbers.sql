{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set kinds = [] -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- if uses_metrics() -%} {%- do kinds.append("total_of_metric") -%} {%- endif -%}
{%- if not uses_metrics() -%} {%- do kinds.append("minor_units") -%} {%- endif -%}
{%- if "is_return" in given and "quantity" in given -%}
    {%- do kinds.append("unsaid_returns") -%}
{%- endif -%}
{#- Of the numbers in text, those with exactly three digits after a sign. -#}
{%- set with_three_digits = [] -%}
{%- set stored_order_lines = ref("stored_order_lines") -%}
{%- if execute and load_relation(stored_order_lines) -%}
    {%- for row in run_query(
        "select distinct three_digits_in from "
        ~ stored_order_lines
        ~ " where three_digits_in is not null order by three_digits_in"
    ).rows -%}
        {%- do with_three_digits.append(row[0]) -%}
    {%- endfor -%}
{%- endif -%}
{%- set metrics_in_text = [] -%}
{%- for metric in metric_columns() if metric.kind == "text" and uses_metrics() -%}
    {%- do metrics_in_text.append(metric) -%}
{%- endfor -%}
{%- if (with_three_digits or metrics_in_text) and setting("thousands_sign") == "none" -%}
    {%- do kinds.append("thousands_elsewhere") -%}
{%- endif -%}
{%- set signs = ["comma", "point"] if setting("decimal_sign") == "comma" else ["point", "comma"] %}
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

    {% if "thousands_elsewhere" in kinds -%}
        {%- set inputs = [] -%}
        {%- for column in with_three_digits -%}
            {%- do inputs.append(
                ("order_lines", column, column, "three_digits_in= '" ~ column ~ "'")
            ) -%}
        {%- endfor -%}
        {%- for metric in metrics_in_text -%}
            {%- do inputs.append(
                (
                    "customer_metrics",
                    metric.column,
                    metric.feature,
                    "substr(%s_text, -4, 1) = %s"
                    | format(metric.feature, text_literal(decimal_point())),
                )
            ) -%}
        {%- endfor -%}
        number_columns as (
            {%- for source, name, column, has_three_digits in inputs %}
                select
                    '{{ source }}' as source,
                    {{ text_literal(name) }} as column_name,
                    count(*) filter (where {{ has_three_digits }}) as values_with_sign,
                    min(case when {{ has_three_digits }} then customer_id end) as example,
                    cast(
                        max(abs({{ column }})) filter (where {{ has_three_digits }}) as double
                    ) as most,
                    min(abs({{ column }})) filter (where {{ has_three_digits }}) as least,
                    count(*) filter (
                        where {{ has_three_digits }} and {{ column }} = round({{ column }}, 1)
                    ) as hundreds,
                    count(*) filter (
                        where
                            not coalesce({{ has_three_digits }}, false)
                            and {{ column }} <> floor({{ column }})
                    ) as other_fractions,
                    max(abs({{ column }})) filter (
                        where not coalesce({{ has_three_digits }}, false)
                    ) as other_most
                from {{ ref("checked_" ~ source) }}
                where reason is null
                group by source_file {{ "union all" if not loop.last }}
            {%- endfor %}
        ),

        -- As amounts are in suspicious_lines: beside whole numbers of hundreds, or hundreds
        -- themselves. Things by weight have three digits, too.
        thousands_elsewhere as (
            select
                source,
                column_name,
                sum(values_with_sign) as values_with_sign,
                min(example) as example,
                max(most) as most,
                '{{ signs[0] }}' as sign,
                '{{ signs[1] }}' as other_sign
            from number_columns
            where
                values_with_sign > 0
                and least >= 1
                and most < 1000
                and (
                    (other_fractions = 0 and other_most between 100 and 999)
                    or (hundreds = values_with_sign and coalesce(other_most < 1000, true))
                )
            group by source, column_name
        ),
    {%- endif %}

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
