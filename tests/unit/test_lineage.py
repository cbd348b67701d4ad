"""Segments that stay themselves through refits, and planted changes that are named."""

import numpy as np
import pandas as pd
import pytest

from conftest import limits
from segmart.engine.frames import typed
from segmart.model import candidate, decision, lineage, preparation

FEATURES = pd.DataFrame(
    {
        "position": [1, 2],
        "feature": ["orders", "spend"],
        "transform": ["log1p", "log1p"],
        "higher_is_better": [True, True],
    }
)
PLACES = {"a": (1.5, 7.0), "b": (3.5, 4.0), "c": (3.5, 8.0), "d": (1.5, 4.0)}


def draw(random: np.random.Generator, places: dict[str, tuple], size: int = 100) -> pd.DataFrame:
    """Customers around places in log units; ids say the group, so that a refit finds them again."""
    frames = [
        pd.DataFrame(
            np.expm1(random.normal(place, 0.25, (size, 2))), columns=FEATURES["feature"]
        ).assign(customer_id=[f"{group}{number}" for number in range(size)])
        for group, place in places.items()
    ]
    return pd.concat(frames, ignore_index=True).assign(as_of=pd.Timestamp("2024-01-21"))


NO_MODEL = typed([], candidate.SEGMENT_COLUMNS)
NO_DRIFT = pd.DataFrame({"feature": [], "drift": [], "quantile_shift": []})
REFIT = decision.Decision(True, "refit is true", "", "k = auto")


def last_models_of(active: pd.DataFrame, drift: pd.DataFrame = NO_DRIFT) -> candidate.LastModels:
    none = pd.DataFrame()
    return candidate.LastModels(None, 4, none, none, active, active, drift)


def fit(
    sample: pd.DataFrame,
    active: pd.DataFrame = NO_MODEL,
    features: pd.DataFrame = FEATURES,
    k: str = "auto",
) -> candidate.Fit:
    raw = preparation.raw_matrix(sample, features)
    settings = candidate.Settings(k, 7, 1)
    as_of = sample["as_of"].iloc[0]
    return candidate.fit(raw, features, as_of, last_models_of(active), REFIT, settings)


def labels(sample: pd.DataFrame, model: pd.DataFrame) -> pd.Series:
    found = candidate.fitted_labels(sample, model)
    return pd.Series(found["segment_id"].to_numpy(), index=found["customer_id"], dtype="Int64")


