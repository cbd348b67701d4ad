{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set kinds = ["crowd", "grand_totals"] -%}
{#- In brackets too, and with words after it, but not with a number: na-17 may be a customer. -#}
{%- set nobody = (
    "^[^a-z0-9]*(null|none|nan|na|n/a|blank|unknown|unbekannt|guest|gast|anonym[a-zé]*|test|walk.?in|cash"
    ~ "|no.?e?mail(@.*)?|no.?reply(@.*)?|default|dummy|cpd|ladenkund[a-z]*|kein[a-z]* kunden?[a-z]*"
    ~ "|laufkund[a-z]*|barverkauf|invité|invitado|ospite|deleted|no customer)([^a-z0-9][^0-9]*)?$"
    ~ "|^-1$|^[0-]+$|^9{4,}$|^x$|^#[a-z0/#]+[!?]?$"
) -%}
{#- Also with a year, a colon or another word after it, or with what it is the total of before it. -#}
{%- set total = (
    "^((grand|sub)[ -]?total|totals?|totale|totaal|gesamt[a-z]*|summe|suma|razem|somme|итого)([^a-z].*)?$"
    ~ "|[^a-z](total|totale|totaal|ergebnis|итого)$"
    ~ "|^(all|alle|allen|overall|everyone|tous|toutes|todos|todas|tutti)([^a-z0-9][^0-9]*)?$"
) -%}
{%- set source = "customer_metrics" if uses_metrics() else "order_lines" -%}
{%- set metrics = ref("checked_customer_metrics") -%}
{%- if uses_metrics() -%} {%- do kinds.extend(["row_numbers", "minor_units_of_metrics"]) -%}
{%- else -%} {%- do kinds.append("subtotals") -%}
{%- endif -%}
{%- if has_customers_input() -%} {%- do kinds.append("strangers") -%} {%- endif %}

with
    of_customers as (
        select *, {{ is_plain_id() }} as is_plain
        from {{ ref("lines_of_customers") }}
        where lines > 0 and customer_id is not null
    ),

    known_ids as (
        select distinct customer_id from {{ ref("checked_customers") }} where reason is null
    ),

    totals as (
        select coalesce(sum(lines), 0) as lines, count(*) as customers, sum(amount) as amount
        from of_customers
    ),

    weights as (
        select
            of_customers.customer_id,
            of_customers.lines,
            totals.customers,
            cast(of_customers.amount as double) as amount,
            cast(totals.amount - of_customers.amount as double) as others,
            1e0 * of_customers.lines / totals.lines as share,
            1e0 * of_customers.lines * totals.customers / totals.lines as times,
            not of_customers.is_plain
            and {{ fits_pattern("lower(of_customers.customer_id)", "'" ~ total ~ "'") }}
            as is_total,
            not of_customers.is_plain
            and {{ fits_pattern("lower(of_customers.customer_id)", "'" ~ nobody ~ "'") }}
            as is_nobody
        from of_customers
        cross join totals
    ),

    -- Who has much more than a large customer of a small shop, or is nobody by name.
    crowds as (
        select
            '{{ source }}' as source,
            customer_id,
            lines,
            share,
            row_number() over (order by lines desc, customer_id asc) as place
        from weights
        where
            is_total
            or (is_nobody and (times > 3 or share > 0.02))
            or (share > 0.05 and times > 100)
            or (share > 0.2 and times > 30)
    ),

    -- The largest are enough to read; the others follow when these are set right.
    crowd as (select source, customer_id, lines, share from crowds where place <= 5),

    grand_totals as (
        select weights.customer_id, weights.amount
        from weights
        left join crowds on weights.customer_id = crowds.customer_id
        where
            weights.lines = 1
            and weights.customers >= 10
            and crowds.customer_id is null
            and {{ is_sum_of_others("weights.amount", "weights.others") }}
    ),

    customers_of_several_lines as (
        select
            customer_id,
            largest_amount,
            lines >= 4 as is_large,
            abs(2 * cast(largest_amount as double) - amount) <= 0.01 as has_subtotal
        from of_customers
        where lines >= 3 and largest_amount > 0.01
    ),

    -- One line has the amount of all others together: of three lines, of few prices, by chance too.
    subtotals as (
        select
            count(*) filter (where has_subtotal) as customers,
            cast(sum(largest_amount) filter (where has_subtotal) as double) as amount,
            min(customer_id) filter (where has_subtotal) as example
        from customers_of_several_lines
        having
            count(*) filter (where has_subtotal) >= greatest(5, 0.75 * count(*))
            or count(*) filter (where has_subtotal and is_large)
            >= greatest(10, 0.3 * count(*) filter (where is_large))
    ),

    -- Whom the input of customers does not know: ids of another kind.
    strangers as (
        select
            count(known_ids.customer_id) as known,
            count(*) as buyers,
            min(of_customers.customer_id) filter (where known_ids.customer_id is null) as example
        from of_customers
        left join known_ids on of_customers.customer_id = known_ids.customer_id
        where exists (select known.customer_id from known_ids as known)
        having count(*) > 0 and count(known_ids.customer_id) < 0.1 * count(*)
    ),

    {% if uses_metrics() -%}
        metric_ranges as (
            {% for metric in metric_columns() -%}
                select
                    {{ text_literal(metric.column) }} as metric,
                    count({{ metric.feature }}) as customers,
                    count(distinct {{ metric.feature }}) as different_values,
                    count(*) filter (
                        where {{ metric.feature }} <> floor({{ metric.feature }})
                    ) as fractions,
                    min({{ metric.feature }}) as least,
                    max({{ metric.feature }}) as most,
                    median(abs({{ metric.feature }})) as usual_value,
                    min(source_file) as source_file,
                    max_by(customer_id, {{ metric.feature }}) as example
                from {{ metrics }}
                where reason is null
                group by source_file {{ "union all" if not loop.last }}
            {% endfor %}
        ),

        other_files as (
            select
                metric,
                count(*) as all_files,
                coalesce(
                    median(case when fractions > 0 then usual_value end), min(usual_value)
                ) as other_value
            from metric_ranges
            where usual_value > 0 and customers >= 5
            group by metric
        ),

        -- As amounts are in suspicious_numbers: cents beside euros.
        minor_units_of_metrics as (
            select
                metric_ranges.metric,
                count(*) as files,
                other_files.all_files,
                cast(other_files.other_value as double) as other_value,
                min(metric_ranges.source_file) as example,
                cast(
                    min_by(metric_ranges.usual_value, metric_ranges.source_file) as double
                ) as usual_value
            from metric_ranges
            inner join other_files on metric_ranges.metric = other_files.metric
            where
                metric_ranges.fractions = 0
                and metric_ranges.customers >= 5
                and metric_ranges.usual_value >= 40 * other_files.other_value
            group by metric_ranges.metric, other_files.all_files, other_files.other_value
        ),

        -- Whole numbers, no two of them the same, though by chance nine pairs and more would be.
        row_numbers as (
            select
                metric,
                sum(customers) as customers,
                try_cast(min(least) as bigint) as least,
                try_cast(max(most) as bigint) as most,
                max_by(example, most) as example
            from metric_ranges
            group by metric
            having
                count(*) filter (
                    where
                        fractions = 0
                        and different_values = customers
                        and 1e0 * customers * (customers - 1) >= 18 * (most - least + 1)
                )
                = count(*)
        ),
    {%- endif %}

    suspicious_customers as ({{ rows_of_suspicions(kinds) }})

select *
from suspicious_customers
