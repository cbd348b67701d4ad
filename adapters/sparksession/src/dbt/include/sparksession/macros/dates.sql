{#- dbt-spark's own go through seconds, which a timestamp without a zone does not have. -#}
{% macro sparksession__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd({{ datepart }}, {{ interval }}, cast({{ from_date_or_timestamp }} as timestamp))
{%- endmacro %}

{#- dbt-spark's own ends the statement where a date is null. -#}
{% macro sparksession__datediff(first_date, second_date, datepart) -%}
    {%- if datepart == "day" -%} datediff({{ second_date }}, {{ first_date }})
    {%- else -%} {{ spark__datediff(first_date, second_date, datepart) }}
    {%- endif -%}
{%- endmacro %}
