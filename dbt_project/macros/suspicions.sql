{#-
  One row for each of the suspicions whose CTE has one and that no var answers, with its columns and those
  of a further CTE.
-#}
{%- macro rows_of_suspicions(kinds, further=none) -%}
    {%- set answered = answered_suspicions() -%}
    {%- for kind in kinds if kind not in answered %}
        select '{{ kind }}' as kind, {{ as_json("counted") }} as counts
        from
            {% if further %}
                (select {{ kind }}.*, {{ further }}.* from {{ kind }} cross join {{ further }})
            {% else %} {{ kind }}
            {% endif %} as counted
            {{ "union all" if not loop.last }}
    {%- else %} select '' as kind, '' as counts where false
    {%- endfor %}
{%- endmacro -%}

{#- Of many lines a part tells what they look like: the share of them that is looked at. -#}
{%- macro share_looked_at() -%}
    {%- set lines_looked_at, lines = 200000, 0 -%}
    {%- if execute -%}
        {%- set counted = run_query("select count(*) from " ~ ref("stored_order_lines")) -%}
        {%- set lines = counted.rows[0][0] -%}
    {%- endif -%}
    {{- return([1, lines_looked_at / [lines, 1] | max] | min) -}}
{%- endmacro -%}

{#-
  Whether a line is of that share, drawn by the digest of a column. The share of all digests, or the rest,
  lies between 0 and a limit, also where half of them are below 0.
-#}
{%- macro is_looked_at(column, share) -%}
    {{ row_digest([column]) }} {{ "not" if share > 0.5 }}
    between 0 and {{ ([share, 1 - share] | min * 2**64) | int }}
{%- endmacro -%}

{#-
  The columns of an input that the contract does not name and that have few values, each with its name, the
  SQL of its value in small letters ('dated' for a date), and the number that it has below. Of files those
  that a look at their values has found, of metrics the attributes.
-#}
{%- macro further_columns(given, relation) -%}
    {%- set most_values = 20 -%}
    {%- set found, candidates = [], [] -%}
    {%- if uses_metrics() -%}
        {%- for name in attribute_columns(given) -%}
            {%- do candidates.append((name, quoted(name), given[name])) -%}
        {%- endfor -%}
    {%- elif has_files("order_lines") and execute -%}
        {%- set query -%}
            select distinct contract_column, column_name
            from {{ ref("files__columns") }}
            where
                input = 'order_lines'
                and role = 'likely'
                and contract_column not like 'unread_refund_%'
            order by contract_column, column_name
        {%- endset -%}
        {%- for column, name in run_query(query).rows if column in given -%}
            {%- do candidates.append((name, column, given[column])) -%}
        {%- endfor -%}
    {%- else -%}
        {%- set known = columns_of_relation(given).values() | list -%}
        {%- set further = given_columns(relation) -%}
        {%- for name in further
            if name not in known and further[name] not in ("floating", "other") -%}
            {%- do candidates.append((name, quoted(name), further[name])) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set values = [] -%}
    {%- for name, column, kind in candidates -%}
        {%- if kind in ("date", "timestamp", "instant") -%}
            {%- do values.append("case when %s is not null then 'dated' end" | format(column)) -%}
        {%- else -%} {%- do values.append(word_or_dated(trimmed(column))) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if values -%}
        {%- set query -%}
            select
                {%- for value in values %}
                    count(distinct {{ value }}){{ "," if not loop.last }}
                {%- endfor %}
            from (select * from {{ relation }} limit 10000) as first_rows
        {%- endset -%}
        {%- set different = run_query(query).rows[0] -%}
        {%- for name, column, kind in candidates -%}
            {%- if different[loop.index0] <= most_values -%}
                {%- do found.append({"name": name, "value": values[loop.index0]}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro -%}

{#- What was given back for a line, by the name of its column: the twin of REFUNDS in segmart.files.guesses. -#}
{%- macro refund_names() -%}
    {{-
        return(
            "^(?!.*(refundable|returnable|reason|status|date|datum|polic|days|tage|rate|percent|number|nummer"
            ~ "|currency|w(ä|ae)hrung|([^a-z]|^)(ids?|at|on|by|nr|no)([^a-z]|$)))"
            ~ ".*(refund|erstatt|r(ü|ue)ckzahl|rembours|reembols|rimbors|terugbet|zwrot|återbet|refusjon"
            ~ "|возврат|返金|退款|환불|(amount|total|value|sum|quantity|qty|units|items)[ _-]?returned"
            ~ "|returned[ _-]?(amount|total|value|sum|quantity|qty|units|items)|given[ _-]?back)"
        )
    -}}
{%- endmacro -%}

{#-
  The columns of order lines that nobody maps and that have what was given back, each with its name, its
  SQL and its kind. Of files those that a look at their values has found, of tables those of such a name.
-#}
{%- macro unread_refunds(given, relation) -%}
    {%- set found = [] -%}
    {%- set of_order_lines = setting("columns").get("order_lines", {}) -%}
    {%- if uses_metrics() or "refunded_amount" in given or of_order_lines.get(
        "refunded_amount"
    ) == "none" -%}
        {{- return(found) -}}
    {%- endif -%}
    {%- if has_files("order_lines") and execute -%}
        {%- set query -%}
            select contract_column, min(column_name) as column_name
            from {{ ref("files__columns") }}
            where input = 'order_lines' and contract_column like 'unread_refund_%'
            group by contract_column
            order by contract_column
        {%- endset -%}
        {%- for column, name in run_query(query).rows if column in given -%}
            {%- do found.append({"name": name, "value": column, "kind": given[column]}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- set known = columns_of_relation(given).values() | list -%}
        {%- set further = given_columns(relation) -%}
        {%- for name in further
            if name not in known
            and further[name] in ("text", "number", "floating")
            and modules.re.search(refund_names(), name) -%}
            {%- do found.append({"name": name, "value": quoted(name), "kind": further[name]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro -%}

{#- The column in the order lines' own relation of each column of the contract that they have. -#}
{%- macro columns_of_relation(given) -%}
    {%- set columns = {} -%}
    {%- if setting("input") == "files" and is_relation(setting("order_lines")) and execute -%}
        {%- set query -%}
            select contract_column, lower(column_name)
            from {{ ref("files__columns") }}
            where input = 'order_lines'
        {%- endset -%}
        {%- for column, name in run_query(query).rows if column in given -%}
            {%- do columns.update({column: name}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- set of_contract = (
            "customer_id ordered_at order_id line_id amount quantity unit_price discount_amount"
            ~ " refunded_amount product_id category is_return status currency updated_at"
            ~ " ignored_values source_file source_row segmart_file_version"
        ).split() -%}
        {%- for column in given if column in of_contract -%}
            {%- do columns.update({column: column}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(columns) -}}
{%- endmacro -%}

{#-
  The product or the category of a line that counts as sold and is called as what is no sale, perhaps with
  digits and signs ([ -@]) before and after it, or an order; else null.
-#}
{%- macro name_of_end() -%}
    {%- set ended = (
        "'^[ -@]*(refunds?|refunded|returns?|returned|cancel(l?ed|lation)|void(ed)?|chargeback|reversal|credit note"
        ~ "|stornos?|storniert|stornierung|gutschrift|erstattung|retouren?|rückgabe|avoir|remboursement|annulation"
        ~ "|annulée?|reembolso|devoluci[oó]n|devolução|estorno|anulad[oa]|cancelad[oa]|rimborso|reso|annullato"
        ~ "|terugbetaling|retour|geannuleerd|zwrot|anulowan[aoey]|kreditnota|återbetalning|возврат|返品|返金|退款|환불)"
        ~ "([ -@]*|[ -@]+(nr|no|order|invoice|zu|bestellung|auftrag|rechnung|facture|commande|pedido)[ -@].*)$'"
    ) -%}
    case
        when is_return or amount <= 0
        then null
        when {{ fits_pattern("lower(product_id)", ended) }}
        then product_id
        when {{ fits_pattern("lower(category)", ended) }}
        then category
    end
{%- endmacro -%}

{#- Most ids are short numbers, or have a letter or two before one: nothing is amiss with these. -#}
{%- macro is_plain_id() -%}
    {{ fits_pattern("customer_id", "'^([a-zA-Z]{1,2}[1-9]|[1-8])[0-9]{0,13}$'") }}
{%- endmacro -%}

{#- Whether a number is the sum of all others, or that with a tax of whole percents, both as DOUBLE. -#}
{%- macro is_sum_of_others(value, others) -%}
    (
        {{ others }} > 0
        and {{ value }} >= 0.999 * {{ others }}
        and {{ value }} <= 1.28 * {{ others }}
        and abs(100 * {{ value }} / {{ others }} - round(100 * {{ value }} / {{ others }})) < 0.1
    )
{%- endmacro -%}

{#-
  The offsets from UTC that stand after the first times of the input, UTC for none; an empty list where
  times have no zone. A timestamp with a zone has lost its own.
-#}
{%- macro offsets_of_times(given, order_lines) -%}
    {%- set text, offsets = dbt.type_string(), [] -%}
    {%- if given.get("ordered_at") == "instant" -%} {{- return(["UTC"]) -}} {%- endif -%}
    {%- if execute and given.get("ordered_at") == "text" -%}
        {%- set query -%}
            select distinct
                case
                    when {{ fits_pattern("ordered_at", "'(Z|UTC|GMT|[+-]00(:?00)?)$'") }} then 'UTC'
                    when {{ fits_pattern("ordered_at", "'[+-][0-9]{2}:[0-9]{2}$'") }}
                    then right(ordered_at, 6)
                    when {{ fits_pattern("ordered_at", "'[+-][0-9]{4}$'") }}
                    then right(ordered_at, 5)
                    else right(ordered_at, 3)
                end as ends_with
            from (
                select {{ trimmed("ordered_at") }} as ordered_at from {{ order_lines }} limit 10000
            ) as first_lines
            where
                {{
                    fits_pattern(
                        "ordered_at",
                        "':[0-9]{2}.*(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)$'",
                    )
                }}
            order by ends_with
        {%- endset -%}
        {%- do offsets.extend(run_query(query).columns[0].values()) -%}
    {%- endif -%}
    {{- return(offsets) -}}
{%- endmacro -%}

{#-
  The identifiers of a table or a view that are floating point numbers, each with its column and the least
  number that stands for its neighbour too.
-#}
{%- macro floating_ids(given, relation) -%}
    {%- set limits = {"float": 16777216, "real": 16777216, "double": 9007199254740992} -%}
    {%- set names = (
        columns_of_relation(given)
        if not uses_metrics()
        else {"customer_id": "customer_id"}
    ) -%}
    {%- set found = [] -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- for id in ("customer_id", "order_id", "line_id", "product_id")
            if names.get(id) == column.name | lower and column.dtype | lower in limits -%}
            {%- do found.append({"column": names[id], "limit": limits[column.dtype | lower]}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro -%}
