{{ config(severity="warn") }}

-- Finds what makes the input look like something else than what it is read as. The sentences have
-- the figures and the var that helps; the build has said them.
select *
from {{ ref("input_check") }}
where is_warning
