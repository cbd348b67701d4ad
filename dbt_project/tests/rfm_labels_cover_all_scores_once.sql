-- Finds scores that the seed rfm_labels gives no label, or more than one. The mean of the scores of
-- frequency and spend is a whole or a half.
with
    rfm_labels as (select * from {{ ref("rfm_labels") }}),

    recency_scores as (
        {% for score in range(1, 6) -%}
            select {{ score }} as recency_score {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    frequency_monetary_scores as (
        {% for total in range(2, 11) -%}
            select {{ total }} / 2e0 as frequency_monetary {{ "union all" if not loop.last }}
        {% endfor %}
    )

select
    recency_scores.recency_score,
    frequency_monetary_scores.frequency_monetary,
    count(rfm_labels.rfm_label) as labels
from recency_scores
cross join frequency_monetary_scores
left join
    rfm_labels
    on recency_scores.recency_score
    between rfm_labels.minimum_recency_score and rfm_labels.maximum_recency_score
    and frequency_monetary_scores.frequency_monetary
    between rfm_labels.minimum_frequency_monetary and rfm_labels.maximum_frequency_monetary
group by recency_scores.recency_score, frequency_monetary_scores.frequency_monetary
having count(rfm_labels.rfm_label) <> 1
