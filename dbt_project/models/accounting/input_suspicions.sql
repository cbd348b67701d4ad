{#- What is suspected, and what is counted of it. Each is a CTE below; the sentences are made in Python. -#}
{%- set suspicions = {
    "spoilt_ids": ["source", "customers", "example"],
    "two_forms": ["source", "ids", "example", "other_example"],
    "crowd": ["source", "customer_id", "lines", "share"],
    "grand_totals": ["customer_id", "amount"],
    "placeholder_dates": ["ordered_on", "lines"],
    "lines_without_customer": ["lines", "share", "amount"],
    "mostly_returns": ["bought", "returned"],
    "stray_dates": ["from_on", "until_on", "stray_lines"],
    "discounts_of_both_signs": ["lines", "all_lines", "example"],
    "discount_rates": ["lines", "most", "mean_amount"],
} -%}
{%- set given = given_columns(ref(setting("input") ~ "__order_lines")) -%}
{%- set words_of_nobody = (
    "0,-1,9999,99999,999999,-,x,null,none,nan,na,n/a,unknown,guest,gast,anonymous,test,"
    ~ "walk-in,walkin,walk in,laufkunde,barverkauf,cash,invité,invitado,ospite,"
    ~ "00000000-0000-0000-0000-000000000000"
).split(",") -%}
{#- Also with a year, a colon or another word after it. -#}
{%- set total = "^((grand|sub)[ -]?total|totals?|totale|totaal|gesamt(summe)?|summe|somme|итого)([^a-z].*)?$" -%}
{%- set placeholders = [
    "0001-01-01",
    "1899-12-30",
    "1900-01-01",
    "1970-01-01",
    "2099-12-31",
    "9999-12-31",
] -%}
{%- set source = "customer_metrics" if uses_metrics() else "order_lines" -%}
{%- if "ordered_at" in given and given["ordered_at"] in ("text", "instant") -%}
    {%- do suspicions.update({"one_time_of_day": ["first_time", "last_time"]}) -%}
{%- endif -%}
{%- if setting("as_of") == "default" and not uses_metrics() -%}
    {%- do suspicions.update({"future_dates": ["lines", "until_on", "example"]}) -%}
{%- endif -%}
{%- if "discount_amount" in given and setting("amount_is") == "line" -%}
    {%- do suspicions.update(
        {
            "repeated_discounts": [
                "repeated_orders",
                "orders",
                "share_looked_at",
                "example",
            ]
        }
    ) -%}
{%- endif -%}
{%- if setting("amount_is") == "line" -%}
    {%- do suspicions.update({"identical_lines": ["lines", "amount", "example"]}) -%}
{%- endif -%}
{%- if setting("amount_is") == "line" and setting("identical_lines") == "count_once" -%}
    {%- do suspicions.update(
        {"repeated_totals": ["repeated_orders", "orders", "share_looked_at", "example"]}
    ) -%}
{%- endif -%}
{%- if "order_id" in given -%}
    {%- do suspicions.update(
        {"long_orders": ["long_orders", "orders", "days", "share_looked_at", "example"]}
    ) -%}
    {%- do suspicions.update(
        {"shared_orders": ["shared_orders", "orders", "share_looked_at", "example"]}
    ) -%}
{%- endif -%}
{%- if "order_id" in given and setting("order_header") == "every_line" -%}
    {%- do suspicions.update({"headless_lines": ["lines", "share_looked_at", "example"]}) -%}
{%- endif -%}
{%- set can_have_versions = (
    "status" in given
    or "updated_at" in given
    or (has_files("order_lines") and input_files("order_lines") | length > 1)
) -%}
{%- if setting("order_versions") == "all" and can_have_versions -%}
    {%- do suspicions.update(
        {"order_versions": ["versions", "orders", "share_looked_at", "example"]}
    ) -%}
{%- endif -%}
{#- Whether a line is a return is told by its amount alone. -#}
{%- set returns_are_told = "is_return" in given or "return" in setting("statuses").values() -%}
{%- if not returns_are_told and setting("negative_amounts") == "return" -%}
    {%- do suspicions.update(
        {"vouchers": ["orders", "all_orders", "share_looked_at", "example"]}
    ) -%}
{%- endif -%}
{%- if column_of_versions() -%}
    {%- do suspicions.update({"orders_of_others": ["lines", "customers", "example"]}) -%}
{%- endif -%}
{%- if setting("thousands_sign") == "none" -%}
    {%- do suspicions.update({"thousands": ["lines", "example", "sign", "other_sign"]}) -%}
{%- endif -%}
{%- if uses_metrics() -%}
    {%- do suspicions.update({"row_numbers": ["metric", "least", "most"]}) -%}
{%- endif -%}
{#- By kind: the column, its values that a var names, and the lines whose amounts are summed by value. -#}
{%- set sums = {} -%}
{%- if "status" in given -%}
    {%- set kind = "unmapped_statuses" if setting("statuses") else "statuses" -%}
    {%- do sums.update({kind: ("status", setting("statuses") | map("lower"), "reason is null")}) -%}
{%- endif -%}
{%- if "currency" in given -%}
    {%- set kind = "unrated_currencies" if setting("exchange_rates") else "currencies" -%}
    {#- A line without an amount needs no currency; one without a rate has no amount. -#}
    {%- set lines = (
        "(reason is null and amount is not null)"
        ~ " or reason in ('amount_malformed', 'unit_price_malformed')"
    ) -%}
    {%- do sums.update({kind: ("currency", setting("exchange_rates") | map("upper"), lines)}) -%}
{%- endif -%}
{%- for kind in sums -%} {%- do suspicions.update({kind: ["sums"]}) -%} {%- endfor -%}
{%- if has_customers_input() -%}
    {%- do suspicions.update({"strangers": ["known", "buyers", "example"]}) -%}
{%- endif %}
{%- if setting("input") == "files" %}
-- depends_on: {{ ref("files__columns") }}
{%- endif %}
{%- if uses_metrics() %}
-- depends_on: {{ ref("checked_customer_metrics") }}
{%- endif %}
with
    -- Each CTE reads the lines itself: one that is read twice is copied with all its rows.
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
        select
            coalesce(sum(lines), 0) as lines,
            count(*) as customers,
            sum(amount) as total_amount,
            -- Of many lines a part of the orders tells what they look like.
            least(1, 200000e0 / greatest(1, sum(lines))) as share_looked_at
        from of_customers
    ),

    looked_at as (
        select
            checked_order_lines.order_id,
            checked_order_lines.customer_id,
            checked_order_lines.ordered_at,
            checked_order_lines.product_id,
            checked_order_lines.amount,
            checked_order_lines.quantity,
            checked_order_lines.discount_amount,
            checked_order_lines.is_return,
            checked_order_lines.updated_at,
            checked_order_lines.status,
            checked_order_lines.source_file,
            -- An order without a number has its day as one.
            checked_order_lines.order_id
            <> cast(cast(checked_order_lines.ordered_at as date) as string) as is_numbered,
            totals.share_looked_at
        from {{ ref("checked_order_lines") }} as checked_order_lines
        cross join totals
        where
            (
                checked_order_lines.reason is null
                or checked_order_lines.reason = 'customer_id_missing'
            )
            and abs({{ row_digest(["checked_order_lines.order_id"]) }} % 10000)
            < 10000 * totals.share_looked_at
    ),

    -- Of lines without a customer too.
    orders as (
        select
            order_id,
            customer_id,
            min(share_looked_at) as share_looked_at,
            count(*) filter (where is_numbered) > 0 as is_numbered,
            count(*) as lines,
            count(amount) as lines_with_amount,
            count(*) filter (where is_return) as return_lines,
            -- Beside what was bought at that time.
            sum(amount) > 0
            and min(ordered_at) = max(ordered_at)
            and count(*) filter (where is_return and amount < 0 and coalesce(quantity, 0) >= 0)
            > 0 as has_voucher,
            coalesce(min(product_id) <> max(product_id), true) as are_things_different,
            min(amount) = max(amount) as are_amounts_equal,
            max(amount) as largest_amount,
            count(discount_amount) = count(*)
            and min(discount_amount) = max(discount_amount)
            and max(discount_amount) <> 0 as are_discounts_equal,
            -- As versions of it have.
            coalesce(min(source_file) <> max(source_file), false)
            or coalesce(min(status) <> max(status), false)
            or coalesce(min(updated_at) <> max(updated_at), false) as has_versions,
            cast(min(ordered_at) as date) as ordered_on,
            cast(max(ordered_at) filter (where not is_return) as date) as last_ordered_on
        from looked_at
        group by order_id, customer_id
    ),

    order_totals as (
        select count(*) as orders, min(share_looked_at) as share_looked_at
        from orders
        where customer_id is not null
    ),

    -- The same thing of the same order and time in two files, or in two states.
    things as (
        select order_id
        from looked_at
        where customer_id is not null and not is_return
        group by customer_id, order_id, ordered_at, product_id
        having
            min(source_file) <> max(source_file)
            or (
                count(*) filter (where is_numbered) > 0
                and (min(status) <> max(status) or min(updated_at) <> max(updated_at))
            )
    ),

    order_versions as (
        select
            count(distinct things.order_id) as versions,
            order_totals.orders,
            order_totals.share_looked_at,
            min(things.order_id) as example
        from things
        cross join order_totals
        group by order_totals.orders, order_totals.share_looked_at
        having count(distinct things.order_id) > 0.001 * order_totals.orders
    ),

    vouchers as (
        select
            count(*) as orders,
            order_totals.orders as all_orders,
            order_totals.share_looked_at,
            min(orders.order_id) as example
        from orders
        cross join order_totals
        where orders.has_voucher and orders.customer_id is not null
        group by order_totals.orders, order_totals.share_looked_at
        -- What is bought and given back on one day, without a number, need not be one order.
        having
            count(*) filter (where orders.is_numbered) > 0.01 * order_totals.orders
            or count(*) > 0.1 * order_totals.orders
    ),

    {% if column_of_versions() -%}
        -- Of orders whose number another customer has, in the version that counts.
        counting_customers as (
            select distinct order_id, customer_id
            from {{ ref("checked_order_lines") }}
            where reason is null
        ),

        orders_of_others as (
            select
                count(*) as lines,
                count(distinct superseded.customer_id) as customers,
                min(superseded.order_id) as example
            from {{ ref("checked_order_lines") }} as superseded
            left join
                counting_customers
                on superseded.order_id = counting_customers.order_id
                and superseded.customer_id = counting_customers.customer_id
            where superseded.reason = 'superseded_row' and counting_customers.order_id is null
            having count(*) > 0
        ),
    {%- endif %}

    -- File by file: a sign before exactly three digits in each amount that has one and none below
    -- 1, as
    -- in 15.000, beside 500 or in hundreds alone. Things by weight have three digits too.
    decimals_of_files as (
        select
            count(*) filter (where decimals = 3) as lines,
            cast(max(amount) filter (where decimals = 3) as double) as example
        from {{ ref("checked_order_lines") }}
        where reason is null
        group by source_file
        having
            count(*) filter (where decimals = 3) > 0
            and count(*) filter (where decimals not in (0, 3)) = 0
            and count(*) filter (where decimals = 3 and abs(amount) < 1) = 0
            and count(*) filter (where quantity <> floor(quantity)) = 0
            and count(*) filter (where decimals = 0 and abs(amount) >= 1000)
            <= 0.1 * count(*) filter (where decimals = 0)
            and (
                count(*) filter (where decimals = 0) > 0
                or count(*) filter (where decimals = 3 and 10 * amount <> floor(10 * amount)) = 0
            )
    ),

    thousands as (
        select
            sum(lines) as lines,
            max(example) as example,
            {%- set signs = (
                ["comma", "point"]
                if setting("decimal_sign") == "comma"
                else ["point", "comma"]
            ) %}
            '{{ signs[0] }}' as sign,
            '{{ signs[1] }}' as other_sign
        from decimals_of_files
        having count(*) > 0
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

    identical_lines as (
        select
            count(*) as lines,
            cast(sum(abs(checked_order_lines.amount)) as double) as amount,
            min(checked_order_lines.customer_id) as example
        from {{ ref("checked_order_lines") }} as checked_order_lines
        cross join totals
        where checked_order_lines.reason = 'duplicate_row' and checked_order_lines.is_copy_in_file
        group by totals.total_amount
        having
            sum(abs(checked_order_lines.amount)) >= 0.01 * abs(totals.total_amount)
            and sum(abs(checked_order_lines.amount)) > 0
    ),

    single_lines as (
        select avg(cast(largest_amount as double)) as mean_amount from orders where lines = 1
    ),

    -- Of several lines each has the same amount: in many orders, or in one of three lines or
    -- more. Where
    -- that is the price of each thing, orders of one line have it too.
    repeated_totals as (
        select
            count(*) as orders,
            count(*) filter (where orders.are_amounts_equal) as repeated_orders,
            min(orders.order_id) filter (where orders.are_amounts_equal) as example,
            min(orders.share_looked_at) as share_looked_at
        from orders
        cross join single_lines
        where
            orders.customer_id is not null
            and orders.lines > 1
            and orders.lines_with_amount = orders.lines
            and orders.return_lines = 0
            and orders.are_things_different
            and not orders.has_versions
        having
            count(*) filter (where orders.are_amounts_equal) >= 0.75 * count(*)
            and (count(*) >= 5 or max(orders.lines) >= 3)
            and coalesce(
                avg(
                    case
                        when orders.are_amounts_equal then cast(orders.largest_amount as double)
                    end
                )
                > 1.2 * min(single_lines.mean_amount),
                true
            )
    ),

    repeated_discounts as (
        select
            count(*) as orders,
            count(*) filter (where are_discounts_equal) as repeated_orders,
            min(order_id) filter (where are_discounts_equal) as example,
            min(share_looked_at) as share_looked_at
        from orders
        where
            customer_id is not null
            and lines > 1
            and return_lines = 0
            and not are_amounts_equal
            and not has_versions
        having
            count(*) filter (where are_discounts_equal) >= 0.5 * count(*)
            and count(*) filter (where are_discounts_equal) >= 5
    ),

    days_of_orders as (
        select
            order_id,
            share_looked_at,
            {{ dbt.datediff("ordered_on", "last_ordered_on", "day") }} as days
        from orders
        where customer_id is not null and last_ordered_on > ordered_on
    ),

    -- Over a month, or of two days and more in a third of the orders.
    long_orders as (
        select
            count(*) as long_orders,
            order_totals.orders,
            max(days_of_orders.days) as days,
            order_totals.share_looked_at,
            min(days_of_orders.order_id) as example
        from days_of_orders
        cross join order_totals
        group by order_totals.orders, order_totals.share_looked_at
        having
            count(*) filter (where days_of_orders.days > 31) > 0.01 * order_totals.orders
            or count(*) filter (where days_of_orders.days > 1) > 0.33 * order_totals.orders
    ),

    numbers as (
        select
            order_id,
            count(customer_id) as customers,
            coalesce(sum(case when customer_id is null then lines end), 0) as lines_without_customer
        from orders
        where is_numbered
        group by order_id
    ),

    shared_orders as (
        select
            sum(numbers.customers) as shared_orders,
            order_totals.orders,
            order_totals.share_looked_at,
            min(numbers.order_id) as example
        from numbers
        cross join order_totals
        where numbers.customers > 1
        group by order_totals.orders, order_totals.share_looked_at
        having sum(numbers.customers) > 0.01 * order_totals.orders
    ),

    -- Lines without a customer whose order has one on another line.
    headless_lines as (
        select
            sum(numbers.lines_without_customer) as lines,
            min(numbers.order_id) as example,
            order_totals.share_looked_at
        from numbers
        cross join order_totals
        where numbers.customers > 0 and numbers.lines_without_customer > 0
        group by order_totals.share_looked_at
    ),

    lines_without_customer as (
        select
            count(*) as lines,
            1e0 * count(*) / (count(*) + totals.lines) as share,
            coalesce(cast(sum(checked_order_lines.amount) as double), 0) as amount
        from {{ ref("checked_order_lines") }} as checked_order_lines
        cross join totals
        left join headless_lines on true
        where checked_order_lines.reason = 'customer_id_missing' and headless_lines.example is null
        group by totals.lines
        having count(*) > 0.4 * (count(*) + totals.lines)
    ),

    -- A number as long as a word may be one too: with a plus sign, or a point in it.
    spoilt_ids as (
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

    -- Without zeros before it, .0 after it, signs around it that nobody sees, quotes and case.
    {% set seen = replaced("lower(customer_id)", {"\u00a0": "", "\u200b": "", "=": "", '"': ""}) -%}
    ids_in_two_forms as (
        select source, min(customer_id) as example, max(customer_id) as other_example
        from of_customers
        group by
            source,
            coalesce(
                nullif(
                    trim(
                        leading '0'
                        from
                            case
                                when right({{ seen }}, 2) = '.0'
                                then left({{ seen }}, length({{ seen }}) - 2)
                                else {{ seen }}
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

    crowd as (
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
                lower(of_customers.customer_id) in {{ text_literals(words_of_nobody) }}
                and (
                    of_customers.lines * totals.customers > 3 * totals.lines
                    or of_customers.lines > 0.02 * totals.lines
                )
            )
            -- A large customer of a small shop has as much.
            or (
                of_customers.lines > 0.05 * totals.lines
                and of_customers.lines * totals.customers > 100 * totals.lines
            )
    ),

    grand_totals as (
        select of_customers.customer_id, cast(of_customers.amount as double) as amount
        from of_customers
        cross join totals
        left join crowd on of_customers.customer_id = crowd.customer_id
        where
            of_customers.lines = 1
            and totals.customers >= 10
            and crowd.customer_id is null
            and of_customers.amount > 0
            and abs(2 * of_customers.amount - totals.total_amount) <= 0.001 * totals.total_amount
    ),

    mostly_returns as (
        select
            cast(sum(case when amount > 0 then amount end) as double) as bought,
            cast(- sum(case when amount < 0 then amount end) as double) as returned
        from looked_at
        where customer_id is not null
        having
            sum(case when amount > 0 then amount end)
            < - 1.5 * sum(case when amount < 0 then amount end)
            and count(*) >= 20
    ),

    days as (
        select cast(ordered_at as date) as ordered_on, count(*) as lines
        from {{ ref("checked_order_lines") }}
        where reason is null
        group by cast(ordered_at as date)
    ),

    gaps as (
        select
            ordered_on as until_on,
            lag(ordered_on) over (order by ordered_on) as from_on,
            sum(lines) over (order by ordered_on desc) as lines_after,
            sum(lines) over () as lines
        from days
    ),

    -- Few lines far from all others, at the beginning or at the end; a year away a few more.
    stray_dates as (
        select from_on, until_on, least(lines_after, lines - lines_after) as stray_lines
        from gaps
        where
            lines >= 20
            and (
                (
                    until_on > {{ dbt.dateadd("day", 90, "from_on") }}
                    and least(lines_after, lines - lines_after) <= greatest(1, 0.01 * lines)
                )
                or (
                    until_on > {{ dbt.dateadd("day", 300, "from_on") }}
                    and least(lines_after, lines - lines_after) <= 0.05 * lines
                )
            )
            and cast(from_on as string) not in {{ text_literals(placeholders) }}
            and cast(until_on as string) not in {{ text_literals(placeholders) }}
    ),

    placeholder_dates as (
        select ordered_on, lines
        from days
        where cast(ordered_on as string) in {{ text_literals(placeholders) }}
    ),

    future_dates as (
        select
            count(*) as lines,
            cast(max(ordered_at) as date) as until_on,
            min(customer_id) as example
        from {{ ref("checked_order_lines") }}
        where reason = 'after_as_of'
        having count(*) > 0
    ),

    times_of_day as (
        select {{ dbt.date_trunc("minute", "ordered_at") }} as ordered_at, count(*) as lines
        from looked_at
        group by {{ dbt.date_trunc("minute", "ordered_at") }}
    ),

    -- In summer and in winter. Midnight west of Greenwich is on the same day in UTC.
    one_time_of_day as (
        select
            min(substring(cast(ordered_at as string), 12, 5)) as first_time,
            max(substring(cast(ordered_at as string), 12, 5)) as last_time
        from times_of_day
        having
            min(substring(cast(ordered_at as string), 12, 5)) >= '14:00'
            and count(distinct substring(cast(ordered_at as string), 12, 5)) <= 2
            and sum(lines) >= 20
            and count(*) >= 10
    ),

    -- A share is never above 1; an amount taken off things of ten and more sometimes is.
    discount_rates as (
        select
            count(*) as lines,
            cast(max(abs(discount_amount)) as double) as most,
            cast(avg(cast(amount as double)) as double) as mean_amount
        from {{ ref("checked_order_lines") }}
        where reason is null and discount_amount <> 0 and not is_return
        having
            count(*) >= 10 and max(abs(discount_amount)) <= 1 and avg(cast(amount as double)) >= 10
    ),

    discounts_of_both_signs as (
        select
            count(*) filter (where discount_amount < 0) as lines,
            count(*) as all_lines,
            min(customer_id) filter (where discount_amount < 0) as example
        from {{ ref("checked_order_lines") }}
        where reason is null and discount_amount <> 0 and not is_return
        having min(discount_amount) < 0 and max(discount_amount) > 0
    ),

    -- Customers with orders whom the input of customers does not know: ids of another kind.
    known_ids as (
        select distinct customer_id from {{ ref("checked_customers") }} where reason is null
    ),

    strangers as (
        select
            count(known_ids.customer_id) as known,
            count(*) as buyers,
            min(
                case when known_ids.customer_id is null then of_customers.customer_id end
            ) as example
        from of_customers
        left join known_ids on of_customers.customer_id = known_ids.customer_id
        having
            (select count(*) from known_ids) > 0 and count(known_ids.customer_id) < 0.1 * count(*)
    ),

    {% for kind, (column, named, lines) in sums.items() -%}
        -- The largest ten of the values that the var does not name.
        {{ kind }}_by_value as (
            select
                {{ column }},
                count(*) as lines,
                sum(amount) as amount,
                row_number() over (order by count(*) desc, {{ column }}) as place,
                count(*) over () as different_values
            from {{ ref("checked_order_lines") }}
            where ({{ lines }}) and {{ column }} not in {{ text_literals(named) }}
            group by {{ column }}
        ),

        {{ kind }} as (
            select
                {{
                    joined_texts(
                        "cast(lines as string) || ' ' || "
                        ~ column
                        ~ " || ' (' || coalesce(cast(cast(amount as decimal(18, 2)) as string), '?') || ')'",
                        "', '",
                        "place",
                    )
                }}
                || case
                    when max(different_values) > 10
                    then ' and ' || cast(max(different_values) - 10 as string) || ' more'
                    else ''
                end as sums
            from {{ kind }}_by_value
            where place <= 10
            having count(*) > {{ 1 if kind in ("statuses", "currencies") else 0 }}
        ),
    {%- endfor %}

    input_suspicions as (
        {% for kind, counts in suspicions.items() -%}
            select '{{ kind }}' as kind, {{ as_json(counts) }} as counts
            from {{ kind }} {{ "union all" if not loop.last }}
        {% endfor %}
    )

select *
from input_suspicions
