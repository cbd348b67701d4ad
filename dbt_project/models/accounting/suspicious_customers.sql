{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set suspicions = {
    "spoilt_ids": ["source", "customers", "example"],
    "date_ids": ["source", "customers", "all_customers", "example"],
    "two_forms": ["source", "ids", "example", "other_example"],
    "crowd": ["source", "customer_id", "lines", "share"],
    "grand_totals": ["customer_id", "amount"],
} -%}
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
{#- As spreadsheets write dates in place of ids such as 1-17 and JAN17. -#}
{%- set day, month = "(0?[1-9]|[12][0-9]|3[01])", (
    "(jan(uary?|vier)?|feb(ruary?)?|févr?(ier)?|m[aä]r(ch|s|z)?|mrz|apr(il)?|avr(il)?|ma[iy]"
    ~ "|june?|juni|juin|jul[iy]?|juil(let)?|aug(ust)?|ao[uû]t|sept?(ember|embre)?|o[ck]t(ober|obre)?"
    ~ "|nov(ember|embre)?|de[cz](ember)?|déc(embre)?)[.]?"
) -%}
{%- set date = (
    "^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([ t][0-9:.]+)?$"
    ~ "|^%s([-/.])%s[-/.](19|20)[0-9]{2}$|^%s[.]?[- ]%s([- ][0-9]{2,4})?$|^%s[- ]([0-9]{2}|(19|20)[0-9]{2})$"
    | format(day, day, day, month, month)
) -%}
{#- Digits and letters as wide as a sign of Chinese, and Arabic and Persian digits. -#}
{%- set wide, plain = [], [] -%}
{%- for first, signs in (
    (65296, "0123456789"),
    (65345, "abcdefghijklmnopqrstuvwxyz"),
    (1632, "0123456789"),
    (1776, "0123456789"),
) -%}
    {%- for sign in signs -%}
        {%- do wide.append("%c" | format(first + loop.index0)) -%} {%- do plain.append(sign) -%}
    {%- endfor -%}
{%- endfor -%}
{#- Then spaces of typography, and signs that nobody sees, which stand for nothing. -#}
{%- for number in [160] + range(8192, 8203) | list + [8239, 8287, 12288] -%}
    {%- do wide.append("%c" | format(number)) -%} {%- do plain.append(" ") -%}
{%- endfor -%}
{%- for number in [173, 8288, 65279] + range(8203, 8208) | list + range(8234, 8239) | list -%}
    {%- do wide.append("%c" | format(number)) -%}
{%- endfor -%}
{%- set source = "customer_metrics" if uses_metrics() else "order_lines" -%}
{%- if uses_metrics() -%}
    {%- do suspicions.update(
        {"row_numbers": ["metric", "customers", "least", "most", "example"]}
    ) -%}
{%- else -%} {%- do suspicions.update({"subtotals": ["customers", "amount", "example"]}) -%}
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
                cast(null as decimal(18, 4)) as amount,
                cast(null as decimal(18, 4)) as largest_amount
            from {{ ref("checked_customer_metrics") }}
            where customer_id is not null
            group by customer_id
        {%- else -%}
            select
                customer_id,
                '{{ source }}' as source,
                count(*) as lines,
                sum(amount) as amount,
                max(amount) as largest_amount
            from {{ ref("checked_order_lines") }}
            where reason is null
            group by customer_id
        {%- endif %}
    ),

    known_ids as (
        select distinct customer_id from {{ ref("checked_customers") }} where reason is null
    ),

    -- Those of the input of customers may be others of these, spoilt.
    all_ids as (
        select source, customer_id
        from of_customers
        union all
        select 'customers' as source, customer_id
        from known_ids
    ),

    totals as (
        select coalesce(sum(lines), 0) as lines, count(*) as customers, sum(amount) as total_amount
        from of_customers
    ),

    -- A number as long as a word may be one too: with a plus sign, or a point in it.
    powers_of_ten as (
        select source, count(*) as customers, min(customer_id) as example
        from all_ids
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
        from all_ids
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

    -- Where few are dates, the others end in a digit and none is such as 2017-01-32.
    date_ids as (
        select
            source,
            count(*) filter (where is_date) as customers,
            count(*) as all_customers,
            min(customer_id) filter (where is_date) as example
        from
            (
                select
                    source,
                    customer_id,
                    {{ fits_pattern("lower(customer_id)", "'" ~ date ~ "'") }} as is_date
                from of_customers
            ) as dated
        group by source
        having
            count(*) filter (where is_date) between 1 and 0.5 * count(*)
            and count(*) filter (where right(customer_id, 1) between '0' and '9') >= 0.5 * count(*)
            and count(*) filter (
                where
                    not is_date
                    and {{ fits_pattern("customer_id", "'^[12][0-9]{3}-[0-9]{2}-[0-9]{2,}$'") }}
            )
            = 0
    ),

    -- Without signs that nobody sees, quotes and apostrophes around it, and case; with one kind of
    -- space.
    ids_without_dress as (
        select
            source,
            customer_id,
            case
                when {{ fits_pattern("customer_id", text_literal("[^ -~]|[='\"]|  ")) }}
                then
                    trim(
                        both {{ text_literal(" '") }}
                        from
                            {{
                                replaced(
                                    "translate(%s, '%s', '%s')"
                                    | format(
                                        composed("lower(customer_id)"), wide | join, plain | join
                                    ),
                                    {
                                        "\u2018": "'",
                                        "\u2019": "'",
                                        "=": "",
                                        '"': "",
                                        "   ": " ",
                                        "  ": " ",
                                    },
                                )
                            }}
                    )
                else lower(customer_id)
            end as seen
        from all_ids
    ),

    -- Without .0 after it and zeros before it.
    ids_without_zeros as (
        select
            source,
            customer_id,
            coalesce(
                nullif(
                    trim(
                        leading '0'
                        from
                            case
                                when right(seen, 2) = '.0'
                                then left(seen, length(seen) - 2)
                                when right(seen, 3) = '.00'
                                then left(seen, length(seen) - 3)
                                else seen
                            end
                    ),
                    ''
                ),
                '0'
            ) as bare_id
        from ids_without_dress
    ),

    -- Zeros after letters and signs of thousands too: two names may differ in these alone.
    ids_in_two_forms as (
        select
            min(source) as source,
            min(customer_id) as example,
            max(customer_id) as other_example,
            min(bare_id) <> max(bare_id) as may_be_two_names
        from ids_without_zeros
        group by
            case
                when {{ fits_pattern("bare_id", "'^[1-9][0-9]{0,2}([,.][0-9]{3})+$'") }}
                then {{ replaced("bare_id", {",": "", ".": ""}) }}
                when {{ fits_pattern("bare_id", "'^[^0-9]+0+[1-9][0-9]*$'") }}
                then
                    {%- set letters = "trim(trailing '0123456789' from bare_id)" %}
                    {{ letters }}
                    || trim(leading '0' from substr(bare_id, length({{ letters }}) + 1))
                else bare_id
            end
        having min(customer_id) <> max(customer_id)
    ),

    counted_forms as (
        select *, count(*) over (partition by source, may_be_two_names) as forms
        from ids_in_two_forms
    ),

    two_forms as (
        select
            counted_forms.source,
            count(*) as ids,
            min(counted_forms.example) as example,
            min_by(counted_forms.other_example, counted_forms.example) as other_example
        from counted_forms
        cross join totals
        where
            not counted_forms.may_be_two_names
            or (counted_forms.forms >= 2 and counted_forms.forms >= 0.01 * totals.customers)
        group by counted_forms.source
    ),

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
            or (
                of_customers.lines > 0.2 * totals.lines
                and of_customers.lines * totals.customers > 30 * totals.lines
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
            and {{
                is_sum_of_others(
                    "cast(of_customers.amount as double)",
                    "cast(totals.total_amount - of_customers.amount as double)",
                )
            }}
    ),

    lines_with_subtotals as (
        select
            count(*) as all_customers,
            count(*) filter (where is_subtotal) as customers,
            count(*) filter (where lines >= 4) as large_customers,
            count(*) filter (where lines >= 4 and is_subtotal) as large_customers_with_subtotal,
            cast(sum(largest_amount) filter (where is_subtotal) as double) as amount,
            min(customer_id) filter (where is_subtotal) as example
        from
            (
                select *, abs(2 * cast(largest_amount as double) - amount) <= 0.01 as is_subtotal
                from of_customers
                where lines >= 3 and largest_amount > 0.01
            ) as of_several_lines
    ),

    -- One line of a customer has the amount of all others together. Of three lines that happens by
    -- chance, where there are few prices.
    subtotals as (
        select *
        from lines_with_subtotals
        where
            customers >= greatest(5, 0.75 * all_customers)
            or large_customers_with_subtotal >= greatest(10, 0.3 * large_customers)
    ),

    -- Customers with orders whom the input of customers does not know: ids of another kind.
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
                    count(*) filter (
                        where {{ metric.feature }} <> floor({{ metric.feature }})
                    ) as fractions,
                    min({{ metric.feature }}) as least,
                    max({{ metric.feature }}) as most,
                    max_by(customer_id, {{ metric.feature }}) as example
                from {{ ref("checked_customer_metrics") }}
                where reason is null
                group by source_file {{ "union all" if not loop.last }}
            {% endfor %}
        ),

        -- In each file whole numbers of which no two are the same, though by chance nine pairs and
        -- more would be.
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

    suspicious_customers as ({{ rows_of_suspicions(suspicions) }})

select *
from suspicious_customers
