{%- set facts = ["as_of", "segment_id", "segment_name", "model_version", "recent_days"] -%}
{%- set counts = ["customers", "arrivals", "departures", "moves_in", "moves_out"] -%}
{%- set figures = ["recent_revenue", "revenue", "orders", "feature_medians"] -%}
{%- set features = active_features() -%}
with
    as_of_date as (select * from {{ ref("as_of_date") }}),

    segments as (select * from {{ ref("segments") }}),

    segment_profiles as (select * from {{ ref("segment_profiles") }}),

    segment_moves as (select * from {{ ref("segment_moves") }}),

    -- A second build of a day tells that day anew.
    released_history as (
        select released.*
        from {{ released_rows("segment_history") }} as released
        inner join as_of_date on released.as_of < as_of_date.as_of
    ),

    medians as (
        select
            segment_id
            {%- for feature in features %}
                ,
                round(max(case when feature = '{{ feature }}' then median end), 9) as {{ feature }}
            {%- endfor %}
        from segment_profiles
        group by segment_id
    ),

    -- Other features may be clustered tomorrow: columns would come and go, and so would their past.
    median_texts as (select segment_id, {{ as_json(features) }} as feature_medians from medians),

    -- A segment that ends today has a last row, with those who leave it.
    segments_today as (
        select segment_id
        from segments
        union
        select segment_moves.from_segment_id as segment_id
        from segment_moves
        inner join as_of_date on segment_moves.as_of = as_of_date.as_of
        where segment_moves.from_segment_id is not null
    ),

    last_names as (
        select segment_id, max_by(segment_name, as_of) as segment_name
        from released_history
        group by segment_id
    ),

    active_version as (select max(model_version) as model_version from segments),

    all_rows as (
        select {{ facts | join(", ") }}, {{ counts | join(", ") }}, {{ figures | join(", ") }}
        from released_history
        union all
        select
            as_of_date.as_of,
            segments_today.segment_id,
            coalesce(segments.segment_name, last_names.segment_name) as segment_name,
            active_version.model_version,
            {{ setting("recent_days") }} as recent_days,
            {% for count in counts -%} null as {{ count }}, {% endfor -%}
            segments.recent_revenue,
            segments.revenue,
            segments.orders,
            median_texts.feature_medians
        from segments_today
        left join segments on segments_today.segment_id = segments.segment_id
        left join last_names on segments_today.segment_id = last_names.segment_id
        left join median_texts on segments_today.segment_id = median_texts.segment_id
        cross join as_of_date
        cross join active_version
    ),

    changes as (
        select
            segment_id, as_of, 0 as change, cast(null as integer) as other_segment_id, '' as cause
        from all_rows
        union all
        select
            to_segment_id as segment_id,
            as_of,
            1 as change,
            from_segment_id as other_segment_id,
            cause
        from segment_moves
        where to_segment_id is not null
        union all
        select
            from_segment_id as segment_id,
            as_of,
            -1 as change,
            to_segment_id as other_segment_id,
            cause
        from segment_moves
        where from_segment_id is not null
    ),

    counted_changes as (
        select
            segment_id,
            as_of,
            sum(change) as growth,
            count(*) filter (where change = 1 and cause = 'arrival') as arrivals,
            count(*) filter (where change = -1 and other_segment_id is null) as departures,
            count(*) filter (where change = 1 and other_segment_id is not null) as moves_in,
            count(*) filter (where change = -1 and other_segment_id is not null) as moves_out
        from changes
        group by segment_id, as_of
    ),

    -- From the moves, which forgotten customers have left: they are counted on no date any more.
    counted as (
        select *, sum(growth) over (partition by segment_id order by as_of) as customers
        from counted_changes
    ),

    first_build as (select min(as_of) as first_on from segment_moves),

    -- The moves begin anew where the ids of the customers do, and tell nothing of before.
    recounted as (
        select
            {% for count in counts -%}
                case
                    when all_rows.as_of < first_build.first_on
                    then all_rows.{{ count }}
                    else counted.{{ count }}
                end as {{ count }},
            {% endfor -%}
            {% for column in facts + figures -%}
                all_rows.{{ column }}{{ "," if not loop.last }}
            {% endfor %}
        from all_rows
        inner join
            counted on all_rows.segment_id = counted.segment_id and all_rows.as_of = counted.as_of
        cross join first_build
    ),

    -- What is carried on for years is not to tell of single customers.
    segment_history as (
        select
            {{ facts | join(", ") }},
            {% for count in counts -%} cast({{ count }} as bigint) as {{ count }}, {% endfor -%}
            {% for figure in figures -%}
                case
                    when customers >= {{ fewest_customers_of_a_value() }} then {{ figure }}
                end as {{ figure }}{{ "," if not loop.last }}
            {% endfor %}
        from recounted
    )

select *
from segment_history
