"""Sixty refits of the demo, which has no clusters that would hold its segments in place."""

import numpy as np
import pandas as pd
import pytest

from conftest import Build, limits
from segmart.engine.frames import typed
from segmart.model import candidate, preparation


@pytest.mark.soak
def test_refits_on_one_per_cent_more_or_fewer_customers_change_nothing(demo: Build) -> None:
    everyone = demo.frame("from fit_sample order by customer_id")
    features = demo.frame(
        "from feature_catalog where is_available and is_clustered order by position"
    )
    (comparison,) = demo.frame("from k_selection where is_chosen").to_dict("records")
    random = np.random.default_rng(4)
    held_back = random.permutation(len(everyone)) < len(everyone) // 50
    first = everyone[~held_back].reset_index(drop=True)
    no_model = typed([], candidate.SEGMENT_COLUMNS)

    def fit(sample: pd.DataFrame, active: pd.DataFrame) -> candidate.Fit:
        raw = preparation.raw_matrix(sample, features)
        segments, inertia = candidate.fit_segments(raw, features, 4, active, seed=20180102)
        version = {"inertia": inertia, "model_version": "any"}
        return candidate.Fit(version, pd.DataFrame([comparison]), segments, limited=[])

    active = fit(first, no_model).segments
    before = pd.Series(candidate.predicted(first, active).to_numpy(), index=first["customer_id"])
    one_per_cent = len(everyone) // 100
    moved = []
    for number in range(60):
        if number % 2:
            added = everyone[held_back].sample(one_per_cent, random_state=number)
            sample = pd.concat([first, added], ignore_index=True)
        else:
            sample = first.drop(first.sample(one_per_cent, random_state=number).index)
            sample = sample.reset_index(drop=True)
        sample = sample.assign(last_segment_id=before.reindex(sample["customer_id"]).to_numpy())
        none = pd.DataFrame({"feature": features["feature"], "quantile_shift": 0.0, "drift": 0.0})
        nothing = pd.DataFrame()
        last = candidate.LastModels(None, 4, nothing, nothing, active, active, none)
        fitted = fit(sample, active)
        lineage = candidate.lineage_of(sample, last, fitted.segments)
        assert set(lineage["event"]) == {"continued"}
        assert (lineage["segment_id"] == lineage["from_segment_id"]).all()
        judgement = candidate.gates_of(sample, last, fitted, lineage, limits())
        assert judgement["holds"].all(), judgement["sentence"].tolist()
        moved.append(judgement.set_index("gate").loc["moved_share", "value"])
    assert np.median(moved) < 0.01
