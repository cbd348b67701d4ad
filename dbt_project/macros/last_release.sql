{#-
  The rows of a public table as the last release has them, as a subquery with the columns and types of
  its contract. A column that the release has not yet is null; without a release there is no row. With
  earlier the release is that of before the date of this build.
-#}
{%- macro released_rows(table, earlier=false) -%}
    {%- set last_release = ref("last_release") -%}
    {%- set path, known = none, [] -%}
    {%- if execute -%}
        {%- set columns = "folder, table_columns" -%}
        {%- if earlier -%}
            {%- set columns = "earlier_folder, earlier_table_columns" -%}
        {%- endif -%}
        {%- set query = "select " ~ columns ~ " from " ~ last_release -%}
        {%- set folder, table_columns = run_query(query).rows[0].values() -%}
        {#- Without a release there is no folder, and one of an earlier version may lack the table. -#}
        {%- set known = fromjson(table_columns or "{}").get(table, []) -%}
        {%- if known -%}
            {%- set path = released_file(table, folder ~ "/" ~ table ~ ".parquet") -%}
        {%- endif -%}
    {%- endif -%}
    (
        select
            {% for column in contract_columns(table) -%}
                cast(
                    {{ column.name if column.name in known else "null" }} as {{ column.data_type }}
                ) as {{ column.name }}{{ "," if not loop.last }}
            {%- else %} 1 as nothing
            {%- endfor %}
        from {{ path or "(select 1) as nothing where false" }}
    )
{%- endmacro -%}

{#- The columns of a public table, with their types. -#}
{%- macro contract_columns(table) -%}
    {#- While dbt parses there is no graph, nor in a unit test. -#}
    {%- if graph.nodes is defined -%}
        {{- return(graph.nodes["model.segmart." ~ table].columns.values() | list) -}}
    {%- endif -%}
    {{- return([]) -}}
{%- endmacro -%}

{#-
  The released rows of a table of models and those of this build, which has such columns too. A candidate
  that was fitted before, by an earlier build of the date, takes the place of its rows.
-#}
{%- macro released_and_new(table, new_rows) -%}
    select *
    from {{ released_rows(table) }} as released
    where model_version not in (select {{ new_rows }}.model_version from {{ new_rows }})
    union all
    select
        {% for column in contract_columns(table) -%}
            cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}
            {{- "," if not loop.last }}
        {%- else %} *
        {%- endfor %}
    from {{ new_rows }}
{%- endmacro -%}

{#- The file of a release, as a relation. -#}
{%- macro released_file(table, file) -%}
    {{- return(adapter.dispatch("released_file", "segmart")(table, file)) -}}
{%- endmacro -%}

{%- macro default__released_file(table, file) -%}
    {{- return("read_parquet(" ~ text_literal(file) ~ ")") -}}
{%- endmacro -%}

{#- The latest move of each customer, of a relation with rows of segment_moves. -#}
{%- macro latest_moves(moves) -%}
    select customer_id, as_of, from_segment_id, to_segment_id
    from
        (
            select *, row_number() over (partition by customer_id order by as_of desc) as place
            from {{ moves }}
        ) as numbered_moves
    where place = 1
{%- endmacro -%}

{#-
  Rows of segment_moves with settled_on, the date from which the settled segment is the one that the
  customer moved to; null where the customer has not been there for settle_days, or was gone before, and
  on the way back to where the settled segment has been all the time. The relation today has one row
  with as_of. What is no behaviour of the customer is settled at once.
-#}
{%- macro settled_moves(moves, today) -%}
    {%- set days = setting("settle_days") -%}
    select
        *,
        case
            when
                to_segment_id = lag(to_segment_id) over (
                    partition by customer_id, stayed_on is null order by as_of
                )
            then null
            else stayed_on
        end as settled_on
    from
        (
            select
                *,
                case
                    when cause <> 'behaviour'
                    then as_of
                    when {{ dbt.datediff("as_of", "until", "day") }} >= {{ days }}
                    then cast({{ dbt.dateadd("day", days, "as_of") }} as date)
                end as stayed_on
            from
                (
                    select
                        moves.*,
                        coalesce(
                            lead(moves.as_of) over (
                                partition by moves.customer_id order by moves.as_of
                            ),
                            today.as_of
                        ) as until
                    from {{ moves }} as moves
                    cross join {{ today }} as today
                ) as moves_until
        ) as stays
{%- endmacro -%}
