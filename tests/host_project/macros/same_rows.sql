{#- A test of the shop that calls ref itself: a name is one of the shop. -#}
{% test same_rows(model, as_model) %}
    {%- set other = ref(as_model) -%}
    select 1
    where (select count(*) from {{ model }}) <> (select count(*) from {{ other }})
{% endtest %}
