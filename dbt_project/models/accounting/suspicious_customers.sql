{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set suspicions = {
    "spoilt_ids": ["source", "customers", "example"],
    "two_forms": ["source", "ids", "example", "other_example"],
    "crowd": ["source", "customer_id", "lines", "share"],
    "grand_totals": ["customer_id", "amount"],
} -%}
{#- In brackets too, and with words after it, but not with a number: na-17 may be a customer. -#}
{%- set nobody = (
    "^[^a-z0-9]*(null|none|nan|na|n/a|blank|unknown|unbekannt|guest|gast|anonym[a-zé]*|test|walk.?in|cash"
    ~ "|laufkund[a-z]*|barverkauf|invité|invitado|ospite|deleted|no customer)([^a-z0-9][^0-9]*)?$"
    ~ "|^-1$|^[0-]+$|^9{4,}$|^x$"
) -%}
{#- Also with a year, a colon or another word after it. -#}
{%- set total = "^((grand|sub)[ -]?total|totals?|totale|totaal|gesamt(summe)?|summe|somme|итого)([^a-z].*)?$" -%}
{%- set source = "customer_metrics" if uses_metrics() else "order_lines" -%}
{%- if uses_metrics() -%}
    {%- do suspicions.update({"row_numbers": ["metric", "least", "most"]}) -%}
{%- endif -%}
{%- if has_customers_input() -%}
    {%- do suspicions.update({"strangers": ["known", "buyers", "example"]}) -%}
{%- endif %}
{%- if uses_metrics() %}
-- depends_on: {{ ref("checked_customer_metrics") }}
{%- endif %}

with
    of_customers as (
        {% if uses_metrics() -%}
            select
                customer_id,
                '{{ source }}' as source,
                count(*) as lines,
                cast(null as decimal(18, 4)) as amount
            from {{ ref("checked_customer_metrics") }}
            where customer_id is not null
            group by customer_id
        {%- else -%}
            select customer_id, '{{ source }}' as source, count(*) as lines, sum(amount) as amount
            from {{ ref("checked_order_lines") }}
            where reason is null
            group by customer_id
        {%- endif %}
    ),

    totals as (
        select coalesce(sum(lines), 0) as lines, count(*) as customers, sum(amount) as total_amount
        from of_customers
    ),

    -- A number as long as a word may be one too: with a plus sign, or a point in it.
    powers_of_ten as (
        select source, count(*) as customers, min(customer_id) as example
        from of_customers
        where
            {{
                fits_pattern(
                    "customer_id",
                    "'^[0-9]([.,][0-9]+)?[eE][+][0-9]+$|^[0-9][.,][0-9]+[eE][0-9]+$'",
                )
            }}
        group by source
    ),

    long_numbers as (
        select
            source,
            customer_id,
            {{ fits_pattern("customer_id", "'^[0-9]{15}0+$'") }} as has_zeros_after_15_digits,
            count(*) over (partition by source) as numbers
        from of_customers
        where {{ fits_pattern("customer_id", "'^[1-9][0-9]{15,}$'") }}
    ),

    -- A spreadsheet keeps fifteen digits of a number and writes zeros in place of the others.
    fifteen_digits as (
        select source, count(*) as customers, min(customer_id) as example
        from long_numbers
        where has_zeros_after_15_digits
        group by source, numbers
        having count(*) >= 3 and 2 * count(*) >= numbers
    ),

    spoilt_ids as (
        select *
        from powers_of_ten
        union all
        select *
        from fifteen_digits
    ),

    -- Without zeros before it, .0 after it, signs around it that nobody sees, quotes and case.
    ids_without_dress as (
        select
            source,
            customer_id,
            {{
                replaced(
                    composed("lower(customer_id)"),
                    {"\u00a0": "", "\u200b": "", "\ufeff": "", "=": "", '"': ""},
                )
            }} as seen
        from of_customers
    ),

    ids_in_two_forms as (
        select source, min(customer_id) as example, max(customer_id) as other_example
        from ids_without_dress
        group by
            source,
            coalesce(
                nullif(
                    trim(
                        leading '0'
                        from
                            case
                                when right(seen, 2) = '.0'
                                then left(seen, length(seen) - 2)
                                else seen
                            end
                    ),
                    ''
                ),
                '0'
            )
        having count(*) > 1
    ),

    numbered_forms as (
        select
            *,
            row_number() over (partition by source order by example) as place,
            count(*) over (partition by source) as ids
        from ids_in_two_forms
    ),

    two_forms as (select * from numbered_forms where place = 1),

    crowds as (
        select
            of_customers.source,
            of_customers.customer_id,
            of_customers.lines,
            cast(of_customers.lines as double) / totals.lines as share
        from of_customers
        cross join totals
        where
            {{ fits_pattern("lower(of_customers.customer_id)", "'" ~ total ~ "'") }}
            or (
                {{ fits_pattern("lower(of_customers.customer_id)", "'" ~ nobody ~ "'") }}
                and (
                    of_customers.lines * totals.customers > 3 * totals.lines
                    or of_customers.lines > 0.02 * totals.lines
                )
            )
            -- Much more than a large customer of a small shop has.
            or (
                of_customers.lines > 0.05 * totals.lines
                and of_customers.lines * totals.customers > 100 * totals.lines
            )
    ),

    -- The largest are enough to read; the others follow when these are set right.
    crowd as (
        select source, customer_id, lines, share
        from
            (
                select *, row_number() over (order by lines desc, customer_id asc) as place
                from crowds
            ) as numbered_crowds
        where place <= 5
    ),

    grand_totals as (
        select of_customers.customer_id, cast(of_customers.amount as double) as amount
        from of_customers
        cross join totals
        left join crowds on of_customers.customer_id = crowds.customer_id
        where
            of_customers.lines = 1
            and totals.customers >= 10
            and crowds.customer_id is null
            and of_customers.amount > 0
            and abs(2 * of_customers.amount - totals.total_amount) <= 0.001 * totals.total_amount
    ),

    -- Customers with orders whom the input of customers does not know: ids of another kind.
    known_ids as (
        select distinct customer_id from {{ ref("checked_customers") }} where reason is null
    ),

    known_totals as (select count(*) as customers from known_ids),

    strangers as (
        select
            count(known_ids.customer_id) as known,
            count(*) as buyers,
            min(
                case when known_ids.customer_id is null then of_customers.customer_id end
            ) as example
        from of_customers
        cross join known_totals
        left join known_ids on of_customers.customer_id = known_ids.customer_id
        where known_totals.customers > 0
        having count(*) > 0 and count(known_ids.customer_id) < 0.1 * count(*)
    ),

    {% if uses_metrics() -%}
        metric_ranges as (
            {% for metric in metric_columns() -%}
                select
                    {{ text_literal(metric.column) }} as metric,
                    count({{ metric.feature }}) as customers,
                    count(distinct {{ metric.feature }}) as different_values,
                    cast(min({{ metric.feature }}) as bigint) as least,
                    cast(max({{ metric.feature }}) as bigint) as most
                from {{ ref("checked_customer_metrics") }}
                where reason is null {{ "union all" if not loop.last }}
            {% endfor %}
        ),

        -- Each number once, without a gap, as a table numbers its rows.
        row_numbers as (
            select metric, least, most
            from metric_ranges
            where customers >= 20 and most = least + customers - 1 and different_values = customers
        ),
    {%- endif %}

    suspicious_customers as ({{ rows_of_suspicions(suspicions) }})

select *
from suspicious_customers
