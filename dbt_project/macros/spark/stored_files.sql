{#- No line is kept from build to build. -#}
{%- macro spark__version_of_sources(sources) -%} cast(null as string){%- endmacro -%}
