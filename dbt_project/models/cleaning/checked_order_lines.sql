{%- set order_lines_input = ref(setting("input") ~ "__order_lines") -%}
{%- set given = given_columns(order_lines_input) -%}
{%- set text = dbt.type_string() -%}

with
    order_lines as ({{ remembered_rows(order_lines_input, given) }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    typed as (
        select
            {{ identifier_text(given, "customer_id") }} as customer_id,
            {{ identifier_text(given, "order_id") }} as order_id,
            {{ identifier_text(given, "product_id") }} as product_id,
            {{ identifier_text(given, "category") }} as category,
            {{ trimmed(column_or_null(given, "ordered_at", text)) }} as ordered_at_text,
            {{ trimmed(column_or_null(given, "amount", text)) }} as amount_text,
            {{ trimmed(column_or_null(given, "quantity", text)) }} as quantity_text,
            {{ trimmed(column_or_null(given, "unit_price", text)) }} as unit_price_text,
            {{ trimmed(column_or_null(given, "discount_amount", text)) }} as discount_amount_text,
            {{ trimmed(column_or_null(given, "is_return", text)) }} as is_return_text,
            {{ parsed_timestamp(given, "ordered_at") }} as ordered_at,
            {{ parsed_number(given, "amount") }} as amount,
            {{ parsed_number(given, "quantity") }} as quantity,
            {{ parsed_number(given, "unit_price") }} as unit_price,
            {{ parsed_number(given, "discount_amount") }} as discount_amount,
            {{ parsed_boolean(given, "is_return") }} as is_return,
            {{ column_or_null(given, "ignored_values", text) }} as ignored_values,
            {{ column_or_null(given, "source_file", text) }} as source_file,
            {{ column_or_null(given, "source_row", "bigint") }} as source_row,
            segmart_is_forgotten
        from order_lines
    ),

    -- A product beyond ten thousand million fits no DECIMAL, and is no price of goods.
    priced as (
        select
            *,
            coalesce(
                abs(cast(quantity as double) * cast(unit_price as double)) >= 1e10, false
            ) as is_product_too_large,
            coalesce(
                amount,
                case
                    when abs(cast(quantity as double) * cast(unit_price as double)) < 1e10
                    then cast(quantity * unit_price as decimal(18, 4))
                end
            ) as net_amount
        from typed
    ),

    -- Identical in every column of the source: the one that stands first in its file stays.
    numbered as (
        select
            *,
            row_number() over (
                partition by
                    customer_id,
                    order_id,
                    {{
                        row_digest(
                            [
                                "ordered_at_text",
                                "amount_text",
                                "quantity_text",
                                "unit_price_text",
                                "discount_amount_text",
                                "product_id",
                                "category",
                                "is_return_text",
                                "ignored_values",
                            ]
                        )
                    }}
                order by source_file asc, source_row asc
            ) as copy_number
        from priced
    ),

    -- The first reason that holds is the row's reason.
    reasoned as (
        select
            numbered.*,
            case
                when numbered.segmart_is_forgotten
                then 'customer_forgotten'
                when numbered.ordered_at_text is null
                then 'ordered_at_missing'
                when numbered.ordered_at is null
                then 'ordered_at_malformed'
                when numbered.amount_text is not null and numbered.amount is null
                then 'amount_malformed'
                when numbered.quantity_text is not null and numbered.quantity is null
                then 'quantity_malformed'
                when numbered.unit_price_text is not null and numbered.unit_price is null
                then 'unit_price_malformed'
                when numbered.discount_amount_text is not null and numbered.discount_amount is null
                then 'discount_amount_malformed'
                when numbered.is_return_text is not null and numbered.is_return is null
                then 'is_return_malformed'
                when numbered.amount is null and numbered.is_product_too_large
                then 'unit_price_malformed'
                when numbered.customer_id is null
                then 'customer_id_missing'
                when numbered.copy_number > 1
                then 'duplicate_row'
                {% if setting("cancelled_order_pattern") != "none" -%}
                    when
                        regexp_matches(
                            numbered.order_id, '^({{ setting("cancelled_order_pattern") }})$'
                        )
                    then 'cancelled_order'
                {% endif -%}
                when cast(numbered.ordered_at as date) >= as_of_date.as_of
                then 'after_as_of'
            end as reason
        from numbered
        cross join as_of_date
    ),

    -- The texts of a row that is used are not kept: they would be most of the table.
    checked_order_lines as (
        select
            customer_id,
            coalesce(order_id, cast(cast(ordered_at as date) as {{ text }})) as order_id,
            category,
            ordered_at,
            net_amount as amount,
            -- Fuel is sold by volume and coupons by value: such a number is not a number of units.
            case when abs(quantity) <= {{ setting("max_quantity") }} then quantity end as quantity,
            coalesce(abs(quantity) > {{ setting("max_quantity") }}, false) as is_quantity_set_aside,
            discount_amount,
            coalesce(is_return, quantity < 0 or net_amount < 0, false) as is_return,
            {% for column in [
                "ordered_at_text",
                "amount_text",
                "quantity_text",
                "unit_price_text",
                "discount_amount_text",
                "is_return_text",
                "product_id",
            ] -%}
                case when reason is not null then {{ column }} end as {{ column }},
            {% endfor -%}
            source_file,
            source_row,
            reason
        from reasoned
    )

select *
from checked_order_lines
