{#-
  The columns of customer_metrics that are clustered on: those of the var metrics, or, where it is
  empty, every column that reads as numbers but for the var max_rejected_share of its values. Each
  with the name of its feature: small letters, digits and _.
-#}
{%- macro metric_columns() -%}
    {%- set metrics = [] -%}
    {%- set relation = ref("files__customer_metrics") if uses_metrics() -%}
    {%- set definitions = ref("feature_definitions") if uses_metrics() -%}
    {%- if relation and execute -%}
        {%- set given = given_columns(relation) -%}
        {%- set known = run_query("select feature from " ~ definitions).columns[0].values() -%}
        {%- set wanted = setting("metrics") | map("lower") | list -%}
        {%- for column in wanted if column not in given -%}
            {%- do refuse(
                "var metrics: %s is no column of customer_metrics, which has %s",
                column | tojson,
                file_columns_of(given),
            ) -%}
        {%- endfor -%}
        {%- for column in given
            if column not in ("customer_id", "ignored_values", "source_file", "source_row")
            and (not wanted or column in wanted) -%}
            {%- set name = quoted(column) -%}
            {%- set kinds = {name: given[column]} -%}
            {%- if wanted or given[column] in ("number", "floating") -%}
                {%- set is_metric = true -%}
            {%- elif given[column] == "text" -%}
                {%- set counts = run_query(
                    "select count("
                    ~ trimmed(name)
                    ~ "), count("
                    ~ parsed_number(kinds, name, "double")
                    ~ ") from "
                    ~ relation
                ).rows[0] -%}
                {%- set is_metric = (
                    counts[0] > 0
                    and counts[1]
                    >= (1 - setting("max_rejected_share") | float) * counts[0]
                ) -%}
            {%- else -%} {%- set is_metric = false -%}
            {%- endif -%}
            {%- if is_metric -%}
                {%- set slug = modules.re.sub("[^a-z0-9]+", "_", column).strip("_") -%}
                {#- Only a feature of the seed keeps its bare name: no other can be a word of SQL. -#}
                {%- set is_known = slug in known or slug.startswith("metric_") -%}
                {%- set feature = slug if is_known else "metric_" ~ slug -%}
                {%- if feature in metrics | map(attribute="feature") -%}
                    {%- do refuse(
                        "customer_metrics: two columns give the feature %s, one is %s; rename one",
                        feature,
                        column | tojson,
                    ) -%}
                {%- endif -%}
                {%- do metrics.append(
                    {"column": column, "feature": feature, "kind": given[column]}
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not metrics -%}
            {%- do refuse(
                "customer_metrics: no column reads as numbers; it has %s. Name the columns to cluster on"
                ~ " in the var metrics",
                file_columns_of(given),
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {{- return(metrics) -}}
{%- endmacro -%}

{#-
  Whether the customers have rows of their own. Where metrics alone are given, their further columns
  describe the customers, and a row must not be counted twice.
-#}
{%- macro has_customers_input() -%}
    {{- return(not uses_metrics() or setting("customers") != "none") -}}
{%- endmacro -%}

{#- The relation whose further columns describe the customers. -#}
{%- macro customers_relation() -%}
    {%- if has_customers_input() -%}
        {{- return(ref(setting("input") ~ "__customers")) -}}
    {%- endif -%}
    {{- return(ref("files__customer_metrics")) -}}
{%- endmacro -%}

{#- The columns of that relation that describe customers and are not clustered on. -#}
{%- macro attribute_columns(given) -%}
    {%- set attributes = [] -%}
    {%- set metrics = metric_columns() | map(attribute="column") | list -%}
    {%- set wanted = setting("profile_attributes") | map("lower") | list -%}
    {%- for column in wanted if execute and column not in given -%}
        {%- do refuse(
            "var profile_attributes: %s is no column of the customers input, which has %s",
            column | tojson,
            file_columns_of(given),
        ) -%}
    {%- endfor -%}
    {%- for column in given
        if column not in (
            "customer_id", "updated_at", "ignored_values", "source_file", "source_row"
        )
        and column not in metrics
        and (not wanted or column in wanted) -%}
        {%- do attributes.append(column) -%}
    {%- endfor -%}
    {{- return(attributes) -}}
{%- endmacro -%}

{#- The relation with one column a feature; used_customers has its rows, one a customer. -#}
{%- macro features_relation() -%}
    {{- return(ref("checked_customer_metrics" if uses_metrics() else "customer_features")) -}}
{%- endmacro -%}

{%- macro used_customers() -%}
    (select * from {{ features_relation() }} {{ "where reason is null" if uses_metrics() }})
{%- endmacro -%}

{#- The customers who are segmented, with their features as DOUBLE. -#}
{%- macro segmented_customers() -%}
    (select * from {{ ref("customer_eligibility") }} where reason = 'segmented')
{%- endmacro -%}

{#-
  Whether an attribute profiles segments, as a condition on its rows: a name or an e-mail address, with
  few customers to a value, profiles nobody and must not reach the report.
-#}
{%- macro attribute_profiles() -%}
    count(distinct attribute_value) <= 50
    and count(attribute_value)
    >= {{ fewest_customers_of_a_value() }} * count(distinct attribute_value)
{%- endmacro -%}

{#- A value that fewer customers have is not shown. -#}
{%- macro fewest_customers_of_a_value() -%} 5 {%- endmacro -%}

{#- The names of the columns that the user gave, for a message. -#}
{%- macro file_columns_of(given) -%}
    {{-
        given | reject(
            "in", ["ignored_values", "source_file", "source_row", "segmart_file_version"]
        ) | join(", ")
    -}}
{%- endmacro -%}

{#- A metric that does not read as a number, or is too large to be summed exactly. -#}
{%- macro is_malformed_metric(metric) -%}
    (
        {% if metric.kind == "text" -%}
            ({{ metric.feature }}_text is not null and {{ metric.feature }} is null) or
        {% endif -%}
        (
            abs({{ metric.feature }}) >= 1e15
            and abs({{ metric.feature }}) <> cast('infinity' as double)
        )
    )
{%- endmacro -%}
