{#-
  Mean and sum of a DOUBLE that are the same to the last bit whatever the threads: parallel sums of
  DOUBLE change from run to run, sums of DECIMAL do not. Nine digits behind the point, 19 before.
-#}
{%- macro exact_sum(value) -%} cast({{ decimal_sum(value) }} as double){%- endmacro -%}

{%- macro exact_mean(value) -%}
    ({{ exact_sum(value) }} / nullif(count({{ value }}), 0))
{%- endmacro -%}

{#- The same before it is a DOUBLE: sums of parts add up to that of the whole, to the last bit. -#}
{%- macro decimal_sum(value) -%} sum(cast({{ value }} as decimal(28, 9))){%- endmacro -%}
