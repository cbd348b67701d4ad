{#- Finds keys of several columns that stand in more than one row. -#}
{% test unique_together(model, columns) %}
    select {{ columns | join(", ") }}, count(*) as copies
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1
{% endtest %}

{#- Finds what is missing or stands in more than one row, in one look at the column. -#}
{% test primary_key(model, column_name) %}
    select {{ column_name }}, count(*) as copies
    from {{ model }}
    group by {{ column_name }}
    having count(*) > 1 or {{ column_name }} is null
{% endtest %}
