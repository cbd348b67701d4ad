{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set suspicions = {} -%}
{%- set source = "customer_metrics" if uses_metrics() else "order_lines" -%}
{%- set order_lines = ref(setting("input") ~ "__order_lines") -%}
{%- set given = given_columns(order_lines) -%}
{%- set numbers = "amount unit_price discount_amount refunded_amount quantity".split() -%}
{#- Every column of the input is in this relation. -#}
{%- set relation = order_lines -%}
{%- if uses_metrics() -%}
    {%- set relation = ref("files__customer_metrics") -%}
    {%- do suspicions.update({"total_of_metric": ["customer_id", "metric", "most"]}) -%}
{%- elif setting("input") == "files" and is_relation(setting("order_lines")) -%}
    {%- set relation = relation_of_input("order_lines") -%}
{%- endif -%}
{%- set further = further_columns(
    given_columns(relation) if uses_metrics() else given, relation
) -%}
{%- if further -%}
    {%- do suspicions.update(
        {
            "further_value": [
                "source",
                "column_name",
                "column_value",
                "lines",
                "amount",
                "is_status_given",
                "is_currency_given",
            ]
        }
    ) -%}
{%- endif -%}
{%- if "is_return" in given and "quantity" in given -%}
    {%- do suspicions.update({"unsaid_returns": ["lines", "amount", "example"]}) -%}
{%- endif -%}
{%- set offsets = offsets_of_times(given, order_lines) if setting("time_zone") == "UTC" else [] -%}
{%- if offsets | reject("equalto", "UTC") | list -%}
    {%- do suspicions.update({"offsets": ["offsets"]}) -%}
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
    {%- do suspicions.update(
        {
            "thousands_elsewhere": [
                "source",
                "column_name",
                "values_with_sign",
                "example",
                "most",
                "sign",
                "other_sign",
            ]
        }
    ) -%}
{%- endif -%}
{#- Identifiers that are numbers of a floating point, by the first one that stands for its neighbour too. -#}
{%- set floats = {} -%}
{%- if execute and not has_files(source) -%}
    {%- set names = columns_of_relation(given) -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- set kind = column.dtype | lower -%}
        {%- for id in ("customer_id", "order_id", "line_id", "product_id")
            if names.get(id) == column.name | lower and kind in ("float", "real", "double") -%}
            {%- do floats.update({id: 9007199254740992 if kind == "double" else 16777216}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if floats -%}
        {%- do suspicions.update({"collapsed_ids": ["column_name", "lines", "example"]}) -%}
    {%- endif -%}
{%- endif -%}
{#- Columns of the contract that some files have and others not. -#}
{%- set wanted = metric_columns() | map(attribute="column") | list -%}
{%- set wanted = wanted or numbers + ["order_id", "is_return"] -%}
{%- set from_files = has_files(source) and input_files(source) | length > 1 -%}
{%- if from_files -%}
    {%- do suspicions.update(
        {
            "missing_columns": [
                "source",
                "column_name",
                "files",
                "all_files",
                "lines",
                "example",
            ]
        }
    ) -%}
{%- endif -%}
{%- set signs = ["comma", "point"] if setting("decimal_sign") == "comma" else ["point", "comma"] %}
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}
{%- if uses_metrics() %}
-- depends_on: {{ ref("checked_customer_metrics") }}
-- depends_on: {{ ref("feature_definitions") }}
{%- endif %}

with
    {% if further -%}
        all_rows as (
            select
                {%- if not uses_metrics() %}
                    {%- for column, name in columns_of_relation(given).items() %}
                        {{ quoted(name) }} as {{ quoted(column) }},
                    {%- endfor %}
                {%- endif %}
                {%- for column in further %}
                    {{ column.value }} as further_{{ loop.index }}{{ "," if not loop.last }}
                {%- endfor %}
            from {{ relation }}
        ),

        counted_rows as (
            select
                {%- if uses_metrics() %}
                    cast(null as decimal(18, 4)) as amount,
                    false as is_return,
                    cast(null as {{ dbt.type_string() }}) as status,
                {%- else %}
                    {% if "amount" in given -%}
                        {{ parsed_number(given, "amount") }}
                        {%- elif "quantity" in given and "unit_price" in given -%}
                        try_cast(
                            {{ parsed_number(given, "quantity") }}
                            * cast({{ parsed_number(given, "unit_price") }} as double) as decimal(
                                18, 4
                            )
                        )
                    {%- else -%} cast(null as decimal(18, 4))
                    {%- endif %} as amount,
                    coalesce({{ parsed_boolean(given, "is_return") }}, false) as is_return,
                    {{ word_or_dated(word_of_line(given, "status")) }} as status,
                {%- endif %}
                {%- for column in further %}
                    further_{{ loop.index }}{{ "," if not loop.last }}
                {%- endfor %}
            from all_rows
        ),

        further_value as (
            {%- for column in further %}
                select
                    '{{ source }}' as source,
                    {{ text_literal(column.name) }} as column_name,
                    coalesce(further_{{ loop.index }}, '(none)') as column_value,
                    count(*) as lines,
                    cast(sum(amount) as decimal(18, 2)) as amount,
                    {{ "status" in given }} as is_status_given,
                    {{ "currency" in given }} as is_currency_given
                from counted_rows
                where not (is_return or {{ has_status("return") }} or {{ has_status("left_out") }})
                group by further_{{ loop.index }} {{ "union all" if not loop.last }}
            {%- endfor %}
        ),
    {%- endif %}

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

    offsets as (
        select {{ text_literal(offsets | reject("equalto", "UTC") | join(", ")) }} as offsets
    ),

    {% if "thousands_elsewhere" in suspicions -%}
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

    {% if floats -%}
        {%- set names = columns_of_relation(given) -%}
        numbers_of_ids as (
            {%- for id, limit in floats.items() %}
                select
                    {{ text_literal(names[id]) }} as column_name,
                    count(*) as lines,
                    cast(
                        cast(
                            max({{ quoted(names[id]) }}) as decimal(38, 0)
                        ) as {{ dbt.type_string() }}
                    ) as example
                from {{ relation }}
                where
                    abs({{ quoted(names[id]) }}) between {{ limit }} and 1e30
                    {{ "union all" if not loop.last }}
            {%- endfor %}
        ),

        collapsed_ids as (select * from numbers_of_ids where lines > 0),
    {%- endif %}

    {% if from_files -%}
        columns_of_files as (
            select distinct file, coalesce(contract_column, lower(column_name)) as column_name
            from {{ ref("files__columns") }}
            where
                input = '{{ source }}'
                and role in ('contract', 'folder', 'further')
                and coalesce(contract_column, lower(column_name)) in {{ text_literals(wanted) }}
        ),

        columns_of_any_file as (select distinct column_name from columns_of_files),

        all_files as (
            select distinct file, max(file_number) over () as all_files
            from {{ ref("files__columns") }}
            where input = '{{ source }}'
        ),

        missing_columns as (
            select
                columns_of_any_file.column_name,
                '{{ source }}' as source,
                count(distinct all_files.file) as files,
                max(all_files.all_files) as all_files,
                count(*) as lines,
                min(all_files.file) as example
            from all_files
            cross join columns_of_any_file
            left join
                columns_of_files
                on columns_of_any_file.column_name = columns_of_files.column_name
                and all_files.file = columns_of_files.file
            inner join
                {{ ref("checked_customer_metrics" if uses_metrics() else "stored_order_lines") }}
                as lines_of_files
                on all_files.file = lines_of_files.source_file
            where columns_of_files.file is null
            group by columns_of_any_file.column_name
        ),
    {%- endif %}

    suspicious_columns as (
        {%- if suspicions %}{{ rows_of_suspicions(suspicions) }}
        {%- else %}select '' as kind, '' as counts where false
        {%- endif %}
    )

select *
from suspicious_columns
