{%- set groups = ["target", "holdout"] -%}
{%- set keys = ["audience", "started_on", "days", "measure", "part"] -%}
{%- set sums = ["squares", "squares_before", "products"] -%}
{%- set figures = (
    ["target_mean", "target_before", "holdout_mean", "holdout_before"]
    + sums
    + ["largest_square"]
) -%}
with
    audience_sums as (select * from {{ ref("audience_sums") }}),

    audience_members as (select * from {{ ref("audience_members") }}),

    audience_definitions as (select * from {{ ref("audience_definitions") }}),

    as_of_date as (select * from {{ ref("as_of_date") }}),

    measured as (
        select
            {{ keys | join(", ") }},
            max(segment_name) as segment_name,
            sum(gone_customers) as gone_customers,
            {% for sum in sums -%}
                -- Two numbers: their sum does not depend on which comes first.
                sum({{ sum }}) as {{ sum }},
            {% endfor -%}
            max(largest_square) as largest_square,
            {% for group in groups -%}
                sum(
                    case when member_group = '{{ group }}' then customers else 0 end
                ) as {{ group }}_customers,
                max(case when member_group = '{{ group }}' then mean end) as {{ group }}_mean,
                max(
                    case when member_group = '{{ group }}' then mean_before end
                ) as {{ group }}_before{{ "," if not loop.last }}
            {% endfor %}
        from audience_sums
        group by {{ keys | join(", ") }}
    ),

    member_counts as (
        select
            audience,
            part,
            {% for group in groups -%}
                count(*) filter (
                    where member_group = '{{ group }}' and is_within_contact_limit
                ) as {{ group }}_customers,
            {% endfor -%}
            count(*) filter (where not is_within_contact_limit) as beyond_limit_customers,
            count(spend) > 0 as has_amounts
        from
            (
                select audience, segment_id as part, member_group, is_within_contact_limit, spend
                from audience_members
                union all
                select audience, 0 as part, member_group, is_within_contact_limit, spend
                from audience_members
            ) as members
        group by audience, part
    ),

    windows as (
        {% for measure in audience_measures() -%}
            {%- set is_last = loop.last -%}
            {%- for days in audience_days() -%}
                select
                    audience,
                    started_on,
                    {{ days }} as days,
                    '{{ measure }}' as measure,
                    cast({{ dbt.dateadd("day", days, "started_on") }} as date) as readable_from
                from audience_definitions
                where
                    started_on
                    is not null {{ "and false" if uses_metrics() }} {{ "union all" if not (is_last and loop.last) }}
            {% endfor %}
        {% endfor %}
    ),

    -- Before its days are over a window has the customers alone.
    rows_of_windows as (
        select
            {% for key in keys -%} {{ key }}, {% endfor -%}
            segment_name,
            gone_customers,
            target_customers,
            holdout_customers,
            {{ figures | join(", ") }}
        from measured
        union all
        select
            windows.audience,
            windows.started_on,
            windows.days,
            windows.measure,
            0 as part,
            cast(null as {{ dbt.type_string() }}) as segment_name,
            cast(null as bigint) as gone_customers,
            member_counts.target_customers,
            member_counts.holdout_customers
            {%- for figure in figures %}, cast(null as double) as {{ figure }} {%- endfor %}
        from windows
        inner join
            member_counts on windows.audience = member_counts.audience and member_counts.part = 0
        inner join as_of_date on windows.readable_from > as_of_date.as_of
    ),

    audience_comparisons as (
        select
            rows_of_windows.audience,
            rows_of_windows.started_on,
            nullif(rows_of_windows.part, 0) as segment_id,
            rows_of_windows.segment_name,
            rows_of_windows.days,
            rows_of_windows.measure,
            rows_of_windows.part = 0
            and rows_of_windows.days = audience_definitions.read_after_days
            -- Without amounts orders decide.
            and rows_of_windows.measure
            = case when member_counts.has_amounts then 'spend' else 'orders' end as decides,
            audience_definitions.holdout_share,
            windows.readable_from,
            windows.readable_from <= as_of_date.as_of as is_readable,
            rows_of_windows.target_customers,
            rows_of_windows.holdout_customers,
            rows_of_windows.gone_customers,
            member_counts.beyond_limit_customers
            {%- for figure in figures %}
                ,
                -- Figures are carried on for years, and are not to tell of single customers.
                case
                    when
                        (member_counts.has_amounts or rows_of_windows.measure <> 'spend')
                        and least(
                            rows_of_windows.target_customers, rows_of_windows.holdout_customers
                        )
                        >= {{ fewest_customers_of_a_value() }}
                    then rows_of_windows.{{ figure }}
                end as {{ figure }}
            {%- endfor %}
        from rows_of_windows
        inner join
            windows
            on rows_of_windows.audience = windows.audience
            and rows_of_windows.days = windows.days
            and rows_of_windows.measure = windows.measure
        inner join audience_definitions on rows_of_windows.audience = audience_definitions.audience
        inner join
            member_counts
            on rows_of_windows.audience = member_counts.audience
            and rows_of_windows.part = member_counts.part
        cross join as_of_date
    )

select *
from audience_comparisons
