{#- The models' numbers become literals: see score_segments. -#}
{%- set customers = segmented_customers() ~ " as customers" -%}
{%- set active_model = read_segment_model(ref("active_model")) -%}
{%- set earlier_rows -%}
    (
        select released.*
        from {{ released_rows("segment_model") }} as released
        inner join
            {{ ref("last_release") }} as last_release
            on released.model_version = last_release.earlier_version
        where released.model_version not in (select model_version from {{ ref("active_model") }})
    )
{%- endset -%}
{%- set earlier_model = read_segment_model(earlier_rows) -%}
{%- set given = given_columns(ref("customer_eligibility")) -%}
{%- set missing = earlier_model.features | rejectattr("feature", "in", given) | list -%}

with
    scored as (
        {% if active_model.segments -%}{{ score_segments(customers, active_model) }}
        {%- else -%}select *, cast(null as integer) as segment_id from {{ customers }}
        {%- endif %}
    ),

    -- The segment by the model that scored before this date tells a customer who has moved from one
    -- whom a new model has moved.
    {% if earlier_model.segments and not missing -%}
        scored_by_earlier_model as ({{ score_segments(customers, earlier_model) }}),
    {%- endif %}

    scored_customers as (
        select
            scored.*,
            {% if missing -%} cast(null as integer)
            {%- elif earlier_model.segments -%} scored_by_earlier_model.segment_id
            {%- else -%} scored.segment_id
            {%- endif %} as segment_id_by_previous_model
        from scored
        {% if earlier_model.segments and not missing -%}
            inner join
                scored_by_earlier_model on scored.customer_id = scored_by_earlier_model.customer_id
        {%- endif %}
    )

select *
from scored_customers
