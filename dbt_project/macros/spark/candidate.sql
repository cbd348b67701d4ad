{%- macro spark__candidate_rows(list, relation) -%}
    (select inline({{ list }}) from {{ relation }})
{%- endmacro -%}
