-- Finds customers whose segment in SQL is not the one that scikit-learn's predict gives them.
-- A row means that the model's rows do not say what the fitted model does: no label can be trusted.
select fit_labels.customer_id, fit_labels.segment_id, customer_segments.segment_id as sql_segment_id
from {{ ref("fit_labels") }} as fit_labels
left join
    {{ ref("customer_segments") }} as customer_segments
    on fit_labels.customer_id = customer_segments.customer_id
where customer_segments.segment_id is null or fit_labels.segment_id <> customer_segments.segment_id
