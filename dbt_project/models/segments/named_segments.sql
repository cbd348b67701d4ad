with
    active_model as (select * from {{ ref("active_model") }}),

    segment_names as (select * from {{ ref("segment_names") }}),

    segment_name_rules as (select * from {{ ref("segment_name_rules") }}),

    segment_ids as (select distinct segment_id from active_model),

    rules_met as (
        select
            segment_ids.segment_id,
            segment_name_rules.segment_name,
            count(*) as rules,
            count(*) filter (
                where
                    active_model.center_scaled is not null
                    and active_model.center_scaled
                    >= coalesce(segment_name_rules.minimum_z, active_model.center_scaled)
                    and active_model.center_scaled
                    <= coalesce(segment_name_rules.maximum_z, active_model.center_scaled)
            ) as rules_met
        from segment_ids
        cross join segment_name_rules
        left join
            active_model
            on segment_ids.segment_id = active_model.segment_id
            and segment_name_rules.feature = active_model.feature
        group by segment_ids.segment_id, segment_name_rules.segment_name
    ),

    names_by_priority as (
        select
            rules_met.segment_id,
            segment_names.segment_name,
            segment_names.description,
            segment_names.action,
            row_number() over (
                partition by rules_met.segment_id order by segment_names.priority
            ) as choice
        from rules_met
        inner join segment_names on rules_met.segment_name = segment_names.segment_name
        where rules_met.rules_met = rules_met.rules
    ),

    first_names as (
        select
            segment_ids.segment_id,
            coalesce(names_by_priority.segment_name, 'unnamed') as segment_name,
            coalesce(
                names_by_priority.description, 'No rule of the seed segment_name_rules is met'
            ) as description,
            coalesce(names_by_priority.action, 'Look at the profile, then add a rule') as action
        from segment_ids
        left join
            names_by_priority
            on segment_ids.segment_id = names_by_priority.segment_id
            and names_by_priority.choice = 1
    ),

    -- Two segments of one name are told apart by a number, the more valuable one first.
    numbered as (
        select *, row_number() over (partition by segment_name order by segment_id) as name_number
        from first_names
    ),

    named_segments as (
        select
            segment_id,
            case
                when name_number = 1
                then segment_name
                else segment_name || ' ' || cast(name_number as {{ dbt.type_string() }})
            end as segment_name,
            description,
            action
        from numbered
    )

select *
from named_segments
