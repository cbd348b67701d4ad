{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set kinds = ["spoilt_ids", "date_ids", "two_forms", "crowd", "grand_totals"] -%}
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
{#- Then spaces and dashes of typography, and signs that nobody sees, which stand for nothing. -#}
{%- for number in [160] + range(8192, 8203) | list + [8239, 8287, 12288] -%}
    {%- do wide.append("%c" | format(number)) -%} {%- do plain.append(" ") -%}
{%- endfor -%}
{%- for number in range(8208, 8214) | list + [8722] -%}
    {%- do wide.append("%c" | format(number)) -%} {%- do plain.append("-") -%}
{%- endfor -%}
{%- for number in [173, 8288, 65279] + range(8203, 8208) | list + range(8234, 8239) | list -%}
    {%- do wide.append("%c" | format(number)) -%}
{%- endfor -%}
{#- Most ids are short numbers, or have a letter or two before one: nothing is amiss with these. -#}
{%- set is_plain = fits_pattern("customer_id", "'^([a-zA-Z]{1,2}[1-9]|[1-8])[0-9]{0,13}$'") -%}
{%- set source = "customer_metrics" if uses_metrics() else "order_lines" -%}
{%- if uses_metrics() -%} {%- do kinds.extend(["row_numbers", "minor_units_of_metrics"]) -%}
{%- else -%} {%- do kinds.append("subtotals") -%}
{%- endif -%}
{%- if has_customers_input() -%} {%- do kinds.append("strangers") -%} {%- endif %}
{%- if uses_metrics() %}
-- depends_on: {{ ref("checked_customer_metrics") }}
{%- endif %}

with
    counted_lines as (
        {% if uses_metrics() -%}
            select
                customer_id,
                count(*) as lines,
                cast(null as decimal(18, 4)) as amount,
                cast(null as decimal(18, 4)) as largest_amount
            from {{ ref("checked_customer_metrics") }}
            where customer_id is not null
            group by customer_id
        {%- else -%}
            select
                customer_id, count(*) as lines, sum(amount) as amount, max(amount) as largest_amount
            from {{ ref("checked_order_lines") }}
            where reason is null
            group by customer_id
        {%- endif %}
    ),

    of_customers as (select *, {{ is_plain }} as is_plain from counted_lines),

    known_ids as (
        select distinct customer_id from {{ ref("checked_customers") }} where reason is null
    ),

    -- Those of the input of customers may be others of these, spoilt.
    all_ids as (
        select '{{ source }}' as source, customer_id, is_plain
        from of_customers
        union all
        select 'customers' as source, customer_id, {{ is_plain }} as is_plain
        from known_ids
    ),

    totals as (
        select coalesce(sum(lines), 0) as lines, count(*) as customers, sum(amount) as amount
        from of_customers
    ),

    -- A number as long as a word may be one too: with a plus sign, or a point in it. And a
    -- spreadsheet keeps fifteen digits of a number and writes zeros in place of the others.
    odd_ids as (
        select
            source,
            customer_id,
            {{
                fits_pattern(
                    "customer_id",
                    "'^[0-9]([.,][0-9]+)?[eE][+][0-9]+$|^[0-9][.,][0-9]+[eE][0-9]+$'",
                )
            }} as is_power_of_ten,
            {{ fits_pattern("customer_id", "'^[1-9][0-9]{15,}$'") }} as is_long,
            {{ fits_pattern("customer_id", "'^[0-9]{15}0+$'") }} as has_zeros_after_15_digits,
            {{ fits_pattern("lower(customer_id)", "'" ~ date ~ "'") }} as is_date,
            {{ fits_pattern("customer_id", "'^[12][0-9]{3}-[0-9]{2}-[0-9]{2,}$'") }}
            as looks_like_date,
            {{ fits_pattern("lower(customer_id)", "'" ~ total ~ "'") }} as is_total,
            {{ fits_pattern("lower(customer_id)", "'" ~ nobody ~ "'") }} as is_nobody
        from all_ids
        where not is_plain
    ),

    spoilt_ids as (
        select source, count(*) as customers, min(customer_id) as example
        from odd_ids
        where is_power_of_ten
        group by source
        union all
        select
            source,
            count(*) filter (where has_zeros_after_15_digits) as customers,
            min(customer_id) filter (where has_zeros_after_15_digits) as example
        from odd_ids
        where is_long
        group by source
        having count(*) filter (where has_zeros_after_15_digits) >= greatest(3, 0.5 * count(*))
    ),

    ids_with_digits as (
        select count(*) as customers
        from of_customers
        where is_plain or right(customer_id, 1) between '0' and '9'
    ),

    -- Where few are dates, the others end in a digit and none is such as 2017-01-32.
    date_ids as (
        select
            '{{ source }}' as source,
            count(*) as customers,
            totals.customers as all_customers,
            min(odd_ids.customer_id) as example
        from odd_ids
        cross join totals
        cross join ids_with_digits
        where odd_ids.source = '{{ source }}' and (odd_ids.is_date or odd_ids.looks_like_date)
        group by totals.customers, ids_with_digits.customers
        having
            count(*) = count(*) filter (where odd_ids.is_date)
            and count(*) <= 0.5 * totals.customers
            and ids_with_digits.customers >= 0.5 * totals.customers
    ),

    -- Without signs that nobody sees, quotes, brackets and other signs around it, and case; with
    -- one kind of space and of dash.
    ids_without_dress as (
        select
            source,
            customer_id,
            is_plain,
            case
                when
                    not is_plain
                    and {{ fits_pattern("customer_id", text_literal("[^a-zA-Z0-9 ._@/+-]|  ")) }}
                then
                    trim(
                        both {{ text_literal(" '`{}[]()<>#;:,«»‹›") }}
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
                                        "mailto:": "",
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
            is_plain,
            case
                when is_plain
                then
                    seen
                    {% for zeros in (".0", ".00", "") -%}
                        {{
                            (
                                "else"
                                if loop.last
                                else "when right(seen, %d) = '%s' then"
                                | format(zeros | length, zeros)
                            )
                        }}
                        coalesce(
                            nullif(
                                trim(
                                    leading '0' from left(seen, length(seen) - {{ zeros | length }})
                                ),
                                ''
                            ),
                            '0'
                        )
                    {% endfor -%}
            end as bare_id
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
                when is_plain
                then bare_id
                when
                    {{
                        fits_pattern(
                            "bare_id", text_literal("^[1-9][0-9]{0,2}([,. '][0-9]{3})+$")
                        )
                    }}
                then {{ replaced("bare_id", {",": "", ".": "", " ": "", "'": ""}) }}
                when
                    {{ fits_pattern("bare_id", "'^[0-9a-f]{1,8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'") }}
                then {{ replaced("bare_id", {"-": ""}) }}
                when instr(bare_id, '<') > 0
                then substr(bare_id, instr(bare_id, '<') + 1)
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
            or counted_forms.forms >= greatest(2, 0.01 * totals.customers)
        group by counted_forms.source
    ),

    -- Who has much more than a large customer of a small shop, or is nobody by name.
    crowds as (
        select
            of_customers.customer_id,
            of_customers.lines,
            cast(of_customers.lines as double) / totals.lines as share,
            row_number() over (
                order by of_customers.lines desc, of_customers.customer_id asc
            ) as place
        from of_customers
        cross join totals
        left join
            odd_ids
            on of_customers.customer_id = odd_ids.customer_id
            and odd_ids.source = '{{ source }}'
        where
            odd_ids.is_total
            or (
                odd_ids.is_nobody
                and (
                    of_customers.lines * totals.customers > 3 * totals.lines
                    or of_customers.lines > 0.02 * totals.lines
                )
            )
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
        select '{{ source }}' as source, customer_id, lines, share from crowds where place <= 5
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
                    "cast(totals.amount - of_customers.amount as double)",
                )
            }}
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

    -- One line of a customer has the amount of all others together. Of three lines that happens by
    -- chance, where there are few prices.
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
                    median(abs({{ metric.feature }})) as usual_value,
                    min(source_file) as source_file,
                    max_by(customer_id, {{ metric.feature }}) as example
                from {{ ref("checked_customer_metrics") }}
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

    suspicious_customers as ({{ rows_of_suspicions(kinds) }})

select *
from suspicious_customers
