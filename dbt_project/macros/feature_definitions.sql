{#-
  Rows of feature_catalog as a list of mappings, by position: the features that the input can give.
  Read when the calling model is compiled, which dbt does just before it runs; while dbt parses, the
  list is empty.
-#}
{%- macro feature_definitions(clustered_only=false) -%}
    {%- set relation = ref("feature_catalog") -%}
    {%- set definitions = [] -%}
    {%- if execute -%}
        {%- set query -%}
            select feature, transform, is_clustered, missing_policy
            from {{ relation }}
            where is_available {% if clustered_only %}and is_clustered{% endif %}
            order by position
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- do definitions.append(row.dict()) -%}
        {%- endfor -%}
        {%- if not definitions -%}
            {%- do refuse(
                "no feature is clustered: set is_clustered to true in the seed feature_definitions for"
                ~ " one that the input can give"
            ) -%}
        {%- endif -%}
        {%- for definition in definitions
            if not modules.re.fullmatch("[a-z][a-z0-9_]*", definition.feature) -%}
            {%- do refuse(
                "seed feature_definitions, column feature: %s is no column name; use small letters,"
                ~ " digits and _",
                definition.feature | tojson,
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(definitions) -}}
{%- endmacro -%}
