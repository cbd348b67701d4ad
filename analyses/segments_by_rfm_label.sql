-- Which RFM labels do the customers of each segment have, and which share of it has each?
select
    segment_id,
    segment_name,
    rfm_label,
    count(*) as customers,
    round(1e0 * count(*) / sum(count(*)) over (partition by segment_id), 3) as share_of_segment
from rfm_scores
group by segment_id, segment_name, rfm_label
order by segment_id asc, count(*) desc, rfm_label asc
