{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="sync_all_columns",
        full_refresh=(
            true
            if var("input") != "files"
            or (var("order_lines") | string).startswith("table:")
            or not can_delete_rows()
            else none
        ),
        pre_hook="{{ delete_changed_files('order_lines', 'typed_order_lines') }}",
    )
}}
-- To read and type a line costs as much as all that comes after it: it is done once.
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}
{%- set has_rows = "source_row" in given_columns(ref(setting("input") ~ "__order_lines")) %}

with
    typed_order_lines as (select * from {{ ref("typed_order_lines") }}),

    stored_order_lines as (
        select
            customer_id,
            order_id,
            product_id,
            category,
            ordered_at,
            amount,
            quantity,
            unit_price,
            discount_amount,
            is_return,
            is_cancelled,
            fault,
            rejected_value,
            row_digest,
            source_file,
            {{ "source_row" if has_rows else any_row_number() }} as source_row,
            {{ stored_version("file_version", "typed_order_lines") }} as file_version
        from typed_order_lines
        {% if is_incremental() -%}
            where {{ is_of_new_file("order_lines", "typed_order_lines") }}
        {%- endif %}
    )

select *
from stored_order_lines
