{{ config(post_hook="{{ report_input_check(this) }}") }}
{%- set text = dbt.type_string() -%}
{%- set from_files = setting("input") == "files" -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}

with
    stored_order_lines as (select * from {{ ref("stored_order_lines") }}),

    checked_order_lines as (select * from {{ ref("checked_order_lines") }}),

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
            count(*) as row_count,
            count(*) filter (where amount is null) as without_amount,
            min(ordered_at) as first_ordered_at,
            max(ordered_at) as last_ordered_at
        from checked_order_lines
        where reason is null
    ),

    {% if from_files -%}
        input_columns as (select * from {{ ref("files__columns") }}),

        unreadable_lines as (select * from {{ ref("files__unreadable_lines") }}),

        file_columns as (
            select
                input,
                column_name,
                min(contract_column) as contract_column,
                min(role) as role,
                count(*) as files
            from input_columns
            group by input, column_name
        ),

        file_counts as (
            select input, count(distinct file_number) as files from input_columns group by input
        ),

        column_findings as (
            select
                2 as position,
                file_columns.input || case
                    when file_columns.role = 'contract'
                    then
                        ': column '
                        || file_columns.column_name
                        || ' is '
                        || file_columns.contract_column
                    when file_columns.role = 'ignored'
                    then ': column ' || file_columns.column_name || ' is ignored'
                    when
                        file_columns.input = 'customer_metrics'
                        and lower(file_columns.column_name) in (
                            ''
                            {%- for metric in metric_columns() -%}
                                , {{ text_literal(metric.column) }}
                            {%- endfor -%}
                        )
                    then ': column ' || file_columns.column_name || ' is a metric'
                    else ': column ' || file_columns.column_name || ' is an attribute'
                end
                || case
                    when file_columns.files < file_counts.files
                    then
                        ', and only '
                        || cast(file_columns.files as {{ text }})
                        || ' of '
                        || cast(file_counts.files as {{ text }})
                        || ' files have it'
                    else ''
                end as finding,
                false as is_error
            from file_columns
            inner join file_counts on file_columns.input = file_counts.input
        ),

        -- After a quote out of place nobody knows where values end.
        quote_findings as (
            select
                9 as position,
                'file '
                || source_file
                || ', line '
                || cast(line as {{ text }})
                || ': a quote is not closed or stands inside a value, in '
                || left(line_text, 80)
                || '. Double the quotes inside a quoted value, or export the file again' as finding,
                true as is_error
            from unreadable_lines
            where problem = 'UNQUOTED VALUE'
            order by source_file asc, line asc
            limit 5
        ),
    {%- endif %}

    attribute_findings as (
        select
            4 as position,
            'the profile by '
            || attribute
            || ', because it has '
            || cast(count(distinct attribute_value) as {{ text }})
            || ' values for '
            || cast(count(attribute_value) as {{ text }})
            || ' customers, too many to profile' as finding,
            false as is_error
        from customer_attributes
        where attribute is not null
        group by attribute
        having not ({{ attribute_profiles() }})
    ),

    -- A name whose rules want a feature that is not clustered is never given.
    missing_name_features as (
        select segment_name_rules.segment_name, min(segment_name_rules.feature) as feature
        from segment_name_rules
        left join
            feature_catalog
            on segment_name_rules.feature = feature_catalog.feature
            and feature_catalog.is_available
            and feature_catalog.is_clustered
        where feature_catalog.feature is null
        group by segment_name_rules.segment_name
    ),

    name_findings as (
        select
            5 as position,
            'no segment can be named ' || segment_name || ' without ' || feature as finding,
            false as is_error
        from missing_name_features
    ),

    exclusion_findings as (
        select
            4 as position,
            rejected_rows.source
            || ': '
            || cast(count(*) as {{ text }})
            || ' rows left out: '
            || rejected_rows.reason as finding,
            false as is_error
        from rejected_rows
        inner join accounting_reasons on rejected_rows.reason = accounting_reasons.reason
        where accounting_reasons.outcome = 'excluded'
        group by rejected_rows.source, rejected_rows.reason
    ),

    -- A list with ids of another kind, or another file's, forgets nobody.
    forgotten_findings as (
        select
            4 as position,
            'forgotten_customers: no row of the input is of a customer of the list' as finding,
            false as is_error
        from rejected_rows
        where reason = 'customer_forgotten'
        having count(*) = 0 and {{ (setting("forgotten_customers") != "none") | lower }}
    ),

    given_findings as (
        select
            2 as position,
            {{ text_literal("order_lines: the columns are " ~ file_columns_of(given)) }} as finding,
            false as is_error
        from as_of_date
        where {{ (not has_files("order_lines")) | lower }}
    ),

    amount_findings as (
        select
            4 as position,
            'order_lines: '
            || cast(without_amount as {{ text }})
            || ' rows used without an amount' as finding,
            false as is_error
        from used_totals
        where
            without_amount > 0
            and {{ ("amount" in given or ("quantity" in given and "unit_price" in given)) | lower }}
        {% if "amount" not in given and "quantity" in given and "unit_price" in given -%}
            union all
            select
                3 as position,
                'order_lines: the amount is quantity x unit_price; no discount is taken off'
                as finding,
                false as is_error
        {%- endif %}
    ),

    input_counts as (
        select
            'order_lines' as source, count(*) as row_count, count(distinct customer_id) as customers
        from stored_order_lines
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

    malformed_counts as (
        select
            rejected_rows.source,
            count(*) as row_count,
            count(*) filter (where rejected_rows.reason = 'line_unreadable') as unreadable
        from rejected_rows
        inner join accounting_reasons on rejected_rows.reason = accounting_reasons.reason
        where accounting_reasons.outcome = 'rejected'
        group by rejected_rows.source
    ),

    malformed_shares as (
        select
            input_counts.source,
            input_counts.customers,
            input_counts.row_count + coalesce(malformed_counts.unreadable, 0) as row_count,
            coalesce(malformed_counts.row_count, 0) as malformed,
            1e0
            * coalesce(malformed_counts.row_count, 0)
            / nullif(input_counts.row_count + coalesce(malformed_counts.unreadable, 0), 0) as share
        from input_counts
        left join malformed_counts on input_counts.source = malformed_counts.source
    ),

    count_findings as (
        select
            1 as position,
            source
            || ': '
            || cast(row_count as {{ text }})
            || ' rows, '
            || cast(customers as {{ text }})
            || ' customers, '
            || cast(malformed as {{ text }})
            || ' rows malformed' as finding,
            false as is_error
        from malformed_shares
        where row_count > 0
    ),

    date_findings as (
        select
            3 as position,
            'order_lines: from '
            || cast(cast(used_totals.first_ordered_at as date) as {{ text }})
            || ' to '
            || cast(cast(used_totals.last_ordered_at as date) as {{ text }})
            || ', as of '
            || cast(as_of_date.as_of as {{ text }}) as finding,
            false as is_error
        from used_totals
        cross join as_of_date
        where used_totals.first_ordered_at is not null
    ),

    feature_findings as (
        select
            4 as position,
            label || ', because ' || unavailable_because as finding,
            false as is_error
        from feature_catalog
        where not is_available
    ),

    reason_counts as (
        select
            rejected_rows.source,
            rejected_rows.reason,
            count(*) as row_count,
            min(
                coalesce('file ' || rejected_rows.file || ', line ', '')
                || coalesce(lpad(cast(rejected_rows.line as {{ text }}), 12, chr(1)), '')
                || case
                    when rejected_rows.file is null
                    then
                        'customer '
                        || coalesce(rejected_rows.customer_id, 'missing')
                        || coalesce(', order ' || rejected_rows.order_id, '')
                    else ''
                end
                || coalesce(': ' || rejected_rows.column_name, '')
                || case
                    when rejected_rows.rejected_value is not null
                    then ' = ' || left(rejected_rows.rejected_value, 80)
                    when rejected_rows.column_name is not null
                    then ' is empty'
                    else ''
                end
            ) as example
        from rejected_rows
        inner join accounting_reasons on rejected_rows.reason = accounting_reasons.reason
        where accounting_reasons.outcome = 'rejected'
        group by rejected_rows.source, rejected_rows.reason
    ),

    ranked_reasons as (
        select
            *, row_number() over (partition by source order by row_count desc, reason asc) as place
        from reason_counts
    ),

    share_findings as (
        select
            7 as position,
            source
            || ': '
            || cast(malformed as {{ text }})
            || ' of '
            || cast(row_count as {{ text }})
            || ' rows are malformed, more than the var max_rejected_share of '
            || '{{ setting("max_rejected_share") }}. Correct the file, set the vars that say how it is'
            || ' written (date_format, decimal_sign, thousands_sign, currency_sign, delimiter), or'
            || ' raise max_rejected_share' as finding,
            true as is_error
        from malformed_shares
        where share > {{ setting("max_rejected_share") }}
    ),

    reason_findings as (
        select
            8 as position,
            ranked_reasons.source
            || ': '
            || cast(ranked_reasons.row_count as {{ text }})
            || ' rows '
            || ranked_reasons.reason
            || ', such as '
            || replace(ranked_reasons.example, chr(1), '') as finding,
            malformed_shares.share > {{ setting("max_rejected_share") }} as is_error
        from ranked_reasons
        inner join malformed_shares on ranked_reasons.source = malformed_shares.source
        where ranked_reasons.place <= 5
    ),

    usable_rows as (
        select
            (select used_totals.row_count from used_totals) + (
                select count(*)
                from checked_customer_metrics
                where checked_customer_metrics.reason is null
            ) as row_count
    ),

    usable_findings as (
        select
            6 as position,
            '{{ "customer_metrics" if uses_metrics() else "order_lines" }}: no row can be used, of '
            || cast(malformed_shares.row_count as {{ text }})
            || '. The reasons stand in accounting.rejected_rows; is the input empty, or as_of too early?'
            as finding,
            true as is_error
        from malformed_shares
        cross join usable_rows
        cross join as_of_date
        where
            malformed_shares.source
            = '{{ "customer_metrics" if uses_metrics() else "order_lines" }}'
            and (usable_rows.row_count = 0 or as_of_date.as_of is null)
    ),

    input_check as (
        {% for findings in [
            "count_findings",
            "given_findings",
            "column_findings" if from_files,
            "quote_findings" if from_files,
            "date_findings",
            "feature_findings",
            "attribute_findings",
            "name_findings",
            "exclusion_findings",
            "forgotten_findings",
            "amount_findings",
            "share_findings",
            "reason_findings",
            "usable_findings",
        ]
        | select -%}
            select
                position,
                finding,
                is_error,
                {{
                    (
                        findings in ["feature_findings", "attribute_findings", "name_findings"]
                    ) | lower
                }} as is_switched_off
            from {{ findings }} {{ "union all" if not loop.last }}
        {% endfor %}
    )

select *
from input_check
