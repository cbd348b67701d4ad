{{ config(severity="warn") }}

-- Finds segments whose share of the customers is no longer that of the fit. The build's lines
-- "share:" have the figures.
select *
from {{ ref("segments") }}
where
    abs(share_shift) > {{ setting("share_shift_warn") }}
    and abs(share_shift) <= {{ setting("share_shift_stop") }}
