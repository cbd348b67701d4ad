from segmart import fitting
from segmart.frames import ordered_frame


def model(dbt, session):
    sample = ordered_frame(dbt.ref("fit_sample"), ["customer_id"])
    fitted = ordered_frame(dbt.ref("segment_fit"), ["segment_id", "feature_position"])
    return fitting.fitted_labels(sample, fitted)
