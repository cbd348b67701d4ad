{%- set given = given_columns(features_relation()) -%}
{%- set awaited = awaited_audiences() -%}
{%- set kept = ["recency_days", "orders", "spend", "discount_share"] -%}
{%- set names = segment_names() -%}
with
    customer_segments as (select * from {{ ref("customer_segments") }}),

    segments as (select * from {{ ref("segments") }}),

    published_ids as (select * from {{ ref("published_ids") }}),

    segment_moves as (select * from {{ ref("segment_moves") }}),

    features as (select * from {{ used_customers() }} as used_customers),

    -- Moves that a refit makes are none of the customer.
    own_moves as (select * from segment_moves where cause = 'behaviour'),

    latest_own_moves as ({{ latest_moves("own_moves") }}),

    customers as (
        select
            published_ids.published_id as customer_id,
            customer_segments.segment_id,
            customer_segments.segment_name,
            segments.trust,
            customer_segments.margin,
            customer_segments.distance,
            customer_segments.is_outlier,
            segments_before.segment_name as moved_from,
            segments_after.segment_name as moved_to,
            {{ dbt.datediff("latest_own_moves.as_of", "customer_segments.as_of", "day") }}
            as moved_within_days
            {%- for feature in features_of(awaited, kept) %}
                ,
                {% if feature in given -%} features.{{ quoted(feature) }}
                {%- else -%} cast(null as double) as {{ feature }}
                {%- endif %}
            {%- endfor %}
        from customer_segments
        inner join segments on customer_segments.segment_id = segments.segment_id
        inner join features on customer_segments.customer_id = features.customer_id
        inner join published_ids on customer_segments.customer_id = published_ids.customer_id
        left join latest_own_moves on published_ids.published_id = latest_own_moves.customer_id
        left join
            segments as segments_before
            on latest_own_moves.from_segment_id = segments_before.segment_id
        left join
            segments as segments_after on latest_own_moves.to_segment_id = segments_after.segment_id
    ),

    audience_matches as (
        {% for audience in awaited %}
            select
                {{ text_literal(audience.audience) }} as audience,
                customer_id,
                segment_id,
                segment_name
                {%- for feature in kept %}
                    , cast({{ feature }} as double) as {{ feature }}
                {%- endfor %}
            from customers
            where {{ condition_of(audience, names) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {%- else %}
            select
                cast(null as string) as audience,
                cast(null as string) as customer_id,
                cast(null as integer) as segment_id,
                cast(null as string) as segment_name
                {%- for feature in kept %}, cast(null as double) as {{ feature }}
                {%- endfor %}
            where false
        {%- endfor %}
    )

select *
from audience_matches
