{%- set keys = ["audience", "started_on", "days", "measure", "part"] -%}
with
    audience_behaviour as (select * from {{ ref("audience_behaviour") }}),

    -- Part 0 is all members, any other the segment of that number on the first day.
    measured_values as (
        {% for measure, column in audience_measures().items() -%}
            {%- set is_last = loop.last -%}
            {%- for part, name in [("segment_id", "segment_name"), ("0", "null")] -%}
                select
                    audience,
                    started_on,
                    days,
                    '{{ measure }}' as measure,
                    {{ part }} as part,
                    {{ name }} as segment_name,
                    member_group,
                    is_gone,
                    {{ column }} as value,
                    {{ column }}_before as value_before
                from audience_behaviour {{ "union all" if not (is_last and loop.last) }}
            {% endfor %}
        {% endfor %}
    ),

    means as (
        select
            {{ keys | join(", ") }},
            member_group,
            max(segment_name) as segment_name,
            count(*) as customers,
            count(*) filter (where is_gone) as gone_customers,
            {{ exact_mean("value") }} as mean,
            {{ exact_mean("value_before") }} as mean_before,
            max(abs(value)) as largest,
            max(abs(value_before)) as largest_before
        from measured_values
        group by {{ keys | join(", ") }}, member_group
    ),

    -- In units of the largest, as in segment_outcomes: a square of rupiahs has no place as DECIMAL.
    -- Where all are 0 there is no unit, and no deviation.
    deviations as (
        select
            {% for key in keys -%} means.{{ key }}, {% endfor -%}
            means.member_group,
            coalesce(
                (measured_values.value - means.mean) / nullif(means.largest, 0), 0
            ) as deviation,
            coalesce(
                (measured_values.value_before - means.mean_before)
                / nullif(means.largest_before, 0),
                0
            ) as deviation_before
        from measured_values
        inner join
            means
            {% for key in keys + ["member_group"] -%}
                {{ "on" if loop.first else "and" }} measured_values.{{ key }} = means.{{ key }}
            {% endfor %}
    ),

    sums_of_deviations as (
        select
            {{ keys | join(", ") }},
            member_group,
            {{ exact_sum("deviation * deviation") }} as squares,
            {{ exact_sum("deviation_before * deviation_before") }} as squares_before,
            {{ exact_sum("deviation * deviation_before") }} as products,
            max(deviation * deviation) as largest_square
        from deviations
        group by {{ keys | join(", ") }}, member_group
    ),

    audience_sums as (
        select
            {% for key in keys -%} means.{{ key }}, {% endfor -%}
            means.member_group,
            means.segment_name,
            means.customers,
            means.gone_customers,
            means.mean,
            means.mean_before,
            means.largest * means.largest * sums_of_deviations.squares as squares,
            means.largest_before
            * means.largest_before
            * sums_of_deviations.squares_before as squares_before,
            means.largest * means.largest_before * sums_of_deviations.products as products,
            means.largest * means.largest * sums_of_deviations.largest_square as largest_square
        from means
        inner join
            sums_of_deviations
            {% for key in keys + ["member_group"] -%}
                {{ "on" if loop.first else "and" }} means.{{ key }} = sums_of_deviations.{{ key }}
            {% endfor %}
    )

select *
from audience_sums
