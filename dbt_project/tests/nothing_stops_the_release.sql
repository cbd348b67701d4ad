-- Finds features that have drifted, and segments that have grown or shrunk, so far since the fit
-- that
-- a mistake in the input is likelier than a change of the customers, such as another unit. The
-- sentences, which the build has said, tell what to do.
select * from {{ ref("build_warnings") }} where level = 'stop'
