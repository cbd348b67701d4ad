with
    rules as (select * from {{ candidate_rows("rules", ref("segments_in_sql")) }} as rules_in_sql),

    segment_rules as (
        select
            segment_id,
            segment_name,
            rule,
            condition,
            sql_condition,
            customers,
            rule_precision,
            rule_coverage,
            sample_customers,
            sample_fidelity,
            segment_sample_fidelity,
            segment_fidelity,
            segment_fidelity_low,
            segment_fidelity_high,
            segment_coverage,
            fidelity,
            fidelity_low,
            fidelity_high,
            sql_case,
            model_version,
            as_of
        from rules
    )

select *
from segment_rules
