{{ config(severity="warn") }}

-- Finds what makes the input look like something else than what it is read as. The sentences,
-- which the
-- build has said, have the figures and the var that helps.
select *
from {{ ref("input_check") }}
where is_warning
