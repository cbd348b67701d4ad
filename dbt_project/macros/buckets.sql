{#-
  What sorts all order lines at once needs memory for all of them. Such a model is built in buckets of
  customers, one statement each: the first creates the table, its post_hook inserts the others. Fewer
  than lines_a_bucket lines are one bucket; of a CSV file its header and blank lines count too.
-#}
{%- macro bucket_count(order_lines) -%}
    {%- set count = "select count(*) from " ~ order_lines -%}
    {%- if setting("input") == "files" and not setting("order_lines").startswith("table:") -%}
        {%- set count = (
            "select sum(lines) from (select distinct file, lines from "
            ~ ref("files__columns")
            ~ " where input = 'order_lines') as files"
        ) -%}
    {%- endif -%}
    {%- if not execute -%} {{- return(1) -}} {%- endif -%}
    {{- return(1 + (run_query(count).rows[0][0] or 0) // (setting("lines_a_bucket") | int)) -}}
{%- endmacro -%}

{#- Whether a row is of a bucket. The model says it of the first; its post_hook puts in the others. -#}
{%- macro is_in_bucket(customer_id, buckets) -%}
    {#- On Spark the digest, and so the remainder, may be negative. -#}
    ({{ row_digest([customer_id]) }} % {{ buckets }} + {{ buckets }}) % {{ buckets }}
    {{- is_bucket(0, buckets) }}
{%- endmacro -%}

{%- macro is_bucket(bucket, buckets) -%}
    {{- return(" = " ~ bucket ~ " /* bucket of " ~ buckets ~ " */") -}}
{%- endmacro -%}

{#- How many there are stands in the model's SQL: a table that grows may count more by now. -#}
{%- macro insert_further_buckets() -%}
    {%- if execute -%}
        {%- set found = modules.re.search("bucket of ([0-9]+) ", model.compiled_code) -%}
        {%- set buckets = found.group(1) | int if found else 1 -%}
        {%- for bucket in range(1, buckets) -%}
            {%- do run_query(
                "insert into " ~ this ~ " " ~ model.compiled_code
                | replace(is_bucket(0, buckets), is_bucket(bucket, buckets))
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
