from segmart import fitting
from segmart.frames import ordered_frame


def model(dbt, session):
    sample = ordered_frame(dbt.ref("fit_sample"), ["customer_id"])
    features = ordered_frame(dbt.ref("clustered_feature_definitions"), ["position"])
    sweep = ordered_frame(dbt.ref("k_sweep"), ["k"])
    base = ordered_frame(dbt.ref("base_model"), ["segment_id", "feature_position"])
    return fitting.segment_fit(sample, features, sweep, base)
