{{ config(severity="warn") }}

-- Finds what has moved away from the fit by more than drift_warn or share_shift_warn, and
-- segments of
-- too few customers for the features that they are made of: none of these is to be trusted. The
-- sentences, which the build has said, have the figures. It runs after the release, which stands
-- whatever becomes of the warning.
-- depends_on: {{ ref("releases") }}
select *
from {{ ref("build_warnings") }}
where level = 'warn'
