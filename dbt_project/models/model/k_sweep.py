from segmart import fitting
from segmart.frames import ordered_frame


def model(dbt, session):
    k = dbt.config.get("k")
    max_k = dbt.config.get("max_k")
    seed = dbt.config.get("seed")
    sample = ordered_frame(dbt.ref("fit_sample"), ["customer_id"])
    features = ordered_frame(dbt.ref("clustered_feature_definitions"), ["position"])
    decision = ordered_frame(dbt.ref("refit_decision"))
    return fitting.k_sweep(sample, features, decision, k=str(k), max_k=int(max_k), seed=int(seed))
