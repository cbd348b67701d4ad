{#- What customers did after a date, and how much of it groups of them explain. -#}
{#- The share of discounts in what was bought, before they were taken off; null where nothing was bought. -#}
{%- macro discount_share(purchased_amount, discount_amount) -%}
    case
        when {{ purchased_amount }} + {{ discount_amount }} > 0
        then least(1, {{ discount_amount }} / ({{ purchased_amount }} + {{ discount_amount }}))
    end
{%- endmacro -%}

{#-
  The fifth of a customer, from 1, or another part: one more for each full one of those who are strictly
  worse, as many for each of those who have equal values. ntile() would deal them out to several parts.
-#}
{%- macro part_of_ranked(worse, customers, parts) -%}
    cast(1 + floor({{ parts }} * 1e0 * {{ worse }} / {{ customers }}) as integer)
{%- endmacro -%}

{#-
  The 97.5th percentile of Student's t, by the expansion of Fisher (Abramowitz and Stegun 1964, 26.7.5): from
  4 degrees of freedom on within 0.001.
-#}
{%- macro upper_t(degrees) -%}
    (
        1.959963985e0
        + 2.372271230e0 / {{ degrees }}
        + 2.822498616e0 / power({{ degrees }}, 2)
        + 2.555849680e0 / power({{ degrees }}, 3)
        + 1.589534053e0 / power({{ degrees }}, 4)
    )
{%- endmacro -%}

{#-
  Eta squared: the share of the variance of y that groups explain, one row for each outcome, explained_by
  and value of the columns by. The relation has one row for each of them and customer, with group_id and y;
  without either it is left out. Null where all have the same y. The sums have nine digits behind the point,
  so six are told; + 0 because no share is -0.
-#}
{%- macro explained_by_groups(relation, by=[]) -%}
    {%- set keys = (by + ["outcome", "explained_by"]) | join(", ") -%}
    {%- set square_of_all = exact_sum("sum_of_y") ~ " * " ~ exact_sum("sum_of_y") -%}
    select
        {{ keys }},
        count(*) as groups,
        sum(customers) as customers,
        case
            when min(smallest) < max(largest)
            then
                round(
                    (
                        {{ exact_sum("sum_of_y * sum_of_y / customers") }}
                        - {{ square_of_all }} / sum(customers)
                    )
                    / ({{ exact_sum("sum_of_squares") }} - {{ square_of_all }} / sum(customers)),
                    6
                )
                + 0
        end as explained
    from
        (
            select
                {{ keys }},
                group_id,
                count(*) as customers,
                {{ exact_sum("y") }} as sum_of_y,
                {{ exact_sum("y * y") }} as sum_of_squares,
                min(y) as smallest,
                max(y) as largest
            from {{ relation }}
            where y is not null and group_id is not null
            group by {{ keys }}, group_id
        ) as totals_of_groups
    group by {{ keys }}
{%- endmacro -%}

{#- After so many days it is measured what an audience brought; segmart.audiences.definitions has the same. -#}
{%- macro audience_days() -%} {{- return([7, 14, 30, 60, 90]) -}} {%- endmacro -%}

{#- What is measured of an audience, as an aggregate of the orders that meet a condition. -#}
{%- macro audience_measures() -%}
    {{-
        return(
            {
                "spend": "sum(case when %s then orders.amount end)",
                "orders": "count(*) filter (where orders.is_order and %s)",
                "ordered_again_share": "max(case when orders.is_order and %s then 1 end)",
            }
        )
    -}}
{%- endmacro -%}

{#-
  Mean and sums of squared deviations from it, of value, of value_before and of the products of both: one row
  for each value of the columns by. Deviations are in units of the largest value, as in segment_outcomes: a
  square of rupiahs has no place as DECIMAL. Where all values are 0 there is no unit, and no deviation.
-#}
{%- macro sums_of_deviations(relation, by) -%}
    {%- set keys = by | join(", ") -%}
    {%- set sums = {
        "squares": ["", ""],
        "squares_before": ["_before", "_before"],
        "products": ["", "_before"],
    } -%}
    select
        {{ keys }},
        max(gone_customers) as gone_customers,
        max(mean) as mean,
        max(mean_before) as mean_before,
        {%- for sum, ends in sums.items() %}
            max(largest{{ ends[0] }})
            * max(largest{{ ends[1] }})
            * {{ exact_sum("deviation" ~ ends[0] ~ " * deviation" ~ ends[1]) }} as {{ sum }},
        {%- endfor %}
        max(largest) * max(largest) * max(deviation * deviation) as largest_square
    from
        (
            select
                means.*
                {%- for end in ["", "_before"] %}
                    ,
                    coalesce(
                        (measured.value{{ end }} - means.mean{{ end }})
                        / nullif(means.largest{{ end }}, 0),
                        0
                    ) as deviation{{ end }}
                {%- endfor %}
            from {{ relation }} as measured
            inner join
                (
                    select
                        {{ keys }},
                        count(*) filter (where is_gone) as gone_customers,
                        {{ exact_mean("value") }} as mean,
                        {{ exact_mean("value_before") }} as mean_before,
                        max(abs(value)) as largest,
                        max(abs(value_before)) as largest_before
                    from {{ relation }}
                    group by {{ keys }}
                ) as means
                {% for key in by -%}
                    {{ "on" if loop.first else "and" }} measured.{{ key }} = means.{{ key }}
                {% endfor %}
        ) as deviations
    group by {{ keys }}
{%- endmacro -%}
