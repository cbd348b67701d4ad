with
    candidate_labels as (select * from {{ candidate_rows("labels") }} as labels),

    fit_labels as (select model_version, customer_id, segment_id from candidate_labels)

select *
from fit_labels
