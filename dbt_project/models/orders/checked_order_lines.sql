{{ config(materialized="view") }}

{%- set version = column_of_versions() -%}
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}

with
    stored_order_lines as (select * from {{ ref("stored_order_lines") }}),

    duplicate_order_lines as (select * from {{ ref("duplicate_order_lines") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    {% if version -%}
        -- An order without a number has its day as one, and no versions.
        latest_versions as (
            select order_id, max({{ version }}) as {{ version }}
            from {{ ref("stored_order_lines") }}
            where fault is null and order_id <> cast(cast(ordered_at as date) as string)
            group by order_id
        ),
    {%- endif %}

    reasoned as (
        select
            stored_order_lines.*,
            case
                when stored_order_lines.fault is not null
                then stored_order_lines.fault
                when duplicate_order_lines.row_digest is not null
                then 'duplicate_row'
                {% if version -%}
                    when
                        stored_order_lines.{{ version }} < latest_versions.{{ version }}
                        or (
                            stored_order_lines.{{ version }} is null
                            and latest_versions.{{ version }} is not null
                        )
                    then 'superseded_row'
                {%- endif %}
                when stored_order_lines.is_cancelled
                then 'cancelled_order'
                when stored_order_lines.is_left_out
                then 'status_left_out'
                when cast(stored_order_lines.ordered_at as date) >= as_of_date.as_of
                then 'after_as_of'
            end as reason,
            duplicate_order_lines.is_of_first_file
        from stored_order_lines
        cross join as_of_date
        left join
            duplicate_order_lines
            on stored_order_lines.row_digest = duplicate_order_lines.row_digest
            and stored_order_lines.input_row = duplicate_order_lines.input_row
            and coalesce(stored_order_lines.source_file, '')
            = coalesce(duplicate_order_lines.source_file, '')
        {% if version -%}
            left join latest_versions on stored_order_lines.order_id = latest_versions.order_id
        {%- endif %}
    ),

    checked_order_lines as (
        select
            customer_id,
            order_id,
            product_id,
            category,
            ordered_at,
            amount,
            decimals,
            three_digits_in,
            -- Fuel is sold by volume and coupons by value: such a number is not a number of units.
            case
                when reason is not null or abs(quantity) <= {{ setting("max_quantity") }}
                then quantity
            end as quantity,
            coalesce(abs(quantity) > {{ setting("max_quantity") }}, false) as is_quantity_set_aside,
            unit_price,
            discount_amount,
            refunded_amount,
            is_return,
            updated_at,
            status,
            currency,
            source_file,
            {{ "input_row" if has_files("order_lines") else "source_row" }} as source_row,
            reason,
            coalesce(is_of_first_file, false) as is_copy_in_file,
            rejected_value
        from reasoned
    )

select *
from checked_order_lines
