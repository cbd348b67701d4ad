{#- The rows of one of the lists of candidate. -#}
{%- macro candidate_rows(list, relation=none) -%}
    {#- Or of another model of one row. -#}
    {%- set relation = ref("candidate") if relation is none else relation -%}
    {{- return(adapter.dispatch("candidate_rows", "segmart")(list, relation)) -}}
{%- endmacro -%}

{%- macro default__candidate_rows(list, relation) -%}
    (select unnest({{ list }}, max_depth := 2) from {{ relation }})
{%- endmacro -%}

{#-
  Features that a build scores with: those that are clustered today, and those of the models that it
  begins with.
-#}
{%- macro scored_features() -%}
    {%- set last_release, segment_model = ref("last_release"), released_rows("segment_model") -%}
    {%- set definitions, features, names = feature_definitions(), [], [] -%}
    {%- if execute -%}
        {%- set query -%}
            select distinct
                segment_model.feature, segment_model.model_version = last_release.starting_version
            from {{ segment_model }} as segment_model
            cross join {{ last_release }} as last_release
            where
                segment_model.model_version
                in (last_release.starting_version, last_release.earlier_version)
            order by segment_model.feature
        {%- endset -%}
        {%- set rows = run_query(query).rows -%}
        {%- set used = rows | map(attribute=0) | list -%}
        {%- for feature in definitions if feature.is_clustered or feature.feature in used -%}
            {%- do features.append(feature) -%} {%- do names.append(feature.feature) -%}
        {%- endfor -%}
        {%- set accepted = setting("accept_model") -%}
        {%- for row in rows if row[1] and row[0] not in names and accepted != "candidate" -%}
            {%- if setting("metrics") -%}
                {%- set why = "the var metrics does not name. To keep it, name its column there; to" -%}
            {%- else -%}
                {%- set why = "the input does not give: see input_check for the column. To" -%}
            {%- endif -%}
            {%- do refuse(
                "%s clusters on %s, which %s go on without it, fit and accept another model with --vars"
                ~ " '{accept_model: candidate}'",
                "the active model" if accepted == "none" else "model " ~ accepted,
                row[0],
                why,
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(features) -}}
{%- endmacro -%}

{#- The rows of segment_model of the model that the build starts with; none before the first. -#}
{%- macro starting_model() -%}
    (
        select segment_model.*
        from {{ released_rows("segment_model") }} as segment_model
        inner join
            {{ ref("last_release") }} as last_release
            on segment_model.model_version = last_release.starting_version
    )
{%- endmacro -%}

{#- Its features that the input gives, as a list of mappings with their transforms. -#}
{%- macro starting_features() -%}
    {%- set rows, given, features = starting_model(), ref("customer_eligibility"), [] -%}
    {%- if execute -%}
        {%- set query = "select distinct feature, transform from " ~ rows ~ " as rows_of_model" -%}
        {%- set columns = given_columns(given) -%}
        {%- for feature, transform in run_query(query ~ " order by feature").rows
            if feature in columns -%}
            {%- do features.append({"feature": feature, "transform": transform}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(features) -}}
{%- endmacro -%}

{#- The features of the model that scores this build, by name. -#}
{%- macro active_features() -%}
    {%- set query = "select distinct feature from " ~ ref("active_model") ~ " order by feature" -%}
    {{- return(run_query(query).columns[0].values() | list if execute else []) -}}
{%- endmacro -%}
