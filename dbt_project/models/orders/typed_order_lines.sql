{{ config(materialized="view") }}

{%- set order_lines_input = ref(setting("input") ~ "__order_lines") -%}
{%- set given = given_columns(order_lines_input) -%}
{%- set text = dbt.type_string() -%}
{%- set version = column_of_versions() -%}
{%- do check_columns_of_settings(given) -%}
{%- do check_types_of_numbers(given) -%}
{%- set decimal = "decimal(18, 4)" -%}
{%- set number_columns = "amount quantity unit_price discount_amount refunded_amount".split() -%}
{%- set typed_columns = ["ordered_at"] + number_columns + ["is_return"] -%}
{#- The order is part of the digest. -#}
{%- set digest_columns = (
    "customer_id order_id given_ordered_at given_amount given_quantity given_unit_price "
    ~ "given_discount_amount product_id category given_is_return ignored_values line_id status "
    ~ "currency given_refunded_amount given_updated_at"
) -%}
{%- set checked_columns = typed_columns + (["updated_at"] if version == "updated_at" else []) %}

with
    order_lines as ({{ remembered_rows(order_lines_input, given) }}),

    -- Each text is trimmed once, and each number cast once: in a CASE they would be for each
    -- branch.
    trimmed as (
        select
            *,
            {% for column in typed_columns + ["updated_at"] -%}
                {{ given_value(given, column) }} as given_{{ column }}{{ "," if not loop.last }}
            {% endfor %}
        from order_lines
    ),

    cast_numbers as (
        select
            *,
            {% for column in number_columns -%}
                {{ plain_decimal(given, column, decimal, "given_" ~ column) }}
                as plain_{{ column }}{{ "," if not loop.last }}
            {% endfor %}
        from trimmed
    ),

    typed as (
        select
            {{ of_order(given, customer_id_text(given)) }} as customer_id,
            {{ identifier_text(given, "order_id") }} as order_id,
            {{ identifier_text(given, "line_id") }} as line_id,
            {{ identifier_text(given, "product_id") }} as product_id,
            {{ identifier_text(given, "category") }} as category,
            {{ word_or_dated(word_of_line(given, "status")) }} as status,
            upper({{ word_of_line(given, "currency") }}) as currency,
            {% for column in typed_columns + ["updated_at"] -%} given_{{ column }}, {% endfor -%}
            {{ parsed_timestamp(given, "ordered_at", "given_ordered_at") }} as ordered_at,
            {% for column in number_columns -%}
                {%- set number = parsed_number(
                    given, column, decimal, "given_" ~ column, "plain_" ~ column
                ) -%}
                {{ number if column == "quantity" else exchanged(given, number) }} as {{ column }},
            {% endfor -%}
            {{ decimals_given(given) }} as decimals,
            {{ parsed_boolean(given, "is_return") }} as is_return,
            {{ parsed_timestamp(given, "updated_at", "given_updated_at") }} as updated_at,
            {{ ignored_values(given, typed_columns) }} as ignored_values,
            {{ column_or_null(given, "source_file", text) }} as source_file,
            {{ column_or_null(given, "source_row", "bigint") }} as source_row,
            {{ column_or_null(given, "segmart_file_version", text) }} as file_version,
            segmart_is_forgotten
        from cast_numbers
    ),

    -- A product beyond ten thousand million fits no DECIMAL, and is no price of goods.
    priced as (
        select
            *,
            coalesce(
                abs(cast(quantity as double) * cast(unit_price as double)) >= 1e10, false
            ) as is_product_too_large,
            {% set gross -%}
            coalesce(
                amount,
                case
                    when
                        given_amount is null
                        and abs(cast(quantity as double) * cast(unit_price as double)) < 1e10
                    then cast(quantity * unit_price as decimal(18, 4))
                end
            )
            {%- endset -%}
            {% if "refunded_amount" in given -%}
                try_cast(
                    coalesce({{ gross }}, case when refunded_amount is not null then 0 end)
                    - coalesce(abs(refunded_amount), 0) as decimal(18, 4)
                )
            {%- else -%} {{ gross }}
            {%- endif %} as net_amount
        from typed
    ),

    -- What is wrong with the row itself: the first reason that holds.
    examined as (
        select
            *,
            case
                when segmart_is_forgotten
                then 'customer_forgotten'
                when given_ordered_at is null
                then 'ordered_at_missing'
                {% for column in checked_columns -%}
                    when given_{{ column }} is not null and {{ column }} is null
                    then '{{ column }}_malformed'
                {% endfor -%}
                when amount is null and is_product_too_large
                then 'unit_price_malformed'
                when customer_id is null
                then 'customer_id_missing'
            end as fault,
            coalesce(is_return, false) or {{ has_status("return") }} as is_said_to_return,
            {% if setting("negative_amounts") == "discount" -%}
                coalesce(
                    net_amount < 0
                    and coalesce(quantity, 0) >= 0
                    and not coalesce(is_return, false)
                    and not {{ has_status("return") }},
                    false
                )
            {%- else -%} false
            {%- endif %} as is_voucher,
            {{ row_digest(digest_columns.split()) }} as row_digest
        from priced
    ),

    typed_order_lines as (
        select
            customer_id,
            coalesce(order_id, cast(cast(ordered_at as date) as {{ text }})) as order_id,
            product_id,
            category,
            ordered_at,
            {% if setting("return_amounts") == "negative" -%}
                case
                    when is_said_to_return or (is_return is null and quantity < 0)
                    then - abs(net_amount)
                    else net_amount
                end as amount,
            {%- else -%} net_amount as amount,
            {%- endif %}
            decimals,
            {{ column_with_three_digits(given) }} as three_digits_in,
            case when not is_voucher then quantity end as quantity,
            unit_price,
            case
                when is_voucher
                then cast(coalesce(abs(discount_amount), 0) - net_amount as decimal(18, 4))
                else discount_amount
            end as discount_amount,
            abs(refunded_amount) as refunded_amount,
            coalesce(
                nullif(is_said_to_return, false),
                is_return,
                quantity < 0 or (net_amount < 0 and not is_voucher),
                false
            ) as is_return,
            updated_at,
            status,
            currency,
            {{ has_status("left_out") }} as is_left_out,
            {% if setting("cancelled_order_pattern") != "none" -%}
                coalesce(
                    {{
                        fits_pattern(
                            "order_id", "'^(" ~ setting("cancelled_order_pattern") ~ ")$'"
                        )
                    }},
                    false
                )
            {%- else -%} false
            {%- endif %} as is_cancelled,
            fault,
            -- Of what is given, only the value at fault is kept.
            case
                fault
                {% for column in checked_columns -%}
                    when '{{ column }}_malformed' then cast(given_{{ column }} as {{ text }})
                {% endfor -%}
            end as rejected_value,
            row_digest,
            source_file,
            source_row,
            file_version
        from examined
    )

select *
from typed_order_lines
