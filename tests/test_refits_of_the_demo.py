"""Sixty refits of the demo, which has no clusters that would hold its segments in place."""

import numpy as np
import pandas as pd
import pytest

from conftest import Build, limits
from segmart import fitting
from segmart.frames import typed


@pytest.mark.slow
def test_refits_on_one_per_cent_more_or_fewer_customers_change_nothing(demo: Build) -> None:
    everyone = demo.frame("from fit_sample order by customer_id")
    features = demo.frame("from clustered_feature_definitions order by position")
    swept = demo.frame("from k_sweep order by k")
    random = np.random.default_rng(4)
    held_back = random.permutation(len(everyone)) < len(everyone) // 50
    first = everyone[~held_back].reset_index(drop=True)
    no_model = typed([], fitting.MODEL_COLUMNS)
    active = fitting.segment_fit(first, features, swept, no_model)
    before = pd.Series(fitting.predicted(first, active).to_numpy(), index=first["customer_id"])
    one_per_cent = len(everyone) // 100
    moved = []
    for number in range(60):
        if number % 2:
            added = everyone[held_back].sample(one_per_cent, random_state=number)
            sample = pd.concat([first, added], ignore_index=True)
        else:
            sample = first.drop(first.sample(one_per_cent, random_state=number).index)
            sample = sample.reset_index(drop=True)
        sample = sample.assign(previous_segment_id=before.reindex(sample["customer_id"]).to_numpy())
        candidate = fitting.segment_fit(sample, features, swept, active)
        lineage = fitting.candidate_lineage(sample, active, candidate, 4)
        assert set(lineage["event"]) == {"continued"}
        assert (lineage["segment_id"] == lineage["from_segment_id"]).all()
        none = pd.DataFrame({"feature": features["feature"], "quantile_shift": 0.0, "drift": 0.0})
        judgement = fitting.candidate_gates(
            sample, active, candidate, lineage, swept, none, limits()
        )
        assert judgement["holds"].all(), judgement["sentence"].tolist()
        moved.append(judgement.set_index("gate").loc["moved_share", "value"])
    assert np.median(moved) < 0.01
