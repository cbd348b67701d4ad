"""What the dbt models call: the same numbers for the same customers, in any order, by any name."""

import json

import numpy as np
import pandas as pd
import pytest

from segmart import SegmentationError, fitting
from segmart.frames import typed

FEATURES = pd.DataFrame(
    {
        "feature": ["recency_days", "orders", "revenue"],
        "transform": ["none", "log1p", "log1p"],
        "higher_is_better": [False, True, True],
    }
)
CENTERS = np.array([[20.0, 40.0, 4000.0], [90.0, 10.0, 500.0], [160.0, 2.0, 30.0]])

REFIT = pd.DataFrame([{"is_refit": True, "base_version": None, "configuration": "k = auto"}])
NO_MODEL = typed([], fitting.MODEL_COLUMNS)


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


def run(sample: pd.DataFrame, **changes) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    settings = {"k": "auto", "max_k": 4, "seed": 7} | changes
    sweep = fitting.k_sweep(sample, FEATURES, REFIT, **settings)
    model = fitting.segment_fit(sample, FEATURES, sweep, NO_MODEL)
    return sweep, model, fitting.fitted_labels(sample, model)


def version(
    sample: pd.DataFrame,
    features: pd.DataFrame = FEATURES,
    decision: pd.DataFrame = REFIT,
    **changes,
) -> str:
    settings = {"k": "2", "max_k": 2, "seed": 7} | changes
    versions = fitting.k_sweep(sample, features, decision, **settings)["model_version"].unique()
    assert len(versions) == 1
    return versions[0]


@pytest.fixture(scope="module")
def fitted() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return run(make_sample())


def test_sweep_has_a_row_for_each_k_and_chooses_one(fitted):
    sweep, _, _ = fitted
    assert sweep["k"].tolist() == [1, 2, 3, 4]
    assert sweep["is_chosen"].tolist() == [False, False, True, False]
    assert sweep["chosen_by"].unique().tolist() == ["calinski_harabasz"]
    assert sweep["has_clusters"].all()
    assert "calinski_harabasz" in sweep["picked_by"][2].split(", ")
    assert sweep["picked_by"].isna().tolist()[0]
    assert sweep["sample_size"].unique().tolist() == [80]
    assert sweep["fitted_as_of"].unique().tolist() == [pd.Timestamp("2024-06-30")]
    assert json.loads(sweep["params"][0]) == {
        "k": "auto",
        "max_k": 4,
        "seed": 7,
        "starts": fitting.FINAL_STARTS,
    }


def test_model_has_a_row_for_each_segment_and_feature(fitted):
    sweep, model, _ = fitted
    assert model["segment_id"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert model["feature"].tolist() == FEATURES["feature"].tolist() * 3
    assert model["feature_position"].tolist() == [1, 2, 3] * 3
    assert model["model_version"].unique().tolist() == sweep["model_version"].unique().tolist()
    assert model["sample_customers"].tolist() == [30] * 3 + [30] * 3 + [20] * 3
    # Segment 1 is the most valuable, and the centers are in the units of the input.
    centers = model["center_raw"].to_numpy().reshape(3, 3)
    np.testing.assert_allclose(centers, CENTERS, rtol=0.15)


def test_segments_are_the_planted_groups_of_the_named_customers(fitted):
    _, _, labels = fitted
    assert labels["customer_id"].tolist() == make_sample()["customer_id"].tolist()
    assert labels["segment_id"].tolist() == [1] * 30 + [2] * 30 + [3] * 20


def test_model_rows_alone_reproduce_the_labels_inertia_and_variances(fitted):
    """The steps written out as in the SQL, from nothing but the rows of the model."""
    _, model, labels = fitted
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
    assert model["inertia"].unique() == pytest.approx(np.min(distances, axis=0).sum())
    for row in model.itertuples():
        members = offsets[row.segment_id, row.feature][nearest == row.segment_id]
        assert members.mean() == pytest.approx(0.0, abs=1e-12)
        assert row.variance_scaled == pytest.approx((members**2).mean())


def test_row_order_changes_no_bit(fitted):
    sweep, model, labels = fitted
    shuffled = make_sample().sample(frac=1.0, random_state=3)
    again_sweep, again_model, again_labels = run(shuffled)
    pd.testing.assert_frame_equal(again_sweep, sweep, check_exact=True)
    pd.testing.assert_frame_equal(again_model, model, check_exact=True)
    by_customer = again_labels.sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(by_customer, labels, check_exact=True)


def test_customer_ids_change_no_bit(fitted):
    sweep, model, labels = fitted
    renamed = make_sample().assign(customer_id=[f"Z{900 - number}" for number in range(80)])
    again_sweep, again_model, again_labels = run(renamed)
    pd.testing.assert_frame_equal(again_sweep, sweep, check_exact=True)
    pd.testing.assert_frame_equal(again_model, model, check_exact=True)
    assert again_labels["segment_id"].tolist() == labels["segment_id"].tolist()
    assert again_labels["customer_id"].tolist() == renamed["customer_id"].tolist()


def test_the_order_of_the_model_rows_changes_no_label(fitted):
    _, model, labels = fitted
    shuffled = model.sample(frac=1.0, random_state=5)
    again = fitting.fitted_labels(make_sample(), shuffled)
    pd.testing.assert_frame_equal(again, labels)


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
    sweep, model, labels = run(make_sample(), k="1", max_k=2)
    assert sweep["chosen_by"].unique().tolist() == ["k"]
    assert model["sample_customers"].tolist() == [80] * 3
    assert labels["segment_id"].unique().tolist() == [1]
    np.testing.assert_allclose(model["center_scaled"], 0.0, atol=1e-12)
    np.testing.assert_allclose(model["variance_scaled"], 1.0)


def test_identical_customers_name_the_remedy():
    identical = make_sample().iloc[[0] * 20].reset_index(drop=True)
    with pytest.raises(SegmentationError, match=r"'recency_days' is constant.*is_clustered"):
        fitting.k_sweep(identical, FEATURES, REFIT, k="auto", max_k=4, seed=7)


@pytest.mark.parametrize(
    ("k", "message"),
    [
        ("many", "k is 'many': use auto or a whole number from 1"),
        ("0", "k is '0': use auto or a whole number from 1"),
        ("3", r"k is 3, but .* max_k is 2: lower k, raise max_k"),
    ],
)
def test_a_k_that_cannot_be_fitted_names_the_remedy(k, message):
    with pytest.raises(SegmentationError, match=message):
        fitting.k_sweep(make_sample(), FEATURES, REFIT, k=k, max_k=2, seed=7)


def test_no_customers_name_the_remedy():
    with pytest.raises(SegmentationError, match="no customers are left"):
        fitting.k_sweep(make_sample().iloc[:0], FEATURES, REFIT, k="auto", max_k=4, seed=7)
