-- Finds features that have drifted so far that a mistake in the input is likelier than a change
-- of the
-- customers, such as another unit. There is no release until the input is corrected, or a person
-- accepts a model that was fitted on it (accept_model: candidate).
select *
from {{ ref("feature_drift") }}
where level = 'stop' and {{ (setting("accept_model") != "candidate") | lower }}
