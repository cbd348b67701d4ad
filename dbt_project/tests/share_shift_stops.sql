-- Finds segments that have grown or shrunk so far since the fit that a mistake in the input is
-- likelier than a change of the customers. The build's lines "share:" say what to do. A model of
-- this build has the shares of its fit: accept_model: candidate needs no exception.
select * from {{ ref("segments") }} where abs(share_shift) > {{ setting("share_shift_stop") }}
