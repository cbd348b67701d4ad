-- Finds features that have drifted so far that a mistake in the input is likelier than a change of
-- the customers, such as another unit. The build's lines "drift:" say what to do.
select *
from {{ ref("feature_drift") }}
where level = 'stop' and {{ (setting("accept_model") != "candidate") | lower }}
