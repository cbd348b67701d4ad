"""How true rules of segments are, by how many there are, and how often their interval holds.

uv run dbt build && uv run python benchmarks/rules_and_model.py
"""

import argparse
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from segmart.model import rules

SEGMENTS = (1, 2, 3)


def population(random: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Two features, and the nearest of three centers: every border is at a slant."""
    values = random.normal(size=(size, 2)) * (30, 0.1) + (100, 0.5)
    centers = np.array([(70, 0.4), (130, 0.5), (90, 0.65)])
    distances = (((values[:, None] - centers) / (30, 0.1)) ** 2).sum(axis=2)
    return values, 1 + distances.argmin(axis=1)


def by_number_of_rules(warehouse: Path) -> pd.DataFrame:
    """The fidelity on the demo, and the share on the customers that the tree was grown on."""
    with duckdb.connect(warehouse, read_only=True) as build:
        active = build.sql("from model.active_model order by segment_id, feature_position").df()
        sample = build.sql(
            "select * from model.fit_sample inner join model.fit_labels using (customer_id) "
            "order by draw"
        ).df()
    fills = dict(zip(active["feature"], active["fill_value"], strict=True))
    values = sample[list(fills)].fillna(fills).to_numpy(dtype="float64")
    labels = sample["segment_id"].to_numpy()
    rows = []
    for rules.SMALLEST_SHARE in (0.01, 0.02, 0.05):
        for rules.RULES_A_SEGMENT in (1, 2, 3, 6):
            grown = rules.grow(values, labels)
            worth = rules.cross_validated(values, labels, np.unique(labels)).iloc[0]
            rows.append(
                {
                    "smallest_share": rules.SMALLEST_SHARE,
                    "leaves": rules.RULES_A_SEGMENT * len(np.unique(labels)),
                    "rules": len(grown),
                    **worth[["fidelity", "fidelity_low", "fidelity_high"]].round(3),
                    "on_the_same": round((rules.labels_by(grown, values) == labels).mean(), 3),
                }
            )
    return pd.DataFrame(rows)


def held_intervals(samples: int) -> tuple[float, float]:
    """How often the intervals of all customers, and of segments, hold for later customers."""
    later, later_labels = population(np.random.default_rng(99), 20_000)
    of_all, of_segments = [], []
    for seed in range(samples):
        values, labels = population(np.random.default_rng(1000 + seed), 800)
        worth = rules.cross_validated(values, labels, SEGMENTS)
        given = rules.labels_by(rules.grow(values, labels), later)
        is_right = given == later_labels
        low, high = worth[["fidelity_low", "fidelity_high"]].iloc[0]
        of_all.append(low <= is_right.mean() <= high)
        for row in worth.itertuples():
            share = is_right[given == row.segment_id].mean()
            of_segments.append(row.segment_fidelity_low <= share <= row.segment_fidelity_high)
    return float(np.mean(of_all)), float(np.mean(of_segments))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warehouse", type=Path, default=Path("warehouse/segmart.duckdb"))
    parser.add_argument("--samples", type=int, default=150)
    asked = parser.parse_args()
    of_all, of_segments = held_intervals(asked.samples)
    print(f"intervals that hold: {of_all:.2f} of all customers, {of_segments:.2f} of a segment")
    print(by_number_of_rules(asked.warehouse).to_string(index=False))
