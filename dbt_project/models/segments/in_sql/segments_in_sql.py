from pathlib import Path

import pandas as pd
import pyarrow as pa

from segmart import model as code
from segmart.engine.frames import as_lists, ordered_frame
from segmart.engine.kept import digest_of, keep
from segmart.model import rules, scoring


def model(dbt, session):
    folder = Path(dbt.config.get("target_folder"))
    sample = dbt.ref("segmart", "fit_sample").filter(f"draw <= {rules.MOST_CUSTOMERS}")
    labels = ordered_frame(dbt.ref("segmart", "fit_labels"), ["customer_id"])
    active = ordered_frame(dbt.ref("segmart", "active_model"), ["segment_id", "feature_position"])
    distributions = dbt.ref("segmart", "feature_distributions").filter("bin = 1")
    catalog = ordered_frame(
        distributions.select("feature", "label", "unit", "missing_policy"), ["feature"]
    )
    as_of = ordered_frame(dbt.ref("segmart", "as_of_date"))["as_of"].iloc[0]
    named = ordered_frame(dbt.ref("segmart", "named_segments"), ["segment_id"])
    # Without the ids: a customer who is to be forgotten is not in it.
    customers = ordered_frame(sample, ["draw"]).merge(labels, on="customer_id", how="inner")
    customers = customers[["segment_id", *active["feature"].unique()]]
    kept = folder / "segment_rules.parquet"

    def grow():
        rules.rules(customers, active, catalog).to_parquet(kept)

    packages = ("numpy", "pandas", "scikit-learn", "scipy")
    tables = {"customers": customers, "active": active, "catalog": catalog}
    keep(kept, folder, digest_of(tables, [Path(code.__file__).parent], packages), grow)
    names = dict(zip(named["segment_id"], named["segment_name"], strict=True))
    excluded = rules.excluding(active, catalog)
    return pa.table(
        as_lists(
            {
                "statements": scoring.statements(active, names, excluded),
                "rules": rules.published(
                    pd.read_parquet(kept), names, active, excluded, pd.Timestamp(as_of).date()
                ),
            }
        )
    )