def planted(name: str, random: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    first = draw(random, PLACES)
    again = draw(random, PLACES)
    group = again["customer_id"].str[0]
    number = again["customer_id"].str[1:].astype(int)
    if name == "born":
        again = pd.concat([again, draw(random, {"e": (6.0, 6.0)})], ignore_index=True)
    elif name == "ended":
        again = again[group != "d"].reset_index(drop=True)
    elif name == "merged":
        again.loc[group == "a", ["orders", "spend"]] = again.loc[
            group == "d", ["orders", "spend"]
        ].to_numpy()
    elif name == "split":
        low = (group == "d") & (number % 2 == 0)
        again.loc[low, ["orders", "spend"]] = np.expm1(
            random.normal((6.0, 1.5), 0.25, (int(low.sum()), 2))
        )
    elif name == "unit":
        again["spend"] *= 100
    elif name == "half of the unit":
        again.loc[number % 2 == 0, "spend"] *= 100
    return first, again.sample(frac=1, random_state=int(random.integers(1000)))


def events(found: pd.DataFrame) -> dict[str, int]:
    return found["event"].value_counts().to_dict()


EXPECTED = {
    "none": {"continued": 4},
    "born": {"continued": 4, "born": 1},
    "ended": {"continued": 3, "ended": 1},
    "merged": {"continued": 2, "merged": 2},
    "split": {"continued": 3, "split": 2},
    "unit": {"continued": 4},
}


def shifts(then: pd.DataFrame, active: pd.DataFrame, first: pd.DataFrame) -> pd.DataFrame:
    """How far each feature's deciles have moved; tests/test_drift.py has the build's own SQL."""
    levels = np.arange(1, 10) / 10
    names = FEATURES["feature"].tolist()
    before, today = (
        np.quantile(np.log1p(sample[names].to_numpy()), levels, axis=0) for sample in (first, then)
    )
    scales = preparation.scaler_of(active)["scale"].to_numpy()
    changes = (today - before) / scales
    drift = np.abs(changes).mean(axis=0)
    return pd.DataFrame({"feature": names, "quantile_shift": changes.mean(axis=0), "drift": drift})


def judged(name: str, seed: int, k: str = "auto") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lineage and gates of the refit that a build would make on a planted change."""
    first, then = planted(name, np.random.default_rng(seed))
    active = fit(first).segments
    fitted = fit(then, active, k=k)
    before = labels(first, active).reindex(then["customer_id"])
    sample = then.assign(last_segment_id=before.to_numpy())
    last = last_models_of(active, shifts(then, active, first))
    found = candidate.lineage_of(sample, last, fitted.segments)
    return found, candidate.gates_of(sample, last, fitted, found, limits())


def is_named(name: str, found: pd.DataFrame, judgement: pd.DataFrame) -> bool:
    failed = judgement[~judgement["holds"]].set_index("gate")["sentence"]
    if "unit" in name:
        return "spend has drifted" in failed.get("drift", "")
    if name == "none":
        return failed.empty and events(found) == EXPECTED[name]
    return "identity" in failed and events(found) == EXPECTED[name]


PLANTED = [*EXPECTED, "half of the unit"]


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_the_gates_let_no_planted_change_pass(name: str) -> None:
    found, judgement = judged(name, 3)
    assert is_named(name, found, judgement), judgement["sentence"].tolist()
    assert judgement["holds"].all() == (name == "none")
    new = found.loc[found["event"].isin(["born", "merged", "split"]), "segment_id"]
    assert (new > 4).all()
    assert (found["segment_id"] == found["from_segment_id"])[found["event"] == "continued"].all()
    jump = found["centroid_jump"].abs().max()
    if name == "unit":
        assert jump > 1
        assert set(found["jump_feature"].dropna()) == {"spend"}
    elif name in EXPECTED:
        assert jump < 0.2


@pytest.mark.soak
@pytest.mark.parametrize("name", PLANTED)
def test_planted_changes_of_forty_seeds_are_named_and_none_passes(name: str) -> None:
    found = [judged(name, seed) for seed in range(40)]
    assert sum(is_named(name, *one) for one in found) >= 38
    if name != "none":
        found += [judged(name, seed, "4") for seed in range(40)]
        assert not any(judgement["holds"].all() for _, judgement in found)


def continuum(customers: int) -> pd.DataFrame:
    """No clusters: where a cold refit has several optima to fall into."""
    random = np.random.default_rng(5)
    activity = random.normal(0, 1, customers)
    frame = pd.DataFrame(
        {
            "orders": np.expm1(3 + 0.8 * activity + random.normal(0, 0.4, customers)),
            "spend": np.expm1(6 + 1.2 * activity + random.normal(0, 0.8, customers)),
        }
    )
    return frame.assign(customer_id=[f"c{number}" for number in range(customers)])


def fit_warm(sample: pd.DataFrame, active: pd.DataFrame | None = None) -> pd.DataFrame:
    raw = preparation.raw_matrix(sample, FEATURES)
    scaler = preparation.fit_scaler(raw, FEATURES)
    matrix = preparation.scale(raw, scaler)
    warm = None if active is None else lineage.carried_centers(active, scaler)
    clusters = lineage.refit(matrix, 4, warm, seed=1, starts=5)
    return candidate.model_rows(clusters, matrix, scaler, raw).assign(model_version="any")


@pytest.mark.slow
def test_refits_on_one_per_cent_other_customers_permute_nothing() -> None:
    everyone = continuum(1010)
    active = fit_warm(everyone[:1000])
    before = labels(everyone, active)
    random = np.random.default_rng(6)
    moved = []
    for _ in range(60):
        sample = everyone.sample(1000, random_state=int(random.integers(1 << 30)))
        again = fit_warm(sample, active)
        after = labels(sample, again)
        found = lineage.lineage(active, again, before.reindex(after.index), after, 4)
        assert events(found) == {"continued": 4}
        assert (found["segment_id"] == found["provisional_id"]).all()
        moved.append((before != labels(everyone, again)).mean())
    assert np.median(moved) < 0.01


def crossed(active: pd.DataFrame) -> pd.DataFrame:
    """The same centroids, the first two under each other's numbers."""
    return active.assign(segment_id=active["segment_id"].replace({1: 2, 2: 1}))


def test_the_same_customers_in_another_place_are_another_segment() -> None:
    sample = continuum(200)
    active = fit_warm(sample)
    found = lineage.lineage(
        active, crossed(active), labels(sample, active), labels(sample, active), 7
    )
    assert events(found) == {"continued": 2, "born": 2, "ended": 2}
    assert found.loc[found["event"] == "born", "segment_id"].tolist() == [8, 9]


def test_other_customers_in_the_same_place_are_another_segment() -> None:
    sample = continuum(200)
    active = fit_warm(sample)
    swapped = labels(sample, active).replace({1: 2, 2: 1})
    found = lineage.lineage(active, active, swapped, labels(sample, active), 7)
    assert events(found) == {"continued": 2, "born": 2, "ended": 2}


def test_numbers_follow_the_segments_and_not_the_order_of_a_refit() -> None:
    sample = continuum(200)
    active = fit_warm(sample)
    other = crossed(active)
    found = lineage.lineage(active, other, labels(sample, active), labels(sample, other), 7)
    assert events(found) == {"continued": 4}
    assert found["segment_id"].tolist() == [2, 1, 3, 4]


def test_new_customers_do_not_end_a_segment() -> None:
    sample = continuum(200)
    active = fit_warm(sample)
    few = labels(sample, active)
    few[few.index[::3]] = pd.NA
    few[few.index[1::3]] = pd.NA
    found = lineage.lineage(active, active, few, labels(sample, active), 4)
    assert events(found) == {"continued": 4}
    assert (found["share_of_segment"] < 0.5).any()


def model_at(places: list[float], scale: float = 1.0) -> pd.DataFrame:
    """A model of one feature, with centroids at these places."""
    return pd.DataFrame(
        {
            "segment_id": range(1, len(places) + 1),
            "feature": "spend",
            "feature_position": 1,
            "transform": "none",
            "mean": 0.0,
            "scale": scale,
            "center_raw": places,
        }
    )


@pytest.mark.parametrize(
    ("customers", "expected"),
    [
        pytest.param(
            # A number for each segment before (rows) and after (columns).
            [[100, 0, 0], [0, 100, 0], [0, 0, 100]],
            {(1, "continued"): {1}, (2, "continued"): {2}, (3, "continued"): {3}},
            id="nothing happens",
        ),
        pytest.param(
            [[10, 0, 0], [90, 1910, 0], [0, 0, 100]],
            {(1, "born"): set(), (2, "continued"): {2}, (3, "continued"): {3}},
            id="taken over by strangers, who were few where they come from",
        ),
        pytest.param(
            [[40, 30, 30], [0, 100, 0], [0, 0, 100]],
            {(1, "born"): set(), (2, "continued"): {2}, (3, "continued"): {3}},
            id="scattered",
        ),
        pytest.param(
            [[0, 5, 0], [0, 100, 0], [0, 0, 100]],
            {(1, "born"): set(), (2, "continued"): {2}, (3, "continued"): {3}},
            id="too few to make a merger",
        ),
        pytest.param(
            [[60, 40, 0], [40, 0, 0], [0, 0, 100]],
            {(1, "merged"): {1, 2}, (2, "split"): {1}, (3, "continued"): {3}},
            id="one part of a split merges",
        ),
        pytest.param(
            [[60, 40, 0], [60, 40, 0], [0, 0, 100]],
            {(1, "merged"): {1, 2}, (2, "born"): set(), (3, "continued"): {3}},
            id="half from one and half from another",
        ),
        pytest.param(
            [[25, 0, 0], [25, 0, 0], [55, 0, 200]],
            {(1, "merged"): {1, 2, 3}, (2, "born"): set(), (3, "split"): {3}},
            id="a merger takes a part of a third",
        ),
    ],
)
def test_events_by_where_the_customers_come_from(
    customers: list[list[int]], expected: dict[tuple, set]
) -> None:
    pairs = [
        (before, after)
        for before, row in enumerate(customers, 1)
        for after, count in enumerate(row, 1)
        for _ in range(count)
    ]
    before, after = (pd.Series(side, dtype="Int64") for side in zip(*pairs, strict=True))
    model = model_at([0.0, 10.0, 20.0])
    found = lineage.lineage(model, model, before, after, 3)
    named = found[found["event"] != "ended"].groupby(["provisional_id", "event"])
    assert {key: set(origins.dropna()) for key, origins in named["from_segment_id"]} == expected
    gone = {1, 2, 3} - set().union(*expected.values())
    assert set(found.loc[found["event"] == "ended", "from_segment_id"]) == gone


def test_a_jump_is_told_in_the_units_of_the_active_scaler() -> None:
    before = pd.Series([1, 1, 2, 2], dtype="Int64")
    moved = model_at([5.0, 25.0], scale=10.0)
    found = lineage.lineage(model_at([0.0, 20.0], scale=2.0), moved, before, before, 2)
    assert found["centroid_jump"].tolist() == [2.5, 2.5]


def test_without_a_feature_in_common_the_customers_tell() -> None:
    first, then = planted("none", np.random.default_rng(3))
    active = fit(first).segments
    before = labels(first, active).reindex(then["customer_id"])
    renamed = {"orders": "visits", "spend": "revenue"}
    features = FEATURES.assign(feature=FEATURES["feature"].map(renamed))
    sample = then.rename(columns=renamed).assign(last_segment_id=before.to_numpy())
    # A new customer has not moved.
    sample.loc[0, "last_segment_id"] = pd.NA
    fitted = fit(sample, active, features)
    found = candidate.lineage_of(sample, last_models_of(active), fitted.segments)
    assert events(found) == {"continued": 4}
    assert found["centroid_jump"].isna().all()
    gates = candidate.gates_of(sample, last_models_of(active), fitted, found, limits())
    assert gates.set_index("gate").loc["moved_share", "value"] == 0


def test_customers_under_other_ids_are_told_by_the_active_model() -> None:
    first, then = planted("none", np.random.default_rng(3))
    active = fit(first).segments
    sample = then.assign(last_segment_id=pd.Series(pd.NA, then.index, dtype="Int32"))
    found = candidate.lineage_of(sample, last_models_of(active), fit(then, active).segments)
    assert events(found) == {"continued": 4}


def test_other_features_start_cold() -> None:
    sample = continuum(200)
    active = fit_warm(sample)
    scaler = preparation.scaler_of(active)
    names = FEATURES["feature"].tolist()
    assert lineage.carried_centers(active, scaler.assign(transform="none")) is None
    assert lineage.carried_centers(active, scaler) == pytest.approx(
        preparation.centers_of(active, "center_scaled", names)
    )


def test_a_far_better_cold_start_wins() -> None:
    matrix = np.repeat([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]], 20, axis=0)
    matrix += np.random.default_rng(1).normal(0, 0.1, matrix.shape)
    trapped = np.array([[-0.1, 0.0], [0.1, 0.0], [5.0, 5.0]])
    found = lineage.refit(matrix, 3, trapped, seed=1, starts=5)
    assert found.inertia < 10
