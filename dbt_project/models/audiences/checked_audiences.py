from segmart.audiences.definitions import checked, kinds, rows_of_file
from segmart.engine.frames import arrow_table, ordered_frame


def model(dbt, session):
    path = dbt.config.get("audiences")
    metrics = dbt.config.get("customer_metrics")
    seed = dbt.ref("segmart", "audiences")
    features = dbt.ref("segmart", "customer_features")
    of_metrics = dbt.ref("segmart", "customer_eligibility")
    if path == "none":
        given, source = ordered_frame(seed), "seed audiences"
    else:
        given, source = rows_of_file(path), f"file {path}"
    columns = kinds(arrow_table((features if metrics == "none" else of_metrics).limit(0)).schema)
    return checked(given, columns, source)
