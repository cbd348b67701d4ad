with
    sample_labels as (select * from {{ ref("sample_labels") }}),

    fit_labels as (select model_version, customer_id, segment_id from sample_labels)

select *
from fit_labels
