from segmart.engine.frames import ordered_frame
from segmart.engine.words import say
from segmart.model.names_by_hand import unmet
from segmart.sentences import audiences, names_by_hand, uneven_splits, warnings


def model(dbt, session):
    accept_model = dbt.config.get("accept_model")
    drift_warn = dbt.config.get("drift_warn")
    share_shift_warn = dbt.config.get("share_shift_warn")
    share_shift_stop = dbt.config.get("share_shift_stop")
    min_customers_a_feature = dbt.config.get("min_customers_a_feature")
    refit_wait_days = dbt.config.get("refit_wait_days")
    as_of = ordered_frame(dbt.ref("segmart", "as_of_date"))["as_of"].iloc[0]
    active_model = ordered_frame(
        dbt.ref("segmart", "active_model"), ["segment_id", "feature_position"]
    )
    left_over = unmet(
        ordered_frame(dbt.ref("segmart", "segment_name_overrides")),
        active_model,
        ordered_frame(dbt.ref("segmart", "segment_lineage")),
    )
    segments = ordered_frame(dbt.ref("segmart", "segments"), ["segment_id"])
    last = ordered_frame(dbt.ref("segmart", "last_release")).iloc[0]
    definitions = ordered_frame(dbt.ref("segmart", "audience_definitions"), ["audience"])
    of_audiences = audiences(
        ordered_frame(dbt.ref("segmart", "checked_audiences"), ["audience"]),
        definitions,
        segments,
        as_of=as_of,
        has_same_customer_ids=bool(last["has_same_customer_ids"]),
    )
    # What an earlier build has measured is not in it: a split is told until then.
    of_audiences += uneven_splits(
        ordered_frame(
            dbt.ref("segmart", "compared_audiences"), ["audience", "days", "measure", "segment_id"]
        ),
        definitions,
    )
    found = warnings(
        ordered_frame(dbt.ref("segmart", "feature_drift"), ["feature_position"]),
        segments,
        active_model,
        ordered_frame(dbt.ref("segmart", "model_versions"), ["model_version"]),
        as_of=as_of,
        is_accepted=accept_model == "candidate",
        drift_warn=float(drift_warn),
        share_shift_warn=float(share_shift_warn),
        share_shift_stop=float(share_shift_stop),
        min_customers_a_feature=int(min_customers_a_feature),
        refit_wait_days=int(refit_wait_days),
        names=names_by_hand(
            left_over, ordered_frame(dbt.ref("segmart", "named_segments"), ["segment_id"])
        ),
        of_audiences=of_audiences,
    )
    for sentence in found["sentence"]:
        say(sentence)
    return found
