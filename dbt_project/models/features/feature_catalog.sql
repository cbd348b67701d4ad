{%- set text = dbt.type_string() -%}
{%- set metrics = metric_columns() -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set amount = "amount" in given or ("quantity" in given and "unit_price" in given) -%}
{%- set returns = "amount" in given or "quantity" in given or "is_return" in given -%}
{%- set available = {
    "amount": amount,
    "quantity": "quantity" in given,
    "discount_amount": amount and "discount_amount" in given,
    "category": "category" in given,
    "returns": returns,
} %}

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
            true as is_available,
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
            {% for requirement in available if not available[requirement] -%}
                {{ "not coalesce(requires in (" if loop.first }}'{{ requirement }}'
                {{- "," if not loop.last else "), false)" }}
            {%- else -%} true
            {%- endfor %} as is_available,
            case
                requires
                when 'amount'
                then 'the order lines have neither amount nor quantity and unit_price'
                when 'quantity'
                then 'the order lines have no quantity'
                when 'discount_amount'
                then 'the order lines have no discount_amount, or no amount'
                when 'category'
                then 'the order lines have no category'
                when 'returns'
                then 'the order lines have none of is_return, amount and quantity'
            end as requirement
        from feature_definitions
    ),

    feature_catalog as (
        {% if metrics -%}select * from metric_features
        {%- else -%}
            select
                position,
                feature,
                label,
                unit,
                transform,
                is_clustered,
                higher_is_better,
                missing_policy,
                is_available,
                case when not is_available then requirement end as unavailable_because
            from order_features
        {%- endif %}
    )

select *
from feature_catalog
