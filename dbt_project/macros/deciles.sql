{#- The transform of a feature, in the units that are clipped and scaled. -#}
{%- macro transformed(value, transform) -%}
    {#- No greatest(): it passes a missing value over, which would become 0. -#}
    {%- if transform == "log1p" -%} ln(1 + case when {{ value }} < 0 then 0 else {{ value }} end)
    {%- else -%} {{ value }}
    {%- endif -%}
{%- endmacro -%}

{#- One row for each customer of a relation and each of these features: its transformed value. -#}
{%- macro transformed_values(relation, features) -%}
    {% for feature in features -%}
        select
            customer_id,
            '{{ feature.feature }}' as feature,
            {{ transformed("cast(" ~ feature.feature ~ " as double)", feature.transform) }} as value
        from {{ relation }} {{ "union all" if not loop.last }}
    {% else -%}
        select
            customer_id,
            cast(null as {{ dbt.type_string() }}) as feature,
            cast(null as double) as value
        from {{ relation }}
        where false
    {% endfor %}
{%- endmacro -%}

{#- One row for each feature: its nine deciles as an array, the number of customers and of known values. -#}
{%- macro decile_arrays(relation) -%}
    select
        feature,
        {{ quantiles("value", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) }} as quantiles,
        count(value) as customers_known,
        count(*) as customers
    from {{ relation }}
    group by feature
{%- endmacro -%}

{#- One row for each feature and decile, of what decile_arrays gives. -#}
{%- macro deciles(relation) -%}
    {% for decile in range(1, 10) -%}
        select
            feature,
            0.{{ decile }} as quantile,
            {{ nth_quantile("quantiles", decile) }} as value,
            customers_known,
            customers
        from {{ relation }} {{ "union all" if not loop.last }}
    {% endfor %}
{%- endmacro -%}
