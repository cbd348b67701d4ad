{%- set accepted = setting("accept_model") -%}
{%- set model_versions = released_rows("model_versions") -%}
{%- if execute and accepted not in ("none", "candidate") -%}
    {%- set versions = (
        run_query("select model_version from " ~ model_versions ~ " order by 1")
        .columns[0]
        .values()
    ) -%}
    {%- if accepted not in versions -%}
        {{-
            exceptions.raise_compiler_error(
                "var accept_model is "
                ~ (accepted | tojson)
                ~ (
                    ": give one of those of the last release: " ~ versions | join(", ")
                    if versions
                    else ", and there is no release yet: build first without it"
                )
            )
        -}}
    {%- endif -%}
{%- endif -%}

with
    model_activations as (select * from {{ released_rows("model_activations") }} as released),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    last_release as (select * from {{ ref("last_release") }}),

    activations as (
        select
            max(model_activations.activation) as activations,
            max_by(model_activations.model_version, model_activations.activation) as last_version,
            -- A second build of a day tells the moves of that day anew, from the model before it.
            max_by(
                model_activations.model_version,
                case
                    when model_activations.active_since < as_of_date.as_of
                    then model_activations.activation
                end
            ) as previous_version
        from as_of_date
        left join model_activations on true
    ),

    numbers as (select max(last_segment_id) as last_segment_id from last_release),

    model_before as (
        select
            as_of_date.as_of,
            activations.activations,
            activations.last_version,
            activations.previous_version,
            {% if accepted in ("none", "candidate") -%} activations.last_version
            {%- else -%} '{{ accepted }}'
            {%- endif %} as base_version,
            cast(coalesce(numbers.last_segment_id, 0) as integer) as last_segment_id
        from as_of_date
        cross join activations
        cross join numbers
    )

select *
from model_before
