{{ kept_rows(["row_digest"], settings=["identical_lines", "order_versions"]) }}
{%- set newest_first = setting("order_versions") == "latest_file" %}

with
    stored_order_lines as (select * from {{ ref("stored_order_lines") }}),

    -- Not from the CTE above: one that is read twice is copied with all its rows.
    stored_digests as (select row_digest from {{ ref("stored_order_lines") }}),

    -- First by the digest alone: sorting all lines would need memory for all of them.
    repeated_digests as (
        select row_digest
        from stored_digests {{ where_changed() }}
        group by row_digest
        having count(*) > 1
    ),

    -- Identical in every column of the source. Where identical lines of one file are units of their
    -- own, the second of one file is a copy of the second of another.
    repeated_lines as (
        select
            stored_order_lines.customer_id,
            stored_order_lines.order_id,
            stored_order_lines.row_digest,
            stored_order_lines.source_file,
            stored_order_lines.input_row,
            {% if setting("identical_lines") == "keep" -%}
                row_number() over (
                    partition by
                        stored_order_lines.customer_id,
                        stored_order_lines.order_id,
                        stored_order_lines.row_digest,
                        stored_order_lines.source_file
                    order by stored_order_lines.input_row asc
                )
            {%- else -%} 1
            {%- endif %} as unit_number
        from stored_order_lines
        inner join repeated_digests on stored_order_lines.row_digest = repeated_digests.row_digest
    ),

    -- The one that stands first stays; of the latest file, where that one counts.
    numbered as (
        select
            row_digest,
            source_file,
            input_row,
            row_number() over (
                partition by customer_id, order_id, row_digest, unit_number
                order by source_file {{ "desc" if newest_first else "asc" }}, input_row asc
            ) as copy_number,
            first_value(source_file) over (
                partition by customer_id, order_id, row_digest, unit_number
                order by source_file {{ "desc" if newest_first else "asc" }}, input_row asc
            ) as first_file
        from repeated_lines
    ),

    duplicate_order_lines as (
        select
            row_digest,
            source_file,
            input_row,
            coalesce(source_file, '') = coalesce(first_file, '') as is_of_first_file
        from numbered
        where copy_number > 1
    )

select *
from duplicate_order_lines
