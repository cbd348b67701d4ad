{%- set text = dbt.type_string() -%}
{%- set metrics = metric_columns() -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set amount = "amount" in given or ("quantity" in given and "unit_price" in given) -%}
{%- set missing = {} -%}
{%- if not amount -%}
    {%- do missing.update({"amount": "neither amount nor quantity and unit_price"}) -%}
{%- endif -%}
{%- if "quantity" not in given -%}
    {%- do missing.update({"quantity": "no quantity"}) -%}
{%- endif -%}
{%- set has_vouchers = setting("negative_amounts") == "discount" -%}
{%- if not amount or ("discount_amount" not in given and not has_vouchers) -%}
    {%- do missing.update({"discount_amount": "no discount_amount, or no amount"}) -%}
{%- endif -%}
{%- if "category" not in given -%}
    {%- do missing.update({"category": "no category"}) -%}
{%- endif -%}
{%- if not ("amount" in given or "quantity" in given or "is_return" in given) -%}
    {%- do missing.update({"returns": "none of is_return, amount and quantity"}) -%}
{%- endif %}

with
    feature_definitions as (select * from {{ ref("feature_definitions") }}),

    metric_definitions as (
        {% for metric in metrics -%}
            select
                {{ loop.index }} as position,
                '{{ metric.feature }}' as feature,
                {{ text_literal(metric.column) }} as label
                {{ "union all" if not loop.last }}
        {% else -%}
            select
                cast(null as integer) as position,
                cast(null as {{ text }}) as feature,
                cast(null as {{ text }}) as label
            where false
        {% endfor %}
    ),

    -- A metric of the name of a feature takes that feature's label, unit, transform and direction.
    metric_features as (
        select
            metric_definitions.position,
            metric_definitions.feature,
            coalesce(feature_definitions.label, metric_definitions.label) as label,
            feature_definitions.unit,
            coalesce(feature_definitions.transform, 'none') as transform,
            true as is_clustered,
            coalesce(feature_definitions.higher_is_better, true) as higher_is_better,
            coalesce(feature_definitions.missing_policy, 'median') as missing_policy,
            feature_definitions.high_word,
            feature_definitions.high_phrase,
            feature_definitions.low_word,
            feature_definitions.low_phrase,
            cast(null as {{ text }}) as unavailable_because
        from metric_definitions
        left join feature_definitions on metric_definitions.feature = feature_definitions.feature
    ),

    order_features as (
        select
            position,
            feature,
            label,
            unit,
            transform,
            is_clustered,
            higher_is_better,
            missing_policy,
            high_word,
            high_phrase,
            low_word,
            low_phrase,
        {% for requirement in missing -%}
                {{ "case requires" if loop.first }}
            when '{{ requirement }}'
            then 'the order lines have {{ missing[requirement] }}' {{ "end" if loop.last }}
            {%- else -%} cast(null as {{ text }})
            {%- endfor %} as unavailable_because
        from feature_definitions
    ),

    feature_catalog as (
        select *, unavailable_because is null as is_available
        from {{ "metric_features" if metrics else "order_features" }}
    )

select *
from feature_catalog
