{#-
  What sorts all order lines at once needs memory for all of them. Such a model is built in buckets of
  customers, one statement each: the first creates the table, its post_hook inserts the others. Up to
  lines_a_bucket lines are one bucket.
-#}
{%- macro bucket_count(order_lines) -%}
    {%- set lines_of_files = [] -%}
    {%- if setting("input") == "files" -%}
        {%- do lines_of_files.append(
            "select sum(lines) from (select distinct file, lines from "
            ~ ref("files__columns")
            ~ " where input = 'order_lines') as files"
        ) -%}
    {%- endif -%}
    {%- if not execute -%} {{- return(1) -}} {%- endif -%}
    {%- set count = (
        lines_of_files[0]
        if lines_of_files and not setting("order_lines").startswith("table:")
        else "select count(*) from " ~ order_lines
    ) -%}
    {{- return(1 + (run_query(count).rows[0][0] or 0) // (setting("lines_a_bucket") | int)) -}}
{%- endmacro -%}

{#- Whether a row is of a bucket. The model says it of the first; its post_hook puts in the others. -#}
{%- macro is_in_bucket(customer_id, buckets) -%}
    {{- bucket_of(customer_id, buckets) ~ is_bucket(0) -}}
{%- endmacro -%}

{%- macro is_bucket(bucket) -%} {{- return(" = " ~ bucket ~ " /* bucket */") -}} {%- endmacro -%}

{%- macro insert_further_buckets(buckets) -%}
    {%- if execute -%}
        {%- for bucket in range(1, buckets) -%}
            {%- do run_query(
                "insert into " ~ this ~ " " ~ model.compiled_code
                | replace(is_bucket(0), is_bucket(bucket))
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
