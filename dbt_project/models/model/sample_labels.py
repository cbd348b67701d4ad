from pathlib import Path

import pandas as pd

from segmart import model as code
from segmart.engine.frames import ordered_frame
from segmart.engine.kept import digest_of, keep
from segmart.model.candidate import fitted_labels


def model(dbt, session):
    folder = Path(dbt.config.get("target_folder"))
    sample = ordered_frame(dbt.ref("segmart", "fit_sample"), ["customer_id"])
    active = ordered_frame(dbt.ref("segmart", "active_model"), ["segment_id", "feature_position"])
    # Without the ids: a customer who is to be forgotten is not in it.
    labels = folder / "sample_labels.parquet"

    def predict():
        fitted_labels(sample, active).drop(columns="customer_id").to_parquet(labels)

    packages = ("numpy", "pandas", "scikit-learn", "scipy")
    tables = {"sample": sample, "active": active}
    made_of = digest_of(tables, [Path(code.__file__).parent], packages)
    keep(labels, folder, made_of, predict)
    return pd.read_parquet(labels).assign(customer_id=sample["customer_id"])
