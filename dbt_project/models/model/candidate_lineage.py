from segmart import fitting
from segmart.frames import ordered_frame


def model(dbt, session):
    sample = ordered_frame(dbt.ref("fit_sample"), ["customer_id"])
    base = ordered_frame(dbt.ref("base_model"), ["segment_id", "feature_position"])
    candidate = ordered_frame(dbt.ref("segment_fit"), ["segment_id", "feature_position"])
    decision = ordered_frame(dbt.ref("refit_decision"))
    last_id = int(decision["last_segment_id"].iloc[0])
    return fitting.candidate_lineage(sample, base, candidate, last_id)
