{{ config(severity="warn") }}

-- Finds features that have drifted from the fit by more than drift_warn: the segments still hold,
-- and their meaning begins to slide. The build's lines "drift:" have the figures.
select *
from {{ ref("feature_drift") }}
where level in ('warn', 'refit')
