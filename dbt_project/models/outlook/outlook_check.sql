{%- set held_out_days = outlook_days() | max -%}
with
    customers as (
        select
            customer_id,
            earlier_frequency as repeat_frequency,
            earlier_recency_days as repeat_recency_days,
            earlier_age_days as age_days,
            earlier_mean_spend as repeat_mean_spend
            {%- for days in outlook_days() %}
                , later_order_days_{{ days }}, later_spend_{{ days }}
            {%- endfor %}
        from {{ ref("outlook_sample") }}
        where earlier_frequency is not null
    ),

    {{ outlook_scores(held_out_days) }}

    compared as (
        {% for days in outlook_days() -%}
            {%- set past_rate = "past_rate_order_days_" ~ days -%}
            {%- for measure, predicted_by, expected in [
                ("order days", "model", "expected_order_days_" ~ days),
                ("order days", "past rate", past_rate),
                ("spend", "model", "expected_spend_" ~ days),
                ("spend", "past rate", past_rate ~ " * repeat_mean_spend"),
            ] -%}
                {%- set happened = "later_" ~ measure | replace(" ", "_") ~ "_" ~ days -%}
                select
                    {{ days }} as days,
                    '{{ measure }}' as measure,
                    '{{ predicted_by }}' as predicted_by,
                    {{ expected }} as expected,
                    cast({{ happened }} as double) as happened,
                    {% if measure == "order days" and predicted_by == "model" -%}
                        case
                            when
                                {{ happened }}
                                between low_order_days_{{ days }} and high_order_days_{{ days }}
                            then 1e0
                            else 0e0
                        end
                    {%- else -%} cast(null as double)
                    {%- endif %} as is_within
                from scored {{ "union all" if not loop.last }}
                {% endfor %} {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    -- Equal values have the mean of their ranks, as in Spearman's correlation.
    ranked as (
        select
            *,
            rank() over (partition by days, measure, predicted_by order by expected)
            + (count(*) over (partition by days, measure, predicted_by, expected) - 1)
            / 2e0 as expected_rank,
            rank() over (partition by days, measure, predicted_by order by happened)
            + (count(*) over (partition by days, measure, predicted_by, happened) - 1)
            / 2e0 as happened_rank
        from compared
        where expected is not null and happened is not null
    ),

    totals as (
        select
            days,
            measure,
            predicted_by,
            count(*) as customers,
            {{ exact_sum("expected") }} as expected,
            {{ exact_sum("happened") }} as happened,
            {{ exact_mean("abs(expected - happened)") }} as mean_absolute_error,
            {{ exact_mean("is_within") }} as within_interval,
            -- The mean rank is half of one more than there are.
            {{ exact_sum("expected_rank * happened_rank") }}
            - count(*) * power((count(*) + 1) / 2e0, 2) as covariation,
            {{ exact_sum("expected_rank * expected_rank") }}
            - count(*) * power((count(*) + 1) / 2e0, 2) as expected_variation,
            {{ exact_sum("happened_rank * happened_rank") }}
            - count(*) * power((count(*) + 1) / 2e0, 2) as happened_variation
        from ranked
        group by days, measure, predicted_by
    ),

    outlook_check as (
        select
            outlook_models.fitted_as_of,
            totals.days,
            totals.measure,
            totals.predicted_by,
            totals.customers,
            totals.expected,
            totals.happened,
            totals.mean_absolute_error,
            case
                when totals.expected_variation > 0 and totals.happened_variation > 0
                then
                    totals.covariation / sqrt(totals.expected_variation * totals.happened_variation)
            end as rank_correlation,
            totals.within_interval
        from totals
        cross join outlook_models
    )

select *
from outlook_check
