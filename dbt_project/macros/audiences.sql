{#-
  The audiences of a query, as a list of mappings with audience and comparisons: lists of column, kind,
  operator and literals, which segmart.audiences.conditions has read. No text of a condition reaches SQL
  but as a literal.
-#}
{%- macro audiences_of(query) -%}
    {%- set audiences = [] -%}
    {%- if execute -%}
        {%- for audience, comparisons in run_query(query).rows -%}
            {%- do audiences.append(
                {"audience": audience, "comparisons": fromjson(comparisons)}
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(audiences) -}}
{%- endmacro -%}

{#- Those whose members are not fixed yet. One that has never begun is known from its row alone. -#}
{%- macro awaited_audiences() -%}
    {%- set query -%}
        select audience, comparisons
        from {{ ref("checked_audiences") }}
        where ends_on >= (select as_of from {{ ref("as_of_date") }}) and audience not in (
            select audience
            from {{ released_rows("audience_definitions") }} as released
            where started_on is not null
        )
        order by audience
    {%- endset -%}
    {{- return(audiences_of(query)) -}}
{%- endmacro -%}

{#- Those whose members this build fixes. -#}
{%- macro beginning_audiences() -%}
    {%- set query -%}
        select checked.audience, checked.comparisons
        from {{ ref("checked_audiences") }} as checked
        inner join {{ ref("audience_definitions") }} as definitions
            on checked.audience = definitions.audience
        where definitions.started_on is not null and definitions.matching_customers is not null
        order by checked.audience
    {%- endset -%}
    {{- return(audiences_of(query)) -}}
{%- endmacro -%}

{#- The features that audiences compare, and further ones: all but COLUMNS_OF_SEGMENTS of segmart.audiences.definitions. -#}
{%- macro features_of(awaited, further) -%}
    {%- set of_segments = [
        "segment_id",
        "segment_name",
        "trust",
        "margin",
        "distance",
        "is_outlier",
        "moved_from",
        "moved_to",
        "moved_within_days",
    ] -%}
    {%- set features = further | list -%}
    {%- for audience in awaited -%}
        {%- for column, kind, operator, literals in audience.comparisons
            if column not in of_segments + features -%}
            {%- do features.append(column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(features) -}}
{%- endmacro -%}

{#-
  The condition of an audience as SQL over the columns that it compares. One that names a segment that there
  is not holds for nobody: so the audience waits, and build_warnings says why.
-#}
{%- macro condition_of(audience, segment_names) -%}
    {%- set operators = ["=", "<>", "<", "<=", ">", ">="] -%}
    {%- for column, kind, operator, literals in audience.comparisons -%}
        {{ " and " if not loop.first }}{{ quoted(column) }}
        {%- if operator in operators %} {{ operator }} {{ condition_literal(kind, literals[0]) }}
        {%- elif operator == "in" %}
            in (
                {%- for literal in literals -%}
                    {{ condition_literal(kind, literal) }}{{ ", " if not loop.last }}
                {%- endfor -%}
            )
        {%- elif operator == "is null" %} is null
        {%- elif operator == "is not null" %} is not null
        {%- else -%} {%- do refuse("audience %s: no operator %s", audience.audience, operator) -%}
        {%- endif -%}
        {%- if column in ["segment_name", "moved_from", "moved_to"] and literals | reject(
            "in", segment_names
        ) | list -%}
            {{ " " }} and false
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}

{#- A number as a DOUBLE: as a decimal it would be rounded to the digits of the column. -#}
{%- macro condition_literal(kind, literal) -%}
    {%- set types = {"number": "double", "date": "date", "boolean": "boolean"} -%}
    {%- if kind == "text" -%} {{- return(text_literal(literal)) -}} {%- endif -%}
    {{- return("cast(" ~ text_literal(literal) ~ " as " ~ types[kind] ~ ")") -}}
{%- endmacro -%}

{#-
  The CTE customers, and those that it needs: one row per segmented customer with the id of releases, what the
  conditions of the audiences compare, and further features.
-#}
{%- macro customers_to_compare(audiences, further=[]) -%}
    {%- set given = given_columns(features_relation()) -%}
    features as (select * from {{ used_customers() }} as used_customers),

    -- Moves that a refit makes are none of the customer.
    own_moves as (select * from {{ ref("segment_moves") }} where cause = 'behaviour'),

    latest_own_moves as ({{ latest_moves("own_moves") }}),

    customers as (
        select
            published_ids.published_id as customer_id,
            customer_segments.segment_id,
            customer_segments.segment_name,
            named_segments.trust,
            customer_segments.margin,
            customer_segments.distance,
            customer_segments.is_outlier,
            segments_before.segment_name as moved_from,
            segments_after.segment_name as moved_to,
            {{ dbt.datediff("latest_own_moves.as_of", "customer_segments.as_of", "day") }}
            as moved_within_days
            {%- for feature in features_of(audiences, further) %}
                ,
                {% if feature in given -%} features.{{ quoted(feature) }}
                {%- else -%} cast(null as double) as {{ feature }}
                {%- endif %}
            {%- endfor %}
        from {{ ref("customer_segments") }} as customer_segments
        inner join
            {{ ref("named_segments") }} as named_segments
            on customer_segments.segment_id = named_segments.segment_id
        inner join features on customer_segments.customer_id = features.customer_id
        inner join
            {{ ref("published_ids") }} as published_ids
            on customer_segments.customer_id = published_ids.customer_id
        left join latest_own_moves on published_ids.published_id = latest_own_moves.customer_id
        left join
            {{ ref("named_segments") }} as segments_before
            on latest_own_moves.from_segment_id = segments_before.segment_id
        left join
            {{ ref("named_segments") }} as segments_after
            on latest_own_moves.to_segment_id = segments_after.segment_id
    )
{%- endmacro -%}

{#- The names of the segments of this build. -#}
{%- macro segment_names() -%}
    {%- set query = "select segment_name from " ~ ref("named_segments") -%}
    {{- return(run_query(query).columns[0].values() | list if execute else []) -}}
{%- endmacro -%}
