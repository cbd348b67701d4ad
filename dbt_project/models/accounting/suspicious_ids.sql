{#- What is suspected of the ids of customers. Each is a CTE below; the sentences are made in Python. -#}
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
{%- set source = "customer_metrics" if uses_metrics() else "order_lines" %}

with
    -- Those of the input of customers may be others of these, spoilt.
    ids as (
        select '{{ source }}' as source, customer_id, {{ is_plain_id() }} as is_plain
        from {{ ref("lines_of_customers") }}
        where lines > 0 and customer_id is not null
        union all
        select distinct 'customers' as source, customer_id, {{ is_plain_id() }} as is_plain
        from {{ ref("checked_customers") }}
        where reason is null
    ),

    totals as (
        select
            count(*) as customers,
            count(*) filter (
                where is_plain or right(customer_id, 1) between '0' and '9'
            ) as customers_with_digits
        from ids
        where source = '{{ source }}'
    ),

    -- A number as long as a word may be one too: with a plus sign, or a point in it. And a
    -- spreadsheet keeps fifteen digits of a number and writes zeros in place of the others.
    odd_ids as (
        select
            source,
            customer_id,
            {{ fits_pattern("customer_id", "'^[1-9][0-9]{15,}$'") }} as is_long,
            {{
                fits_pattern(
                    "customer_id",
                    "'^[0-9]([.,][0-9]+)?[eE][+][0-9]+$|^[0-9][.,][0-9]+[eE][0-9]+$|^[1-9][0-9]{14}0+$'",
                )
            }}
            as is_shortened,
            {{ fits_pattern("lower(customer_id)", "'" ~ date ~ "'") }} as is_date,
            {{ fits_pattern("customer_id", "'^[12][0-9]{3}-[0-9]{2}-[0-9]{2,}$'") }}
            as looks_like_date
        from ids
        where not is_plain
    ),

    spoilt_ids as (
        select
            source,
            count(*) filter (where is_shortened) as customers,
            min(customer_id) filter (where is_shortened) as example
        from odd_ids
        where is_long or is_shortened
        group by source, is_long
        having not is_long or count(*) filter (where is_shortened) >= greatest(3, 0.5 * count(*))
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
        where odd_ids.source = '{{ source }}' and (odd_ids.is_date or odd_ids.looks_like_date)
        group by totals.customers, totals.customers_with_digits
        having
            count(*) = count(*) filter (where odd_ids.is_date)
            and count(*) <= 0.5 * totals.customers
            and totals.customers_with_digits >= 0.5 * totals.customers
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
                                    typed_plainly("customer_id"),
                                    {"mailto:": "", "   ": " ", "  ": " "},
                                )
                            }}
                    )
                else lower(customer_id)
            end as seen
        from ids
    ),

    -- Without .0 after it and zeros before it.
    ids_without_zeros as (
        select
            source,
            customer_id,
            is_plain,
            case
                when is_plain
                then seen
                else
                    coalesce(
                        nullif(
                            {{ without_pattern(without_pattern("seen", "[.]00?$"), "^0+") }}, ''
                        ),
                        '0'
                    )
            end as bare_id
        from ids_without_dress
    ),

    -- Zeros after letters and signs of thousands too: two names may differ in these alone.
    forms as (
        select
            source,
            customer_id,
            bare_id,
            is_plain and customer_id = upper(customer_id) as is_usual,
            case
                when is_plain
                then bare_id
                when
                    {{
                        fits_pattern(
                            "bare_id",
                            text_literal(
                                "^[1-9][0-9]{0,2}([,. '][0-9]{3})+$"
                                ~ "|^[0-9a-f]{1,8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
                            ),
                        )
                    }}
                then {{ replaced("bare_id", {",": "", ".": "", " ": "", "'": "", "-": ""}) }}
                when instr(bare_id, '<') > 0
                then {{ without_pattern("bare_id", "^[^<]*<") }}
                when {{ fits_pattern("bare_id", "'^[^0-9]+0+[1-9][0-9]*$'") }}
                then
                    {{ without_pattern("bare_id", "[0-9]+$") }}
                    || {{ without_pattern("bare_id", "^[^0-9]+0+") }}
                else bare_id
            end as form
        from ids_without_zeros
    ),

    -- Two usual ones never have one form: most need no look at all others.
    ids_in_two_forms as (
        select
            min(source) as source,
            min(customer_id) as example,
            max(customer_id) as other_example,
            min(bare_id) <> max(bare_id) as may_be_two_names,
            count(*) over (partition by min(source), min(bare_id) <> max(bare_id)) as such_ids
        from forms
        where form in (select unusual.form from forms as unusual where not unusual.is_usual)
        group by form
        having min(customer_id) <> max(customer_id)
    ),

    two_forms as (
        select
            ids_in_two_forms.source,
            count(*) as ids,
            min(ids_in_two_forms.example) as example,
            min_by(ids_in_two_forms.other_example, ids_in_two_forms.example) as other_example
        from ids_in_two_forms
        cross join totals
        where
            not ids_in_two_forms.may_be_two_names
            or ids_in_two_forms.such_ids >= greatest(2, 0.01 * totals.customers)
        group by ids_in_two_forms.source
    ),

    suspicious_ids as ({{ rows_of_suspicions(["spoilt_ids", "date_ids", "two_forms"]) }})

select *
from suspicious_ids
