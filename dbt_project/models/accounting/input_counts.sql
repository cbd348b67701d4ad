{%- set from_files = setting("input") == "files" -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set main_input = "customer_metrics" if uses_metrics() else "order_lines" -%}
{%- set has_amount = "amount" in given -%}
{%- set has_product = "quantity" in given and "unit_price" in given -%}

with
    checked_customers as (select * from {{ ref("checked_customers") }}),

    checked_customer_metrics as (select * from {{ ref("checked_customer_metrics") }}),

    rejected_rows as (select * from {{ ref("rejected_rows") }}),

    accounting_reasons as (select * from {{ ref("accounting_reasons") }}),

    feature_catalog as (select * from {{ ref("feature_catalog") }}),

    customer_attributes as (select * from {{ ref("customer_attributes") }}),

    segment_name_rules as (select * from {{ ref("segment_name_rules") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    used_totals as (
        select
            coalesce(sum(lines), 0) as row_count,
            coalesce(sum(lines - amounts), 0) as without_amount,
            min(ordered_on) as first_on,
            max(ordered_on) as last_on
        from {{ ref("lines_of_days") }}
        where reason is null
    ),

    source_totals as (
        select
            'order_lines' as source,
            coalesce(sum(all_lines), 0) as row_count,
            count(customer_id) as customers
        from {{ ref("lines_of_customers") }}
        where {{ (not uses_metrics()) | lower }}
        union all
        select
            'customers' as source, count(*) as row_count, count(distinct customer_id) as customers
        from checked_customers
        where {{ has_customers_input() | lower }}
        union all
        select
            'customer_metrics' as source,
            count(*) as row_count,
            count(distinct customer_id) as customers
        from checked_customer_metrics
    ),

    malformed_totals as (
        select
            rejected_rows.source,
            count(*) as row_count,
            count(*) filter (where rejected_rows.reason = 'line_unreadable') as unreadable
        from rejected_rows
        inner join accounting_reasons on rejected_rows.reason = accounting_reasons.reason
        where accounting_reasons.outcome = 'rejected'
        group by rejected_rows.source
    ),

    rows_by_source as (
        select
            source_totals.source,
            source_totals.customers,
            source_totals.row_count + coalesce(malformed_totals.unreadable, 0) as row_count,
            coalesce(malformed_totals.row_count, 0) as malformed
        from source_totals
        left join malformed_totals on source_totals.source = malformed_totals.source
    ),

    -- The first row of each reason, by file and line, or by customer and order.
    numbered_rows as (
        select
            rejected_rows.*,
            accounting_reasons.outcome,
            count(*) over (
                partition by rejected_rows.source, rejected_rows.reason
            ) as rows_of_reason,
            row_number() over (
                partition by rejected_rows.source, rejected_rows.reason
                order by
                    rejected_rows.file asc nulls last,
                    rejected_rows.line asc nulls last,
                    rejected_rows.customer_id asc nulls last,
                    rejected_rows.order_id asc nulls last,
                    rejected_rows.column_name asc nulls last,
                    rejected_rows.rejected_value asc nulls last
            ) as place_in_reason
        from rejected_rows
        inner join accounting_reasons on rejected_rows.reason = accounting_reasons.reason
    ),

    reasons as (
        select
            *,
            row_number() over (
                partition by source, outcome order by rows_of_reason desc, reason asc
            ) as place
        from numbered_rows
        where place_in_reason = 1
    ),

    {% if from_files -%}
        input_columns as (select * from {{ ref("files__columns") }} where file is not null),

        unreadable_lines as (select * from {{ ref("files__unreadable_lines") }}),

        files_of_inputs as (
            select input, count(distinct file_number) as files from input_columns group by input
        ),

        file_columns as (
            select
                input_columns.input as source,
                input_columns.column_name,
                min(input_columns.contract_column) as contract_column,
                min(input_columns.role) as role,
                count(*) as files,
                max(files_of_inputs.files) as files_of_input,
                input_columns.input = 'customer_metrics'
                and lower(input_columns.column_name)
                in {{ text_literals(metric_columns() | map(attribute="column")) }} as is_metric
            from input_columns
            inner join files_of_inputs on input_columns.input = files_of_inputs.input
            group by input_columns.input, input_columns.column_name
        ),

        -- After a quote out of place nobody knows where values end.
        open_quotes as (
            select source_file, line, line_text
            from unreadable_lines
            where problem = 'UNQUOTED VALUE'
            order by source_file asc, line asc
            limit 5
        ),
    {%- endif %}

    attributes as (
        select
            attribute,
            count(distinct attribute_value) as attribute_values,
            count(attribute_value) as customers
        from customer_attributes
        where attribute is not null
        group by attribute
        having not ({{ attribute_profiles() }})
    ),

    -- A name that claims something of a feature that is not clustered is never given.
    names_without_feature as (
        select segment_name_rules.segment_name, min(segment_name_rules.feature) as feature
        from segment_name_rules
        left join
            feature_catalog
            on segment_name_rules.feature = feature_catalog.feature
            and feature_catalog.is_available
            and feature_catalog.is_clustered
        where
            feature_catalog.feature is null
            and (
                segment_name_rules.minimum_z > 0
                or segment_name_rules.maximum_z < 0
                or segment_name_rules.minimum_z + segment_name_rules.maximum_z is not null
                or segment_name_rules.minimum_median is not null
            )
        group by segment_name_rules.segment_name
    ),

    usable_rows as (
        select used_totals.row_count + count(checked_customer_metrics.customer_id) as usable_rows
        from used_totals
        left join checked_customer_metrics on checked_customer_metrics.reason is null
        group by used_totals.row_count
    ),

    unusable_source as (
        select rows_by_source.source, rows_by_source.row_count
        from rows_by_source
        cross join usable_rows
        cross join as_of_date
        where
            rows_by_source.source = '{{ main_input }}'
            and (usable_rows.usable_rows = 0 or as_of_date.as_of is null)
    ),

    period as (
        select used_totals.first_on, used_totals.last_on, as_of_date.as_of
        from used_totals
        cross join as_of_date
        where used_totals.first_on is not null
    ),

    input_counts as (
        select
            'rows' as kind,
            {{ as_json(["source", "row_count", "customers", "malformed"]) }} as counts
        from rows_by_source
        where row_count > 0
        union all
        select
            'reason' as kind,
            {{
                as_json(
                    [
                        "source",
                        "reason",
                        "outcome",
                        "rows_of_reason",
                        "place",
                        "file",
                        "line",
                        "customer_id",
                        "order_id",
                        "column_name",
                        "rejected_value",
                    ]
                )
            }} as counts
        from reasons
        where place <= 5 or outcome = 'excluded'
        union all
        select 'dates' as kind, {{ as_json(["first_on", "last_on", "as_of"]) }} as counts
        from period
        union all
        select
            'feature_switched_off' as kind,
            {{ as_json(["label", "unavailable_because"]) }} as counts
        from feature_catalog
        where not is_available
        union all
        select
            'attribute_switched_off' as kind,
            {{ as_json(["attribute", "attribute_values", "customers"]) }} as counts
        from attributes
        union all
        select 'name_switched_off' as kind, {{ as_json(["segment_name", "feature"]) }} as counts
        from names_without_feature
        {% for table, column in [
            ("segment_categories", "category"), ("segment_products", "product_id")
        ] if not uses_metrics() and column not in given -%}
            union all
            select
                'table_switched_off' as kind, {{ as_json(["table_name", "column_name"]) }} as counts
            from (select '{{ table }}' as table_name, '{{ column }}' as column_name) as switched_off
        {% endfor -%}
        {% if from_files -%}
            union all
            select
                'column' as kind,
                {{
                    as_json(
                        [
                            "source",
                            "column_name",
                            "contract_column",
                            "role",
                            "files",
                            "files_of_input",
                            "is_metric",
                        ]
                    )
                }} as counts
            from file_columns
            union all
            select
                'open_quote' as kind, {{ as_json(["source_file", "line", "line_text"]) }} as counts
            from open_quotes
        {%- endif %}
        {% if from_files and is_relation(setting("order_lines")) -%}
            union all
            select
                'column' as kind,
                {{
                    as_json(
                        ["source", "column_name", "role", "files", "files_of_input", "is_metric"]
                    )
                }} as counts
            from
                (
                    select
                        'order_lines' as source,
                        column_name,
                        'ignored' as role,
                        1 as files,
                        1 as files_of_input,
                        false as is_metric
                    from {{ ref("files__columns_left_out") }}
                ) as left_out
        {%- endif %}
        {% if not has_files("order_lines") -%}
            union all
            select 'columns' as kind, {{ as_json(["columns"]) }} as counts
            from (select {{ text_literal(file_columns_of(given)) }} as columns) as listed
        {%- endif %}
        {% if has_amount or has_product -%}
            union all
            select 'without_amount' as kind, {{ as_json(["without_amount"]) }} as counts
            from used_totals
            where without_amount > 0
        {%- endif %}
        {% if has_product and not has_amount -%}
            union all
            select 'amount_is_product' as kind, '{}' as counts
        {%- endif %}
        {% if setting("forgotten_customers") != "none" -%}
            union all
            select 'nobody_forgotten' as kind, '{}' as counts
            from rejected_rows
            where reason = 'customer_forgotten'
            having count(*) = 0
        {%- endif %}
        union all
        select 'nothing_usable' as kind, {{ as_json(["source", "row_count"]) }} as counts
        from unusable_source
    )

select *
from input_counts
