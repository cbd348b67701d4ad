{%- macro spark__candidate_rows(list) -%}
    (select inline({{ list }}) from {{ ref("candidate") }})
{%- endmacro -%}
