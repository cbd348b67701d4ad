"""What the dbt models call: the same numbers for the same customers, in any order, by any name."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from generated_shops import seed

from conftest import limits
from segmart import SegmentationError
from segmart.engine.frames import typed
from segmart.model import candidate, decision, preparation
from segmart.model.names import WORDS, named

FEATURES = pd.DataFrame(
    {
        "feature": ["recency_days", "orders", "revenue"],
        "transform": ["none", "log1p", "log1p"],
        "higher_is_better": [False, True, True],
    }
)
CENTERS = np.array([[20.0, 40.0, 4000.0], [90.0, 10.0, 500.0], [160.0, 2.0, 30.0]])

NO_MODEL = typed([], candidate.SEGMENT_COLUMNS)
NO_DRIFT = pd.DataFrame({"feature": [], "drift": [], "quantile_shift": []})
NO_MODELS = candidate.LastModels(
    None, 0, pd.DataFrame(), pd.DataFrame(), NO_MODEL, NO_MODEL, NO_DRIFT
)
RULES = decision.Rules("auto", False, "none", 90, 0.25, 1.0, 7)


def make_sample() -> pd.DataFrame:
    """Three groups of 30, 30 and 20 customers, the best first; one has no known revenue."""
    random = np.random.default_rng(12)
    group = np.repeat([0, 1, 2], [30, 30, 20])
    values = CENTERS[group] * random.uniform(0.8, 1.25, (80, 3))
    values[:, 0] = CENTERS[group, 0] + random.uniform(-5.0, 5.0, 80)
    sample = pd.DataFrame(values, columns=FEATURES["feature"])
    sample.insert(0, "customer_id", [f"C{number:03d}" for number in range(80)])
    sample.insert(1, "as_of", pd.Timestamp("2024-06-30"))
    sample.loc[41, "revenue"] = np.nan
    return sample


def fit(
    sample: pd.DataFrame, features: pd.DataFrame = FEATURES, **changes: object
) -> candidate.Fit:
    settings = candidate.Settings(**({"k": "auto", "max_k": 4, "seed": 7} | changes))
    raw = preparation.raw_matrix(sample, features)
    decided = decision.Decision(True, "there is no model yet", "", "k = auto")
    return candidate.fit(raw, features, sample["as_of"].iloc[0], NO_MODELS, decided, settings)


def run(sample: pd.DataFrame, **changes: object) -> tuple[candidate.Fit, pd.DataFrame]:
    fitted = fit(sample, **changes)
    return fitted, candidate.fitted_labels(sample, fitted.segments)


def version(sample: pd.DataFrame, features: pd.DataFrame = FEATURES, **changes: object) -> str:
    return fit(sample, features, **({"k": "2", "max_k": 2} | changes)).version["model_version"]


def test_auto_that_takes_max_k_says_so_in_the_verdict():
    sentence = fit(make_sample(), FEATURES, k="auto", max_k=3).version["verdict_sentence"]
    assert "auto took the largest number of segments that it tried, 3;" in sentence


@pytest.fixture(scope="module")
def fitted() -> tuple[candidate.Fit, pd.DataFrame]:
    return run(make_sample())


def test_each_k_is_compared_and_one_is_chosen(fitted):
    found, _ = fitted
    rows, version = found.comparison, found.version
    assert rows["k"].tolist() == [1, 2, 3, 4]
    assert rows["is_chosen"].tolist() == [False, False, True, False]
    assert rows["chosen_by"].dropna().tolist() == ["valleys"]
    assert version["k"] == 3
    assert version["has_clusters"]
    assert version["verdict"] == "clusters"
    assert version["verdict_sentence"].startswith("The customers fall into clusters: ")
    assert "calinski_harabasz" in rows["picked_by"][2].split(", ")
    assert rows["picked_by"].isna().tolist()[0]
    assert version["sample_size"] == 80
    assert str(version["fitted_as_of"]) == "2024-06-30"
    assert json.loads(version["params"]) == {
        "k": "auto",
        "max_k": 4,
        "seed": 7,
        "starts": candidate.FINAL_STARTS,
    }


def test_model_has_a_row_for_each_segment_and_feature(fitted):
    model = fitted[0].segments
    assert model["segment_id"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert model["feature"].tolist() == FEATURES["feature"].tolist() * 3
    assert model["feature_position"].tolist() == [1, 2, 3] * 3
    assert model["model_version"].unique().tolist() == [fitted[0].version["model_version"]]
    assert model["sample_customers"].tolist() == [30] * 3 + [30] * 3 + [20] * 3
    # Segment 1 is the most valuable, and the centers are in the units of the input.
    centers = model["center_raw"].to_numpy().reshape(3, 3)
    np.testing.assert_allclose(centers, CENTERS, rtol=0.15)


def test_segments_are_the_planted_groups_of_the_named_customers(fitted):
    _, labels = fitted
    assert labels["customer_id"].tolist() == make_sample()["customer_id"].tolist()
    assert labels["segment_id"].tolist() == [1] * 30 + [2] * 30 + [3] * 20


def test_model_rows_alone_reproduce_the_labels_inertia_and_variances(fitted):
    """The steps written out as in the SQL, from nothing but the rows of the model."""
    found, labels = fitted
    model = found.segments
    sample = make_sample()
    distances, offsets = [], {}
    for segment_id, rows in model.groupby("segment_id"):
        distance = np.zeros(len(sample))
        for row in rows.itertuples():
            value = sample[row.feature].fillna(row.fill_value).to_numpy()
            value = np.log1p(np.maximum(value, 0)) if row.transform == "log1p" else value
            value = (value.clip(row.clip_low, row.clip_high) - row.mean) / row.scale
            offsets[segment_id, row.feature] = value - row.center_scaled
            distance += offsets[segment_id, row.feature] ** 2
        distances.append(distance)
    nearest = np.argmin(distances, axis=0) + 1
    np.testing.assert_array_equal(labels["segment_id"], nearest)
    assert found.version["inertia"] == pytest.approx(np.min(distances, axis=0).sum())
    for row in model.itertuples():
        members = offsets[row.segment_id, row.feature][nearest == row.segment_id]
        assert members.mean() == pytest.approx(0.0, abs=1e-12)
        assert row.variance_scaled == pytest.approx((members**2).mean())
        known = sample[row.feature].dropna()
        own = known[nearest[known.index] == row.segment_id]
        assert row.median_raw == own.median()
        low, high = (
            np.expm1(bound) if row.transform == "log1p" else bound
            for bound in (row.clip_low, row.clip_high)
        )
        # A huge value counts as far as the model sees it.
        assert row.mean_raw == pytest.approx(own.clip(low, high).mean())
        below, at_most = (known < own.median()).mean(), (known <= own.median()).mean()
        assert row.median_position == (below if below > 0.5 else min(at_most, 0.5))


def assert_same(found: candidate.Fit, other: candidate.Fit) -> None:
    assert found.version == other.version
    pd.testing.assert_frame_equal(found.comparison, other.comparison, check_exact=True)
    pd.testing.assert_frame_equal(found.segments, other.segments, check_exact=True)


def test_row_order_changes_no_bit(fitted):
    found, labels = fitted
    shuffled = make_sample().sample(frac=1.0, random_state=3)
    again, again_labels = run(shuffled)
    assert_same(again, found)
    by_customer = again_labels.sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(by_customer, labels, check_exact=True)


def test_customer_ids_change_no_bit(fitted):
    found, labels = fitted
    renamed = make_sample().assign(customer_id=[f"Z{900 - number}" for number in range(80)])
    again, again_labels = run(renamed)
    assert_same(again, found)
    assert again_labels["segment_id"].tolist() == labels["segment_id"].tolist()
    assert again_labels["customer_id"].tolist() == renamed["customer_id"].tolist()


def test_the_order_of_the_model_rows_changes_no_label(fitted):
    found, labels = fitted
    shuffled = found.segments.sample(frac=1.0, random_state=5)
    pd.testing.assert_frame_equal(candidate.fitted_labels(make_sample(), shuffled), labels)


def row_of(sample: pd.DataFrame, last: candidate.LastModels, **rules: object) -> dict:
    """The one row that the dbt model of this name gets, with its lists, and what is said of it."""
    changed = dataclasses.replace(RULES, **({"k": "3"} | rules))
    settings = candidate.Settings("3", 4, 7)
    said: list[str] = []
    table = candidate.candidate(
        *(sample, FEATURES, last, settings, changed, limits(), names_of, said.append)
    )
    assert len(table) == 1
    of_model = [sentence for sentence in said if sentence.startswith("model: ")]
    return table.to_pylist()[0] | {"said": of_model}


def names_of(model: pd.DataFrame) -> pd.DataFrame:
    words = dict.fromkeys(["unit", *WORDS])
    catalog = FEATURES.assign(label=FEATURES["feature"], **words)
    return named(model, catalog, seed("segment_names"), seed("segment_name_rules"))


def first_sample() -> pd.DataFrame:
    return make_sample().assign(last_segment_id=pd.array([None] * 80, dtype="Int64"))


def models_after(row: dict, **changes: object) -> candidate.LastModels:
    """What a release of a build holds, for the build of the next day."""
    version = {"model_version": row["model_version"], "status": "active"}
    kept = ("parent_version", "configuration", "fitted_as_of")
    activation = {
        "activation": 1,
        "model_version": row["activated_version"],
        "active_since": row["as_of"],
        "reason": row["active_reason"],
    }
    values = {
        "starting_version": row["active_version"],
        "last_segment_id": 3,
        "versions": pd.DataFrame(
            [version | {"active_since": row["as_of"]} | {name: row[name] for name in kept}]
        ),
        "activations": pd.DataFrame([activation]),
        "starting_model": pd.DataFrame(row["segments"]),
        "earlier_model": pd.DataFrame(row["segments"]),
        "drift": NO_DRIFT,
    }
    return candidate.LastModels(**(values | changes))


@pytest.fixture(scope="module")
def first() -> dict:
    return row_of(first_sample(), NO_MODELS)


def test_the_first_candidate_is_active_and_its_segments_are_born(first):
    assert first["active_version"] == first["activated_version"] == first["model_version"]
    assert (first["decided_by"], first["active_reason"]) == ("first", "the first model")
    assert [(found["segment_id"], found["event"]) for found in first["lineage"]] == [
        (1, "born"),
        (2, "born"),
        (3, "born"),
    ]
    assert first["gates"] == []
    assert first["active_model"] == first["segments"]
    assert [(row["segment_id"], row["features"]) for row in first["active_segments"]] == [
        *((1, 3), (2, 3), (3, 3))
    ]
    assert sum(row["sample_customers"] for row in first["active_segments"]) == 80
    fitted = {row["segment_id"]: row["bootstrap_jaccard"] for row in first["segments"]}
    assert {
        row["segment_id"]: row["bootstrap_jaccard"] for row in first["active_segments"]
    } == fitted
    assert {row["model_version"] for row in first["active_segments"]} == {first["model_version"]}
    assert len({row["segment_name"] for row in first["active_segments"]}) == 3
    assert first["said"] == [
        "model: refit, since there is no model yet",
        f"model: {first['model_version']} is active since 2024-06-30 (the first model)",
    ]


def test_without_a_refit_the_starting_model_stays_and_nothing_is_fitted(first):
    row = row_of(first_sample(), models_after(first))
    assert row["model_version"] is None
    assert row["activated_version"] is None
    assert row["active_version"] == first["model_version"]
    assert row["comparison"] == row["segments"] == row["lineage"] == row["gates"] == []
    assert row["active_model"] == first["segments"]
    assert row["said"][0] == "model: no refit, nothing calls for one"


def test_a_refused_candidate_names_its_gates_and_the_starting_model_stays(first):
    moved = first_sample()
    moved["orders"] = moved["orders"].to_numpy()[::-1]
    row = row_of(moved, models_after(first), refit=True)
    failed = [gate["sentence"] for gate in row["gates"] if not gate["holds"]]
    assert failed
    assert row["refused_because"] == "; ".join(failed)
    assert row["active_version"] == first["model_version"]
    assert row["activated_version"] is None
    assert row["active_model"] == first["segments"]
    refused = row["said"][1]
    assert refused.startswith(f"model: candidate {row['model_version']} is refused: {failed[0]}")
    assert f"--vars '{{accept_model: {row['model_version']}}}'" in refused
    accepted = row_of(moved, models_after(first), accept_model="candidate", refit=True)
    assert accepted["active_version"] == accepted["model_version"] == row["model_version"]
    assert accepted["decided_by"] == "person"
    assert accepted["active_model"] == sorted(
        accepted["segments"], key=lambda row: (row["segment_id"], row["feature_position"])
    )


def test_segments_keep_their_lasting_numbers(first):
    model = pd.DataFrame(first["segments"]).replace({"segment_id": {1: 7, 2: 1, 3: 2}})
    last = models_after(first, starting_model=model, last_segment_id=9)
    labels = pd.Series([7] * 30 + [1] * 30 + [2] * 20, dtype="Int64")
    row = row_of(first_sample().assign(last_segment_id=labels), last, refit=True)
    assert sorted({found["segment_id"] for found in row["segments"]}) == [1, 2, 7]
    assert row["decided_by"] == "gates"


def test_model_version_is_the_date_and_a_fingerprint():
    first, second = version(make_sample()), version(make_sample())
    assert first == second
    date, fingerprint = first.rsplit("-", 1)
    assert date == "2024-06-30"
    assert len(bytes.fromhex(fingerprint)) == 4


def test_model_version_changes_with_input_settings_and_features():
    sample = make_sample()
    one_value = sample.assign(orders=sample["orders"].where(sample.index != 5, 41.0))
    raw_orders = FEATURES.assign(transform=["none", "none", "log1p"])
    turned = FEATURES.assign(higher_is_better=[True, True, True])
    versions = [
        version(sample),
        version(sample, seed=8),
        version(sample, k="1"),
        version(sample, max_k=3),
        version(one_value),
        version(sample.iloc[:-1]),
        version(sample.assign(as_of=pd.Timestamp("2024-07-01"))),
        version(sample, raw_orders),
        version(sample, turned),
    ]
    assert len({name.rsplit("-", 1)[1] for name in versions}) == len(versions)


def test_one_segment_holds_everyone():
    found, labels = run(make_sample(), k="1", max_k=2)
    model = found.segments
    assert found.comparison["chosen_by"].dropna().tolist() == ["k"]
    assert model["sample_customers"].tolist() == [80] * 3
    assert labels["segment_id"].unique().tolist() == [1]
    np.testing.assert_allclose(model["center_scaled"], 0.0, atol=1e-12)
    np.testing.assert_allclose(model["variance_scaled"], 1.0)


def test_no_customers_name_the_remedy():
    with pytest.raises(SegmentationError, match="no customers are left"):
        row_of(first_sample().iloc[:0], NO_MODELS)
