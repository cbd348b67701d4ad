{#- Where the model that was active before this date puts today's customers. -#}
{%- set previous_rows -%}
    (
        select past.*
        from {{ released_rows("segment_model") }} as past
        inner join
            {{ ref("refit_decision") }} as refit_decision
            on past.model_version = refit_decision.previous_version
        where past.model_version not in (select model_version from {{ ref("active_model") }})
    )
{%- endset -%}
{%- set previous = read_segment_model(previous_rows) -%}
{%- set given = given_columns(ref("clustering_features")) -%}
{%- set missing = previous.features | rejectattr("feature", "in", given) | list -%}

{%- if not previous.segments -%} select customer_id, segment_id from {{ ref("scored_customers") }}
{%- elif missing -%}
    select customer_id, cast(null as integer) as segment_id from {{ ref("clustering_features") }}
{%- else -%}
    select customer_id, segment_id
    from ({{ score_segments(ref("clustering_features"), previous) }}) as scored
{%- endif %}
