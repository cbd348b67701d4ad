{#-
  The model's rows as nested mappings: features in order, each with its five steps, and segments,
  each with its centers, variance and size. Numbers are read as text of 17 significant digits, so
  that the literals in SQL have the bits of the table.
-#}
{%- macro read_segment_model(relation) -%}
    {%- set query -%}
        select
            segment_id, feature, transform, fill_value, clip_low, clip_high, mean, scale,
            center_scaled, variance_scaled, sample_customers
        from {{ relation }}
        order by segment_id, feature_position
    {%- endset -%}
    {%- set features = [] -%}
    {%- set segments = {} -%}
    {%- if execute -%}
        {%- for row in run_query(query).rows -%}
            {%- if row[0] not in segments -%}
                {%- do segments.update(
                    {
                        row[0]: {
                            "id": row[0],
                            "centers": [],
                            "variances": [],
                            "size": row[10],
                        }
                    }
                ) -%}
            {%- endif -%}
            {%- if segments | length == 1 -%}
                {%- do features.append(
                    {
                        "feature": row[1],
                        "transform": row[2],
                        "fill_value": row[3],
                        "clip_low": row[4],
                        "clip_high": row[5],
                        "mean": row[6],
                        "scale": row[7],
                    }
                ) -%}
            {%- endif -%}
            {%- do segments[row[0]].centers.append(row[8]) -%}
            {%- do segments[row[0]].variances.append(row[9]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return({"features": features, "segments": segments.values() | list}) -}}
{%- endmacro -%}

{#- A number as a DOUBLE literal with all its bits; 0.1 alone would be a DECIMAL. -#}
{%- macro double(number) -%} cast('{{ "%.17g" | format(number) }}' as double){%- endmacro -%}

{#- The transform of a feature, in the units that are clipped and scaled. -#}
{%- macro transformed(value, transform) -%}
    {#- No greatest(): it passes a missing value over, which would become 0. -#}
    {%- if transform == "log1p" -%} ln(1 + case when {{ value }} < 0 then 0 else {{ value }} end)
    {%- else -%} {{ value }}
    {%- endif -%}
{%- endmacro -%}

{#- A transformed feature as the model sees it: fill, clip, standardise. -#}
{%- macro prepared_feature(feature) -%}
    (
        least(
            greatest(
                coalesce(
                    {{ feature.feature }},
                    {{ transformed(double(feature.fill_value), feature.transform) }}
                ),
                {{ double(feature.clip_low) }}
            ),
            {{ double(feature.clip_high) }}
        )
        - {{ double(feature.mean) }}
    )
    / {{ double(feature.scale) }}
{%- endmacro -%}

{#- Whether a transformed feature is known and lies outside its clip. -#}
{%- macro is_clipped(feature) -%}
    coalesce(
        {{ feature.feature }} < {{ double(feature.clip_low) }}
        or {{ feature.feature }} > {{ double(feature.clip_high) }},
        false
    )
{%- endmacro -%}

{#-
  Scores every row of a relation: segment_id, distance (Euclidean, scaled units),
  runner_up_segment_id, margin (0 on the boundary to 1 at the centroid), silhouette (squared
  Euclidean, by the moments of the fitted segments), is_outlier (a feature lies outside its clip).
  Centroids are unrolled into expressions: joining the customers with the centroids is slower.

  relation: customer_id and one column a clustered feature, raw, null where missing.
  model: what read_segment_model returns.
-#}
{%- macro score_segments(relation, model) -%}
    {%- set segments = model.segments -%}
    {%- set several = segments | length > 1 -%}
    with
        transformed as (
            select
                customer_id
                {%- for feature in model.features %}
                    ,
                    {{ transformed("cast(" ~ feature.feature ~ " as double)", feature.transform) }}
                    as {{ feature.feature }}
                {%- endfor %}
            from {{ relation }}
        ),

        prepared as (
            select
                customer_id,
                {%- for feature in model.features %}
                    {{ prepared_feature(feature) }} as x{{ loop.index }},
                {%- endfor %}
                {% for feature in model.features -%}
                    {{ is_clipped(feature) }}{% if not loop.last %} or {% endif %}
                {%- endfor %} as is_outlier
            from transformed
        ),

        squared_distances as (
            select
                customer_id,
                is_outlier,
                {%- for segment in segments %}
                    {% for center in segment.centers -%}
                        (x{{ loop.index }} - {{ double(center) }})
                        * (x{{ loop.index }} - {{ double(center) }})
                        {%- if not loop.last %} + {% endif %}
                    {%- endfor %} as d{{ segment.id }}
                    {% if not loop.last %},{% endif %}
                {%- endfor %}
            from prepared
        ),

        nearest as (
            select
                *,
                {% if several -%}
                    least({% for s in segments %}d{{ s.id }}{{ "," if not loop.last }}{% endfor %})
                {%- else -%} d{{ segments[0].id }}
                {%- endif %} as nearest_squared
            from squared_distances
        ),

        assigned as (
            select
                *,
                case
                    {%- for segment in segments %}
                        when d{{ segment.id }} = nearest_squared then {{ segment.id }}
                    {%- endfor %}
                end as segment_id
            from nearest
        ),

        runner_up as (
            select
                *,
                {% if several -%}
                    least(
                        {%- for s in segments %}
                            case when segment_id <> {{ s.id }} then d{{ s.id }} end
                            {{- "," if not loop.last }}
                        {%- endfor %}
                    )
                {%- else -%} cast(null as double)
                {%- endif %} as runner_up_squared,
                case
                    segment_id
                    {%- for s in segments %}
                        when {{ s.id }}
                        then
                            {% if s.size > 1 -%}
                                (d{{ s.id }} + {{ double(s.variances | sum) }})
                                * {{ double(s.size / (s.size - 1)) }}
                            {%- else -%} cast(null as double)
                            {%- endif %}
                    {%- endfor %}
                end as within_squared,
                {% if several -%}
                    least(
                        {%- for s in segments %}
                            case
                                when segment_id <> {{ s.id }}
                                then d{{ s.id }} + {{ double(s.variances | sum) }}
                            end
                            {{- "," if not loop.last }}
                        {%- endfor %}
                    )
                {%- else -%} cast(null as double)
                {%- endif %} as between_squared
            from assigned
        ),

        scored as (
            select
                customer_id,
                cast(segment_id as integer) as segment_id,
                sqrt(nearest_squared) as distance,
                cast(
                    case
                        {%- for s in segments %}
                            when segment_id <> {{ s.id }} and d{{ s.id }} = runner_up_squared
                            then {{ s.id }}
                        {%- endfor %}
                    end as integer
                ) as runner_up_segment_id,
                case
                    when runner_up_squared = 0
                    then 0
                    else 1 - sqrt(nearest_squared) / sqrt(runner_up_squared)
                end as margin,
                {#- A customer alone in the segment has the silhouette 0 by definition. -#}
                case
                    when between_squared is null
                    then null
                    when within_squared is null
                    then 0
                    else
                        (between_squared - within_squared)
                        / nullif(greatest(between_squared, within_squared), 0)
                end as silhouette,
                is_outlier
            from runner_up
        )

    select *
    from scored
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
