{#-
  The SQL of BG/NBD and gamma-gamma, for customers with repeat_frequency (x), repeat_recency_days (t_x),
  age_days (T) and repeat_mean_spend (z). See `segmart.outlook.likelihoods` for the models and
  `segmart.outlook.terms` for the rows that are joined.
-#}
{#- The days that an outlook looks ahead; the last ones before the date of the build check it. -#}
{%- macro outlook_days() -%} {{- return([30, 90]) -}} {%- endmacro -%}

{#-
  CTEs, the last of which is `scored`: the columns of the CTE `customers`, which stands before them, each
  one's chance to be alive, and what is expected. Customers with one history (x, T) differ in that chance
  alone, so the sums are made once for each history, of which there are few.
-#}
{%- macro outlook_scores(held_out_days) -%}
    {%- set days = outlook_days() -%}
    outlook_models as (
        select *
        from {{ ref("outlook_model") }}
        where held_out_days = {{ held_out_days }} and off_because is null
    ),

    nodes as (
        select *
        from {{ candidate_rows("nodes", ref("outlook_fit")) }} as quadrature
        where held_out_days = {{ held_out_days }}
    ),

    counts as (
        select *
        from {{ candidate_rows("counts", ref("outlook_fit")) }} as terms_of_counts
        where held_out_days = {{ held_out_days }}
    ),

    -- Alive, a customer orders at a rate of Gamma(shape, rate_days).
    histories as (
        select
            customers.repeat_frequency,
            customers.age_days,
            outlook_models.r + customers.repeat_frequency as shape,
            outlook_models.alpha + customers.age_days as rate_days
        from customers
        cross join outlook_models
        group by
            customers.repeat_frequency, customers.age_days, outlook_models.r, outlook_models.alpha
    ),

    {{ order_days_if_alive() }}

    alive as (
        select
            customers.*,
            case
                when customers.repeat_frequency = 0
                then 1e0
                else
                    1 / (
                        1
                        -- More than any DOUBLE is as good as none to be alive.
                        + exp(
                            least(
                                700e0,
                                ln(
                                    outlook_models.a
                                    / (outlook_models.b + customers.repeat_frequency - 1)
                                )
                                + (outlook_models.r + customers.repeat_frequency)
                                * ln(
                                    (outlook_models.alpha + customers.age_days)
                                    / (outlook_models.alpha + customers.repeat_recency_days)
                                )
                            )
                        )
                    )
            end as alive_probability,
            -- Without gamma-gamma null.
            outlook_models.p * (
                outlook_models.gamma
                + customers.repeat_frequency
                * case
                    when customers.repeat_mean_spend < 0 then 0 else customers.repeat_mean_spend
                end
            )
            / (
                outlook_models.p * customers.repeat_frequency + outlook_models.q - 1
            ) as order_day_value
        from customers
        cross join outlook_models
    ),

    with_chances as (
        select
            alive.*
            {%- for horizon in days %}
                ,
                expected_if_alive.order_days_{{ horizon }},
                chances_if_alive.chance_of_any_{{ horizon }},
                chances_if_alive.chances_of_more_{{ horizon }}
            {%- endfor %}
        from alive
        inner join
            expected_if_alive
            on alive.repeat_frequency = expected_if_alive.repeat_frequency
            and alive.age_days = expected_if_alive.age_days
        inner join
            chances_if_alive
            on alive.repeat_frequency = chances_if_alive.repeat_frequency
            and alive.age_days = chances_if_alive.age_days
    ),

    scored as (
        select
            *
            {%- for horizon in days %}
                ,
                alive_probability * order_days_{{ horizon }} as expected_order_days_{{ horizon }},
                {%- for name, chance in [("low", "0.95e0"), ("high", "0.05e0")] %}
                    {%- set limit = chance ~ " / alive_probability" %}
                    -- Most need no look at the array. One can order on each of the days, and no
                    -- oftener.
                    case
                        when chance_of_any_{{ horizon }} <= {{ limit }}
                        then 0
                        else
                            cast(
                                least(
                                    {{ horizon }},
                                    {{ count_above("chances_of_more_" ~ horizon, limit) }}
                                ) as integer
                            )
                    end as {{ name }}_order_days_{{ horizon }},
                {%- endfor %}
                case
                    when age_days > 0 then repeat_frequency * {{ horizon }}e0 / age_days else 0e0
                end as past_rate_order_days_{{ horizon }},
                alive_probability
                * order_days_{{ horizon }}
                * order_day_value as expected_spend_{{ horizon }}
            {%- endfor %}
        from with_chances
    ),
{%- endmacro -%}

{#-
  CTEs on histories of living customers: expected_if_alive, the order days that are expected; and
  chances_if_alive, for 0, 1, 2 ... the chances of more than so many, as an array.
-#}
{%- macro order_days_if_alive() -%}
    {%- set days = outlook_days() -%}
    -- Sums of DECIMAL, since those of DOUBLE change from run to run.
    expected_if_alive as (
        select
            histories.repeat_frequency,
            histories.age_days
            {%- for horizon in days %}
                ,
                cast(
                    sum(
                        cast(
                            nodes.weight
                            / nodes.node
                            * {{
                                at_least_one(
                                    "histories.shape",
                                    "nodes.node * " ~ horizon ~ "e0 / histories.rate_days",
                                )
                            }} as decimal(38, 18)
                        )
                    ) as double
                ) as order_days_{{ horizon }}
            {%- endfor %}
        from histories
        inner join nodes on histories.repeat_frequency = nodes.repeat_frequency
        group by histories.repeat_frequency, histories.age_days
    ),

    -- Of so many occasions for an order day, as in a negative binomial distribution.
    chances_of_occasions as (
        select
            histories.repeat_frequency,
            histories.age_days,
            counts.order_days,
            counts.goes_on
            {%- for horizon in days %}
                {%- set ratio = horizon ~ "e0 / histories.rate_days" %},
                cast(
                    exp(
                        counts.log_ways
                        - histories.shape * ln(1 + {{ ratio }})
                        - counts.order_days * ln(1 + histories.rate_days / {{ horizon }}e0)
                    ) as decimal(20, 18)
                ) as chance_{{ horizon }}
            {%- endfor %}
        from histories
        inner join counts on histories.repeat_frequency = counts.repeat_frequency
        where
            counts.order_days
            <= {{ highest_count("histories.shape", days[-1] ~ "e0 / histories.rate_days") }}
    ),

    chances_of_more as (
        select
            repeat_frequency,
            age_days
            {%- for horizon in days %}
                ,
                goes_on * (
                    1 - cast(
                        sum(chance_{{ horizon }}) over (
                            partition by repeat_frequency, age_days
                            order by order_days
                            rows between unbounded preceding and current row
                        ) as double
                    )
                ) as chance_{{ horizon }}
            {%- endfor %}
        from chances_of_occasions
    ),

    chances_if_alive as (
        select
            repeat_frequency,
            age_days
            {%- for horizon in days %}
                ,
                max(chance_{{ horizon }}) as chance_of_any_{{ horizon }},
                array_agg(chance_{{ horizon }}) as chances_of_more_{{ horizon }}
            {%- endfor %}
        from chances_of_more
        group by repeat_frequency, age_days
    ),
{%- endmacro -%}

{#-
  1 - (1 + y) ** -shape, by functions that both engines have: log1p(y) is 2 atanh(y / (2 + y)), and 1 -
  exp(-2 u) is 2 tanh(u) / (1 + tanh(u)). As it stands it would lose the digits of a small y.
-#}
{%- macro at_least_one(shape, y) -%}
    {%- set tangent = "tanh(%s * atanh((%s) / (2 + %s)))" | format(shape, y, y) -%}
    2 * {{ tangent }} / (1 + {{ tangent }})
{%- endmacro -%}

{#- See `DEVIATIONS` in `segmart.outlook.terms`: the root of 19 is 4.3589. -#}
{%- macro highest_count(shape, ratio) -%}
    {{ shape }} * {{ ratio }} + 4.3589e0 * sqrt({{ shape }} * {{ ratio }} * (1 + {{ ratio }})) + 1
{%- endmacro -%}
