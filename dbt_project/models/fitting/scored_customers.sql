{#- The model's numbers become literals: see score_segments. -#}
{%- set segment_model = read_segment_model(ref("segment_model")) -%}

{%- if segment_model.segments -%} {{ score_segments(ref("clustering_features"), segment_model) }}
{%- else -%} select * from {{ ref("clustering_features") }}
{%- endif %}
