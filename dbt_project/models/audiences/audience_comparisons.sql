{%- set keys = ["audience", "days", "measure", "part"] -%}
{%- set groups = ["target", "holdout"] -%}
{%- set sums = ["squares", "squares_before", "products"] -%}
{%- set figures = (
    ["target_mean", "target_before", "holdout_mean", "holdout_before"]
    + sums
    + ["largest_square"]
) -%}
with
    audience_definitions as (select * from {{ ref("audience_definitions") }}),

    audience_members as (select * from {{ ref("audience_members") }}),

    published_ids as (select * from {{ ref("published_ids") }}),

    orders as (select * from {{ ref("orders") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    -- A second build of a day measures anew what that day did.
    measured_windows as (
        select distinct released.audience, released.started_on, released.days
        from {{ released_rows("audience_outcomes") }} as released
        inner join as_of_date on released.measured_on < as_of_date.as_of
    ),

    -- Metrics have no dates: nothing came before or after.
    all_windows as (
        {% for days in audience_days() -%}
            select
                *,
                {{ days }} as days,
                cast({{ dbt.dateadd("day", days, "started_on") }} as date) as readable_from
            from audience_definitions
            where
                started_on
                is not null {{ "and false" if uses_metrics() }} {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    windows as (
        select all_windows.*, all_windows.readable_from <= as_of_date.as_of as is_readable
        from all_windows
        cross join as_of_date
        left join
            measured_windows
            on all_windows.audience = measured_windows.audience
            and all_windows.started_on = measured_windows.started_on
            and all_windows.days = measured_windows.days
        where measured_windows.days is null
    ),

    -- Who has no segment any more stays a member, without orders: to leave out those who no longer
    -- buy would leave out more of one group than of the other.
    behaviour as (
        select
            members.audience,
            windows.days,
            members.customer_id,
            members.member_group,
            members.segment_id,
            published_ids.customer_id is null as is_gone
            {%- for measure, formula in audience_measures().items() -%}
                {%- for end, sign in {"": ">=", "_before": "<"}.items() -%}
                    {%- set is_counted = "orders.ordered_on " ~ sign ~ " windows.started_on" %},
                    cast(coalesce({{ formula % is_counted }}, 0) as double) as {{ measure ~ end }}
                {%- endfor -%}
            {%- endfor %}
        from windows
        inner join audience_members as members on windows.audience = members.audience
        left join published_ids on members.customer_id = published_ids.published_id
        left join
            orders
            on published_ids.customer_id = orders.customer_id
            -- On the demo no shorter time before tells more of the time after.
            and {{ dbt.dateadd("day", -(audience_days() | max), "windows.started_on") }}
            <= orders.ordered_on
            and windows.readable_from > orders.ordered_on
        -- Of both groups: nobody of the others is contacted, so they show nothing.
        where windows.is_readable and members.is_within_contact_limit
        group by
            members.audience,
            windows.days,
            members.customer_id,
            members.member_group,
            members.segment_id,
            published_ids.customer_id
    ),

    -- Part 0 is all members, any other the segment of that number on the first day.
    measured_values as (
        {% for measure in audience_measures() -%}
            {%- set is_last = loop.last -%}
            {%- for part in [0, "segment_id"] -%}
                select
                    *,
                    '{{ measure }}' as measure,
                    {{ part }} as part,
                    {{ measure }} as value,
                    {{ measure }}_before as value_before
                from behaviour {{ "union all" if not (is_last and loop.last) }}
            {% endfor %}
        {% endfor %}
    ),

    sums_of_groups as ({{ sums_of_deviations("measured_values", keys + ["member_group"]) }}),

    measured as (
        select
            {{ keys | join(", ") }},
            sum(gone_customers) as gone_customers,
            {% for sum in sums -%}
                -- Two numbers: their sum does not depend on which comes first.
                sum({{ sum }}) as {{ sum }},
            {% endfor -%}
            {% for group in groups -%}
                max(case when member_group = '{{ group }}' then mean end) as {{ group }}_mean,
                max(
                    case when member_group = '{{ group }}' then mean_before end
                ) as {{ group }}_before,
            {% endfor -%}
            max(largest_square) as largest_square
        from sums_of_groups
        group by {{ keys | join(", ") }}
    ),

    member_counts as (
        select
            audience,
            coalesce(segment_id, 0) as part,
            segment_name,
            {% for group in groups -%}
                count(*) filter (
                    where member_group = '{{ group }}' and is_within_contact_limit
                ) as {{ group }}_customers,
            {% endfor -%}
            count(*) filter (where not is_within_contact_limit) as beyond_limit_customers,
            count(spend) > 0 as has_amounts
        from audience_members
        group by grouping sets ((audience), (audience, segment_id, segment_name))
    ),

    -- Before its days are over a window has the customers alone, of all members.
    audience_comparisons as (
        select
            windows.audience,
            windows.started_on,
            nullif(member_counts.part, 0) as segment_id,
            member_counts.segment_name,
            windows.days,
            measures.measure,
            member_counts.part = 0
            and windows.days = windows.read_after_days
            -- Without amounts orders decide.
            and measures.measure
            = case when member_counts.has_amounts then 'spend' else 'orders' end as decides,
            windows.holdout_share,
            windows.readable_from,
            windows.is_readable,
            member_counts.target_customers,
            member_counts.holdout_customers,
            measured.gone_customers,
            member_counts.beyond_limit_customers
            {%- for figure in figures %}
                ,
                -- Figures are carried on for years, and are not to tell of single customers.
                case
                    when
                        (member_counts.has_amounts or measures.measure <> 'spend')
                        and least(member_counts.target_customers, member_counts.holdout_customers)
                        >= {{ fewest_customers_of_a_value() }}
                    then measured.{{ figure }}
                end as {{ figure }}
            {%- endfor %}
        from windows
        inner join member_counts on windows.audience = member_counts.audience
        cross join (values ('{{ audience_measures() | join("'), ('") }}')) as measures(measure)
        left join
            measured
            on windows.audience = measured.audience
            and windows.days = measured.days
            and measures.measure = measured.measure
            and member_counts.part = measured.part
        where measured.audience is not null or (member_counts.part = 0 and not windows.is_readable)
    )

select *
from audience_comparisons
