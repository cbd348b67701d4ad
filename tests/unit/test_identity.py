"""Segments that stay themselves through refits, and planted changes that are named."""

import numpy as np
import pandas as pd
import pytest

from segmart import clustering, fitting, identity, preparation

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


def fit(sample: pd.DataFrame, k: str = "auto") -> pd.DataFrame:
    sweep = fitting.k_sweep(sample, FEATURES, k=k, max_k=7, seed=1)
    return fitting.segment_fit(sample, FEATURES, sweep)


def labels(sample: pd.DataFrame, model: pd.DataFrame) -> pd.Series:
    found = fitting.fitted_labels(sample, model)
    return pd.Series(found["segment_id"].to_numpy(), index=found["customer_id"], dtype="Int64")


def change(first: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    active, candidate = fit(first), fit(then)
    before = labels(first, active).reindex(then["customer_id"])
    return identity.lineage(active, candidate, before, labels(then, candidate), 4)


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


@pytest.mark.parametrize("name", EXPECTED)
def test_a_planted_change_is_named(name: str) -> None:
    found = change(*planted(name, np.random.default_rng(3)))
    assert events(found) == EXPECTED[name], found
    new = found.loc[found["event"].isin(["born", "merged", "split"]), "segment_id"]
    assert (new > 4).all()
    assert (found["segment_id"] == found["from_segment_id"])[found["event"] == "continued"].all()
    jump = found["centroid_jump"].abs().max()
    if name == "unit":
        assert jump > 1
        assert set(found["jump_feature"]) == {"spend"}
    else:
        assert jump < 0.2


@pytest.mark.soak
@pytest.mark.parametrize("name", EXPECTED)
def test_planted_changes_of_forty_seeds_are_named(name: str) -> None:
    rightly = [
        events(change(*planted(name, np.random.default_rng(seed)))) == EXPECTED[name]
        for seed in range(40)
    ]
    assert sum(rightly) >= 38


def continuum(size: int) -> pd.DataFrame:
    """No clusters: where a cold refit has several optima to fall into."""
    random = np.random.default_rng(5)
    size_of = random.normal(0, 1, size)
    frame = pd.DataFrame(
        {
            "orders": np.expm1(3 + 0.8 * size_of + random.normal(0, 0.4, size)),
            "spend": np.expm1(6 + 1.2 * size_of + random.normal(0, 0.8, size)),
        }
    )
    return frame.assign(customer_id=[f"c{number}" for number in range(size)])


def test_refits_on_one_per_cent_other_customers_permute_nothing() -> None:
    everyone = continuum(1010)
    random = np.random.default_rng(6)
    scaler, active = warm_fit(everyone[:1000], None)
    moved = []
    for _ in range(60):
        sample = everyone.sample(1000, random_state=int(random.integers(1 << 30)))
        again_scaler, again = warm_fit(sample, model_rows(active, scaler))
        found = identity.lineage(
            model_rows(active, scaler),
            model_rows(again, again_scaler),
            predicted(sample, active, scaler),
            predicted(sample, again, again_scaler),
            4,
        )
        assert events(found) == {"continued": 4}
        assert (found["segment_id"] == found["provisional_id"]).all()
        before, after = (
            predicted(everyone, active, scaler),
            predicted(everyone, again, again_scaler),
        )
        moved.append((before != after).mean())
    assert np.median(moved) < 0.01


def warm_fit(
    sample: pd.DataFrame, active: pd.DataFrame | None
) -> tuple[pd.DataFrame, clustering.Clusters]:
    raw = preparation.raw_matrix(sample, FEATURES)
    scaler = preparation.fit_scaler(raw, FEATURES)
    warm = None if active is None else identity.carried_centers(active, scaler)
    matrix = preparation.scale(raw, scaler)
    return scaler, identity.refit(matrix, 4, warm, seed=1, starts=5)


def model_rows(clusters: clustering.Clusters, scaler: pd.DataFrame) -> pd.DataFrame:
    centers = preparation.unscale(clusters.centers, scaler)
    return pd.concat(
        [
            scaler.assign(
                segment_id=number + 1, feature_position=[1, 2], center_raw=centers[number]
            )
            for number in range(clusters.k)
        ],
        ignore_index=True,
    )


def predicted(
    sample: pd.DataFrame, clusters: clustering.Clusters, scaler: pd.DataFrame
) -> pd.Series:
    raw = sample[FEATURES["feature"].tolist()].to_numpy()
    found = clustering.predict(preparation.scale(raw, scaler), clusters.centers)
    return pd.Series(found + 1, dtype="Int64")


def test_other_features_start_cold() -> None:
    scaler, active = warm_fit(continuum(200), None)
    rows = model_rows(active, scaler)
    other = scaler.assign(transform="none")
    assert identity.carried_centers(rows, other) is None
    assert identity.carried_centers(rows, scaler) == pytest.approx(active.centers)


def test_a_far_better_cold_start_wins() -> None:
    matrix = np.repeat([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]], 20, axis=0)
    matrix += np.random.default_rng(1).normal(0, 0.1, matrix.shape)
    trapped = np.array([[-0.1, 0.0], [0.1, 0.0], [5.0, 5.0]])
    found = identity.refit(matrix, 3, trapped, seed=1, starts=5)
    assert found.inertia < 10
