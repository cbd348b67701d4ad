from segmart.audiences.definitions import checked, kinds, kinds_of_metrics, rows_of_file
from segmart.engine.frames import arrow_table, ordered_frame


def model(dbt, session):
    path = dbt.config.get("audiences")
    metrics = dbt.config.get("customer_metrics")
    seed = dbt.ref("segmart", "audiences")
    features = dbt.ref("segmart", "customer_features")
    distributions = dbt.ref("segmart", "feature_distributions")
    if path == "none":
        given, source = ordered_frame(seed), "seed audiences"
    else:
        given, source = rows_of_file(path), f"file {path}"
    if metrics == "none":
        columns = kinds(arrow_table(features.limit(0)).schema)
    else:
        columns = kinds_of_metrics(ordered_frame(distributions, ["feature_position", "bin"]))
    return checked(given, columns, source)
