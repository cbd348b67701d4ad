{#- Python has written the SQL that scores, from the rows of the models. -#}
{%- set query = "select scoring_query, earlier_scoring_query from " ~ ref("candidate") -%}
{%- if execute -%} {%- set scoring, earlier_scoring = run_query(query).rows[0].values() -%}
{%- else -%} {%- set scoring, earlier_scoring = "select * from customers", none -%}
{%- endif -%}

with
    customers as (select * from {{ segmented_customers() }} as segmented_customers),

    scored as ({{ scoring }}),

    {% if earlier_scoring -%} scored_by_earlier_model as ({{ earlier_scoring }}), {%- endif %}

    scored_customers as (
        select
            scored.*,
            {% if earlier_scoring -%} scored_by_earlier_model.segment_id
            {%- else -%} scored.segment_id
            {%- endif %} as segment_id_by_previous_model
        from scored
        {% if earlier_scoring -%}
            inner join
                scored_by_earlier_model on scored.customer_id = scored_by_earlier_model.customer_id
        {%- endif %}
    )

select *
from scored_customers
