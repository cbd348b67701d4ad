"""The gates of a candidate, one by one: which value holds, and what the sentence says."""

import pandas as pd
import pytest

from conftest import limits
from segmart.model import gates, lineage

CONTINUED = pd.DataFrame(
    [
        {"provisional_id": 1, "segment_id": 2, "event": "continued", "from_segment_id": 2},
        {"provisional_id": 2, "segment_id": 1, "event": "continued", "from_segment_id": 1},
    ]
)
GOOD = {"moved": 0.1, "inertia_ratio": 1.0, "stability": 0.5, "smallest_share": 0.01}


def model(places: dict[int, tuple[float, float]]) -> pd.DataFrame:
    """Centroids of two features, in units of a scaler that changes nothing."""
    rows = [
        {"segment_id": segment, "feature": feature, "feature_position": at, "center_raw": place}
        for segment, center in places.items()
        for at, (feature, place) in enumerate(zip(("orders", "spend"), center, strict=True), 1)
    ]
    return pd.DataFrame(rows).assign(transform="none", mean=0.0, scale=1.0)


def judged(
    candidate: dict[int, tuple[float, float]], shifts: tuple[float, float] = (0.0, 0.0), **changes
) -> pd.Series:
    """The sentences of the gates that do not hold, for active centroids at 0, 0 and 9, 9."""
    active = model({1: (0.0, 0.0), 2: (9.0, 9.0)})
    drift = pd.DataFrame(
        {"feature": ["orders", "spend"], "quantile_shift": shifts, "drift": map(abs, shifts)}
    )
    jumps = lineage.jumps(active, model(candidate), CONTINUED)
    found = gates.judge(CONTINUED, jumps, drift, **(GOOD | changes), limits=limits())
    assert found["position"].tolist() == list(range(1, len(found) + 1))
    return found[~found["holds"]].set_index("gate")["sentence"]


STAYED = {1: (9.0, 9.0), 2: (0.0, 0.0)}


def test_at_its_limit_a_gate_holds() -> None:
    assert judged(STAYED).empty
    assert judged({1: (9.5, 9.0), 2: (0.0, -0.5)}).empty


@pytest.mark.parametrize(
    ("gate", "changes", "words"),
    [
        ("moved_share", {"moved": 0.11}, "11.0% of the customers would change segment"),
        ("inertia", {"inertia_ratio": 1.001}, "the inertia is 1.0010 of that"),
        ("stability", {"stability": 0.49}, "adjusted Rand index of 0.49"),
        ("smallest_segment", {"smallest_share": 0.009}, "has 0.9% of the customers"),
    ],
)
def test_beyond_its_limit_one_gate_refuses(gate: str, changes: dict, words: str) -> None:
    failed = judged(STAYED, **changes)
    assert failed.index.tolist() == [gate]
    assert words in failed[gate]


def test_each_part_of_a_split_is_named_also_one_that_merges() -> None:
    rows = [(4, "merged", 1), (4, "merged", 2), (5, "split", 1)]
    events = pd.DataFrame(rows, columns=["segment_id", "event", "from_segment_id"])
    drift = pd.DataFrame({"feature": [], "quantile_shift": [], "drift": []})
    found = gates.judge(events, drift, drift, **GOOD, limits=limits()).set_index("gate")
    assert found.loc["identity", "sentence"] == (
        "segment 1 is split into 4 and 5; segments 1 and 2 are merged into 4"
    )


def test_other_features_have_no_inertia_to_compare() -> None:
    assert judged(STAYED, inertia_ratio=None).empty


def test_a_jump_that_all_customers_made_is_explained() -> None:
    assert judged({1: (9.0, 9.9), 2: (0.0, 0.9)}, shifts=(0.0, 0.9)).empty


def test_a_jump_hides_behind_no_larger_one_that_is_explained() -> None:
    failed = judged({1: (9.0, 9.9), 2: (0.6, 0.9)}, shifts=(0.0, 0.9))
    assert failed.index.tolist() == ["centroid_jump"]
    assert "up to 0.60 standard deviations more than all customers do, in orders" in failed.iloc[0]


def test_a_unit_is_asked_for_where_all_have_drifted() -> None:
    failed = judged({1: (9.0, 10.0), 2: (0.0, 1.0)}, shifts=(0.0, 1.0))
    assert failed.index.tolist() == ["drift"]
    assert "spend has drifted by 1.00 (less than: 1.00); is its unit the same?" in failed["drift"]
