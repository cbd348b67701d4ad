{#- Finds keys of several columns that stand in more than one row. -#}
{% test unique_together(model, columns) %}
    select {{ columns | join(", ") }}, count(*) as copies
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1
{% endtest %}
