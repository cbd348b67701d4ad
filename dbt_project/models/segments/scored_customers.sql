{#- The model's numbers become literals: see score_segments. -#}
{%- set active_model = read_segment_model(ref("active_model")) -%}

{%- if active_model.segments -%} {{ score_segments(ref("clustering_features"), active_model) }}
{%- else -%} select * from {{ ref("clustering_features") }}
{%- endif %}
