{#- The features that the model clusters on, as it sees them. -#}
{%- set features = feature_definitions(clustered_only=true) -%}
{%- set available = feature_definitions() | map(attribute="feature") -%}
{%- set spend = "customers.spend" if "spend" in available else "cast(null as double)" -%}
{%- set by_outcome = "over (partition by outcome)" -%}
-- How much of what customers do later do the segments explain, beside spend quartiles, scores of
-- recency, frequency and spend, and a linear model of the clustered features, which is about what
-- can be known from them? Build as of a past date first, so that later orders exist:
-- uv run dbt build --vars '{as_of: 2017-11-12}'
-- They stand in rejected_rows with the reason after_as_of. Shares of the variance: eta squared of
-- groups, R squared of the linear model (1 explains all, 0 nothing). Without amounts, what is said
-- of spend and discounts is empty, and the score is of recency and frequency.
{% if uses_metrics() -%}
    select 'metrics of customers have no dates: there is nothing later to explain' as answer
{%- else -%}
    with
        -- As the model orders has them; a return is known by its sign.
        later_orders as (
            select
                customer_id,
                cast(min(ordered_at) as date) as ordered_on,
                coalesce(max(amount), 1) > 0 as is_order,
                {% if setting("amount_is") == "order" -%}
                    greatest(max(amount), 0) + least(min(amount), 0) as amount,
                    greatest(max(amount), 0) as purchased_amount,
                    max(abs(discount_amount)) as discount_amount
                {%- else -%}
                    sum(amount) as amount,
                    sum(case when amount >= 0 then amount end) as purchased_amount,
                    sum(
                        case when coalesce(amount, 0) >= 0 then abs(discount_amount) end
                    ) as discount_amount
                {%- endif %}
            from {{ ref("rejected_rows") }}
            where reason = 'after_as_of'
            group by customer_id, order_id
        ),

        later_totals as (
            select
                customer_id,
                count(distinct case when is_order then ordered_on end) as later_days,
                sum(cast(amount as double)) as later_amount,
                sum(cast(purchased_amount as double)) as later_purchased,
                sum(cast(discount_amount as double)) as later_discounts
            from later_orders
            group by customer_id
        ),

        segmented_customers as (select * from {{ segmented_customers() }} as eligible_customers),

        customers as (
            select
                customer_segments.customer_id,
                customer_segments.segment_id,
                ntile(4) over (
                    order by customers.recency_days desc, customers.customer_id asc
                ) as recency_quartile,
                ntile(4) over (order by customers.orders, customers.customer_id) as order_quartile,
                case
                    when {{ spend }} is not null
                    then ntile(4) over (order by {{ spend }}, customers.customer_id)
                end as spend_quartile,
                {% for feature in features -%}
                    {{ transformed("customers." ~ feature.feature, feature.transform) }}
                    as x{{ loop.index }},
                {% endfor -%}
                ln(1 + coalesce(later_totals.later_days, 0)) as later_days,
                case
                    when {{ spend }} is not null
                    then {{ transformed("coalesce(later_totals.later_amount, 0)", "log1p") }}
                end as later_spend,
                {{ discount_share("later_totals.later_purchased", "later_totals.later_discounts") }}
                as later_discount_share
            from {{ ref("customer_segments") }} as customer_segments
            inner join
                segmented_customers as customers
                on customer_segments.customer_id = customers.customer_id
            left join later_totals on customer_segments.customer_id = later_totals.customer_id
        ),

        customer_scores as (
            select *, recency_quartile + order_quartile + coalesce(spend_quartile, 0) as score
            from customers
        ),

        -- A missing value becomes the mean.
        scored as (
            select
                segment_id,
                spend_quartile,
                score,
                ntile(4) over (order by score, customer_id) as score_quartile,
                {% for feature in features -%}
                    coalesce(
                        x{{ loop.index }}, avg(x{{ loop.index }}) over ()
                    ) as x{{ loop.index }},
                {% endfor -%}
                later_days,
                later_spend,
                later_discount_share
            from customer_scores
        ),

        outcomes as (
            select *, 'order days' as outcome, later_days as y
            from scored
            union all
            select *, 'spend' as outcome, later_spend as y
            from scored
            where later_spend is not null
            union all
            select *, 'discount share' as outcome, later_discount_share as y
            from scored
            where later_discount_share is not null
        ),

        grouped as (
            {% for name, groups in {
                "segments": "segment_id",
                "spend quartiles": "spend_quartile",
                "score, cut in four": "score_quartile",
                "score": "score",
            }.items() -%}
                select outcome, y, '{{ name }}' as explained_by, {{ groups }} as group_id
                from outcomes
                where {{ groups }} is not null {{ "union all" if not loop.last }}
            {% endfor %}
        ),

        of_groups as ({{ explained_by_groups("grouped") }}),

        -- Each feature without its mean and without what those before it explain, so that what they
        -- explain of y adds up (Gram and Schmidt).
        residuals_0 as (select * from outcomes),

        {% for feature in features -%}
            {%- set i = loop.index -%}
            residuals_{{ i }} as (
                select
                    *,
                    x{{ i }} - avg(x{{ i }}) {{ by_outcome }}
                    {%- for j in range(1, i) %}
                        - e{{ j }}
                        * sum(x{{ i }} * e{{ j }}) {{ by_outcome }}
                        / nullif(sum(e{{ j }} * e{{ j }}) {{ by_outcome }}, 0)
                    {%- endfor %} as e{{ i }}
                from residuals_{{ i - 1 }}
            ),
        {%- endfor %}

        of_linear_model as (
            select
                outcome,
                'linear model' as explained_by,
                cast(null as bigint) as groups,
                (
                    0
                    {%- for feature in features %}
                        + coalesce(
                            power(sum(y * e{{ loop.index }}), 2)
                            / nullif(sum(e{{ loop.index }} * e{{ loop.index }}), 0),
                            0
                        )
                    {%- endfor %}
                )
                / nullif(count(*) * var_pop(y), 0) as explained
            from residuals_{{ features | length }}
            group by outcome
        ),

        explained as (
            select outcome, explained_by, groups, explained
            from of_groups
            union all
            select outcome, explained_by, groups, explained
            from of_linear_model
        )

    select
        explained_by,
        max(groups) as groups,
        round(max(case when outcome = 'order days' then explained end), 3) as order_days_explained,
        round(max(case when outcome = 'spend' then explained end), 3) as spend_explained,
        round(
            max(case when outcome = 'discount share' then explained end), 3
        ) as discount_share_explained
    from explained
    group by explained_by
    order by max(groups) is null, max(groups), explained_by
{%- endif %}
