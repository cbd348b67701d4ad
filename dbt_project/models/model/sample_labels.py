from segmart import fitting
from segmart.frames import ordered_frame


def model(dbt, session):
    sample = ordered_frame(dbt.ref("fit_sample"), ["customer_id"])
    active = ordered_frame(dbt.ref("active_model"), ["segment_id", "feature_position"])
    return fitting.fitted_labels(sample, active)
