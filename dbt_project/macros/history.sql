{#-
  The rows of a public table as the last release has them, as a subquery with the columns and types of
  its contract. A column that the release has not yet is null; without a release there is no row.
-#}
{%- macro released_rows(table) -%}
    {%- set last_release = ref("last_release") -%}
    {%- set path, known = none, [] -%}
    {%- if execute -%}
        {%- set folders = run_query("select folder from " ~ last_release).columns[0].values() -%}
        {%- if folders -%}
            {%- set file = folders[0] ~ "/" ~ table ~ ".parquet" -%}
            {%- set path = released_file(table, file) -%}
            {%- if path -%}
                {%- set known = dbt.get_columns_in_query("select * from " ~ path) -%}
            {%- endif -%}
        {%- endif -%}
        {%- set columns = graph.nodes["model.segmart." ~ table].columns.values() | list -%}
    {%- else -%} {%- set columns = [] -%}
    {%- endif -%}
    (
        select
            {% for column in columns -%}
                cast(
                    {{ column.name if column.name in known else "null" }} as {{ column.data_type }}
                ) as {{ column.name }}{{ "," if not loop.last }}
            {%- else %} 1 as nothing
            {%- endfor %}
        from {{ path or "(select 1) as nothing where false" }}
    )
{%- endmacro -%}

{#-
  The released rows of a table and those of this build, a relation with the same columns. A candidate
  that was fitted before, by a second build of the day, takes the place of its rows.
-#}
{%- macro past_and_new(table, new_rows) -%}
    select *
    from {{ released_rows(table) }} as released
    where model_version not in (select {{ new_rows }}.model_version from {{ new_rows }})
    union all
    select *
    from {{ new_rows }}
{%- endmacro -%}

{#- The rows of a file of a release; none where there is no file: an earlier version may lack the table. -#}
{%- macro released_file(table, file) -%}
    {{- return(adapter.dispatch("released_file", "segmart")(table, file)) -}}
{%- endmacro -%}

{%- macro default__released_file(table, file) -%}
    {%- if run_query("select file from glob(" ~ text_literal(file) ~ ")").rows -%}
        {{- return("read_parquet(" ~ text_literal(file) ~ ")") -}}
    {%- endif -%}
{%- endmacro -%}

{#- A release stands on the machine that dbt runs on, which hands its rows over. -#}
{%- macro spark__released_file(table, file) -%}
    {{-
        return(
            adapter.rows_of_python(
                "released_" ~ table, "segmart.history.released_rows", {"path": file}
            )
        )
    -}}
{%- endmacro -%}

{#-
  Features that a build scores with: those that are clustered today, and those of the models that it
  begins with.
-#}
{%- macro scored_features() -%}
    {%- set model_before, past = ref("model_before"), released_rows("segment_model") -%}
    {%- set definitions, features, names = feature_definitions(), [], [] -%}
    {%- if execute -%}
        {%- set query -%}
            select distinct past.feature, past.model_version = model_before.base_version
            from {{ past }} as past
            cross join {{ model_before }} as model_before
            where past.model_version in (model_before.base_version, model_before.previous_version)
            order by past.feature
        {%- endset -%}
        {%- set rows = run_query(query).rows -%}
        {%- set used = rows | map(attribute=0) | list -%}
        {%- for feature in definitions if feature.is_clustered or feature.feature in used -%}
            {%- do features.append(feature) -%} {%- do names.append(feature.feature) -%}
        {%- endfor -%}
        {%- set accepted = setting("accept_model") -%}
        {%- for row in rows if row[1] and row[0] not in names and accepted != "candidate" -%}
            {{-
                exceptions.raise_compiler_error(
                    ("the active model" if accepted == "none" else "model " ~ accepted)
                    ~ " clusters on "
                    ~ row[0]
                    ~ (
                        ", which the var metrics does not name. To keep it, name its column there; to"
                        if setting("metrics")
                        else ", which the input does not give: see accounting.input_check for the"
                        ~ " column. To"
                    )
                    ~ " go on without it, fit and accept another model with --vars"
                    ~ " '{accept_model: candidate}'"
                )
            -}}
        {%- endfor -%}
    {%- endif -%}
    {{- return(features) -}}
{%- endmacro -%}

{#- Says in the build's output whether this build refits, why, and what became of it. -#}
{%- macro report_model(model_activations) -%}
    {%- if execute -%}
        {%- set decision = run_query("select reason, as_of from " ~ ref("refit_decision")).rows[
            0
        ] -%}
        {%- do log("model: " ~ decision[0], info=true) -%}
        {%- set refused = run_query(
            "select model_version, sentence from "
            ~ ref("candidate_gates")
            ~ " where not holds and model_version not in (select model_version from "
            ~ model_activations
            ~ ") order by position"
        ).columns -%}
        {%- if refused[0].values() -%}
            {%- set version = refused[0].values()[0] -%}
            {%- do log(
                "model: candidate " ~ version ~ " is refused: " ~ refused[1].values()
                | join("; ")
                ~ ". To accept it: --vars '{accept_model: "
                ~ version
                ~ "}'",
                info=true,
            ) -%}
        {%- endif -%}
        {%- set last = run_query(
            "select model_version, active_since, reason from "
            ~ model_activations
            ~ " order by activation desc limit 1"
        ).rows[0] -%}
        {%- do log(
            "model: " ~ last[0] ~ " is active since " ~ last[1] ~ " (" ~ last[2] ~ ")",
            info=true,
        ) -%}
    {%- endif -%}
{%- endmacro -%}

{#- Says in the build's output which features have drifted, by the measure that is over a limit. -#}
{%- macro report_drift(feature_drift) -%}
    {%- if execute -%}
        {%- for row in run_query(
            "select feature, level, case when drift < "
            ~ setting("drift_warn")
            ~ " then 'population stability index ' when drift = missing_index"
            ~ " then 'population stability index of missing values '"
            ~ " else 'distance of the deciles in standard deviations ' end, case when drift < "
            ~ setting("drift_warn")
            ~ " then population_stability_index else drift end from "
            ~ feature_drift
            ~ " where level <> 'none' order by feature_position"
        ).rows -%}
            {%- do log(
                "drift: " ~ row[0] ~ " has drifted since the fit, " ~ row[2] ~ "%.2f"
                | format(row[3])
                ~ ": "
                ~ {
                    "warn": "over drift_warn",
                    "refit": "over drift_refit",
                    "stop": "over drift_stop, " ~ stopped(),
                }[row[1]],
                info=true,
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}

{#- What becomes of a build that is far from the fit, and what to do. -#}
{%- macro stopped() -%}
    {{-
        return(
            "accepted with the candidate"
            if setting("accept_model") == "candidate"
            else "no release: correct the input, or accept a model that is fitted on it with --vars"
            ~ " '{accept_model: candidate}'"
        )
    -}}
{%- endmacro -%}

{#- Says in the build's output which segments have grown or shrunk, and when none is to be trusted. -#}
{%- macro report_segments(segments) -%}
    {%- if execute -%}
        {%- for row in run_query(
            "select segment_id, segment_name, customer_share, share_at_fit, abs(share_shift) from "
            ~ segments
            ~ " where abs(share_shift) > "
            ~ setting("share_shift_warn")
            ~ " order by segment_id"
        ).rows -%}
            {%- do log(
                "share: segment " ~ row[0] ~ " (" ~ row[1] ~ ") has " ~ "%.1f%%"
                | format(100 * row[2])
                ~ " of the customers, at the fit it had "
                ~ "%.1f%%"
                | format(100 * row[3])
                ~ ": "
                ~ (
                    "over share_shift_stop, " ~ stopped()
                    if row[4] > setting("share_shift_stop") | float
                    else "over share_shift_warn; to fit anew: --vars '{refit: true}'"
                ),
                info=true,
            ) -%}
        {%- endfor -%}
        {%- set counts = run_query(
            "select (select sum(customers) from "
            ~ segments
            ~ "), (select count(distinct feature) from "
            ~ ref("active_model")
            ~ ")"
        ).rows[0] -%}
        {%- set needed = setting("min_customers_a_feature") | int * counts[1] -%}
        {%- if counts[0] < needed -%}
            {%- do log(
                "trust: "
                ~ counts[0]
                ~ " customers for "
                ~ counts[1]
                ~ " features, "
                ~ needed
                ~ " are needed (min_customers_a_feature: "
                ~ setting("min_customers_a_feature")
                ~ "): no segment is to be acted on",
                info=true,
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
