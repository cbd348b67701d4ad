-- Finds a refitted model that the gates have refused and that a person has not decided on. The
-- sentence, which the build has said, has the gates and the command. It runs after the release,
-- which stands whatever becomes of the warning.
-- depends_on: {{ ref("releases") }}
select * from {{ ref("build_warnings") }} where level = 'decide'
