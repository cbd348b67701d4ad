{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set kinds = [] -%}
{%- set source = "customer_metrics" if uses_metrics() else "order_lines" -%}
{%- set order_lines = ref(setting("input") ~ "__order_lines") -%}
{%- set given = given_columns(order_lines) -%}
{%- set numbers = "amount unit_price discount_amount refunded_amount quantity".split() -%}
{#- Every column of the input is in this relation. -#}
{%- set relation = order_lines -%}
{%- if uses_metrics() -%} {%- set relation = ref("files__customer_metrics") -%}
{%- elif setting("input") == "files" and is_relation(setting("order_lines")) -%}
    {%- set relation = relation_of_input("order_lines") -%}
{%- endif -%}
{%- set further = further_columns(
    given_columns(relation) if uses_metrics() else given, relation
) -%}
{%- if further -%} {%- do kinds.append("further_value") -%} {%- endif -%}
{%- set refunds = unread_refunds(given, relation) -%}
{%- if refunds -%} {%- do kinds.append("unread_refunds") -%} {%- endif -%}
{%- set offsets = offsets_of_times(given, order_lines) if setting("time_zone") == "UTC" else [] -%}
{%- if offsets | reject("equalto", "UTC") | list -%}
    {%- do kinds.append("offsets") -%}
{%- endif -%}
{%- set floats = floating_ids(given, relation) if execute and not has_files(source) else [] -%}
{%- if floats -%} {%- do kinds.append("collapsed_ids") -%} {%- endif -%}
{#- Columns of the contract that some files have and others not. -#}
{%- set wanted = metric_columns() | map(attribute="column") | list -%}
{%- set wanted = wanted or numbers + ["order_id", "is_return"] -%}
{%- set from_files = has_files(source) and input_files(source) | length > 1 -%}
{%- if from_files -%} {%- do kinds.append("missing_columns") -%} {%- endif -%}

{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
-- depends_on: {{ ref("stored_order_lines") }}
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

    {% if refunds -%}
        unread_refunds as (
            {%- for column in refunds %}
                select
                    {{ text_literal(column.name) }} as column_name,
                    count(*) as lines,
                    cast(sum(abs(refund)) as double) as refunded,
                    min(customer_id) as example
                from
                    (
                        select
                            {{ identifier_text(given, "customer_id") }} as customer_id,
                            {{ parsed_number({"given": column.kind}, "given") }} as refund
                        from
                            (
                                select
                                    {{ quoted(columns_of_relation(given)["customer_id"]) }}
                                    as customer_id,
                                    {{ column.value }} as given
                                from {{ relation }}
                            ) as rows_of_input
                    ) as refunds
                where refund <> 0
                having count(*) > 0 {{ "union all" if not loop.last }}
            {%- endfor %}
        ),
    {%- endif %}

    offsets as (
        select {{ text_literal(offsets | reject("equalto", "UTC") | join(", ")) }} as offsets
    ),

    {% if floats -%}
        numbers_of_ids as (
            {%- for id in floats %}
                select
                    '{{ source }}' as source,
                    {{ text_literal(id.column) }} as column_name,
                    count(*) as lines,
                    cast(
                        cast(
                            max({{ quoted(id.column) }}) as decimal(38, 0)
                        ) as {{ dbt.type_string() }}
                    ) as example
                from {{ relation }}
                where
                    abs({{ quoted(id.column) }}) between {{ id.limit }} and 1e30
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

    suspicious_columns as ({{ rows_of_suspicions(kinds) }})

select *
from suspicious_columns
