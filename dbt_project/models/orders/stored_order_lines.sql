{{ kept_table(pre_hook="{{ delete_changed_files('order_lines', 'typed_order_lines') }}") }}
-- To type a line is a large part of what a build costs: it is done once.
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}

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
            cast(decimals as smallint) as decimals,
            three_digits_in,
            quantity,
            unit_price,
            discount_amount,
            refunded_amount,
            is_return,
            updated_at,
            status,
            currency,
            is_left_out,
            is_cancelled,
            fault,
            rejected_value,
            row_digest,
            source_file,
            {{ "source_row" if has_files("order_lines") else any_row_number() }} as input_row,
            {% if not has_files("order_lines") -%} source_row, {%- endif %}
            {{ stored_version("file_version", "order_lines", "typed_order_lines") }} as file_version
        from typed_order_lines
        {% if is_incremental() -%}
            where {{ is_of_new_file("order_lines", "typed_order_lines") }}
        {%- endif %}
    )

select *
from stored_order_lines
