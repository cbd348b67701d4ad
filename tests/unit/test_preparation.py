"""The five preparation steps against values worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from segmart import SegmentationError
from segmart.model import preparation


def features_of(**transforms: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "feature": list(transforms),
            "transform": list(transforms.values()),
            "higher_is_better": [True] * len(transforms),
        }
    )


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype="float64").reshape(-1, 1)


def test_transform_none_returns_the_values():
    values = np.array([-3.0, 0.0, np.nan, 2.5])
    np.testing.assert_array_equal(preparation.transform(values, "none"), values)


def test_log1p_floors_at_zero_and_keeps_nan():
    transformed = preparation.transform(np.array([-7.0, 0.0, math.e - 1.0, np.nan]), "log1p")
    np.testing.assert_allclose(transformed, [0.0, 0.0, 1.0, np.nan], atol=1e-15)


@pytest.mark.parametrize("name", preparation.TRANSFORMS)
def test_inverse_transform_undoes_transform(name):
    values = np.array([0.0, 0.5, 3.0, 1e6])
    there_and_back = preparation.inverse_transform(preparation.transform(values, name), name)
    np.testing.assert_allclose(there_and_back, values, rtol=1e-12)


def test_fill_value_is_the_median_of_the_known_values():
    raw = column(1.0, np.nan, 4.0, 100.0, np.nan, 6.0)
    scaler = preparation.fit_scaler(raw, features_of(revenue="none"))
    assert scaler["fill_value"].tolist() == [5.0]


def test_a_missing_value_is_scaled_as_the_median():
    raw = column(1.0, 4.0, 100.0, 6.0)
    scaler = preparation.fit_scaler(raw, features_of(revenue="log1p"))
    missing_and_median = preparation.scale(column(np.nan, 5.0), scaler)
    assert missing_and_median[0, 0] == missing_and_median[1, 0]


def test_the_median_is_taken_in_raw_units_before_log1p():
    raw = column(0.0, 8.0, np.nan)
    scaler = preparation.fit_scaler(raw, features_of(revenue="log1p"))
    assert scaler["fill_value"].tolist() == [4.0]
    assert scaler["mean"][0] == pytest.approx(
        (scaler["clip_low"][0] + math.log(5.0) + scaler["clip_high"][0]) / 3.0
    )


def test_clip_bounds_of_0_to_1000_are_5_and_995():
    raw = column(*range(1001))
    scaler = preparation.fit_scaler(raw, features_of(revenue="none"))
    assert scaler["clip_low"][0] == pytest.approx(5.0)
    assert scaler["clip_high"][0] == pytest.approx(995.0)
    scaled = preparation.scale(raw, scaler)[:, 0]
    assert (scaled[:6] == scaled[5]).all()
    assert (scaled[995:] == scaled[995]).all()
    assert scaled[6] > scaled[5]
    assert scaled[994] < scaled[995]


def test_clip_bounds_interpolate_linearly():
    # The 0.5 percentile of 0, 10 lies 0.005 of the way from 0 to 10.
    scaler = preparation.fit_scaler(column(0.0, 10.0), features_of(revenue="none"))
    assert scaler["clip_low"][0] == pytest.approx(0.05)
    assert scaler["clip_high"][0] == pytest.approx(9.95)
    assert scaler["mean"][0] == pytest.approx(5.0)
    assert scaler["scale"][0] == pytest.approx(4.95)  # ddof 0; with ddof 1 it would be 7.0


def test_clip_bounds_are_in_transformed_units():
    scaler = preparation.fit_scaler(column(0.0, math.e - 1.0), features_of(revenue="log1p"))
    assert scaler["clip_low"][0] == pytest.approx(0.005)
    assert scaler["clip_high"][0] == pytest.approx(0.995)


def test_scale_by_hand():
    scaler = pd.DataFrame(
        {
            "feature": ["orders", "revenue"],
            "transform": ["none", "log1p"],
            "fill_value": [4.0, math.e - 1.0],
            "clip_low": [1.0, 0.0],
            "clip_high": [9.0, 2.0],
            "mean": [5.0, 1.5],
            "scale": [2.0, 0.5],
        }
    )
    raw = np.array([[3.0, -5.0], [np.nan, np.nan], [0.0, 1e9], [50.0, math.e**2 - 1.0]])
    expected = [[-1.0, -3.0], [-0.5, -1.0], [-2.0, 1.0], [2.0, 1.0]]
    np.testing.assert_allclose(preparation.scale(raw, scaler), expected, atol=1e-12)


def test_scaled_columns_have_mean_0_and_standard_deviation_1():
    raw = np.random.default_rng(3).lognormal(3.0, 1.0, (500, 2))
    scaler = preparation.fit_scaler(raw, features_of(orders="none", revenue="log1p"))
    scaled = preparation.scale(raw, scaler)
    np.testing.assert_allclose(scaled.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1.0, atol=1e-12)


def test_unscale_undoes_scale_within_the_clip_bounds():
    raw = np.random.default_rng(4).lognormal(3.0, 1.0, (500, 2))
    scaler = preparation.fit_scaler(raw, features_of(orders="none", revenue="log1p"))
    transformed = np.column_stack([raw[:, 0], np.log1p(raw[:, 1])])
    inside = (
        (transformed >= scaler["clip_low"].to_numpy())
        & (transformed <= scaler["clip_high"].to_numpy())
    ).all(axis=1)
    assert 480 < inside.sum() < 500
    back = preparation.unscale(preparation.scale(raw, scaler), scaler)
    np.testing.assert_allclose(back[inside], raw[inside], rtol=1e-10)


def test_scaler_keeps_the_order_of_the_features():
    raw = np.random.default_rng(5).normal(size=(20, 3))
    features = features_of(zeta="none", alpha="none", mu="none")
    assert preparation.fit_scaler(raw, features)["feature"].tolist() == ["zeta", "alpha", "mu"]


def test_raw_matrix_sorts_by_value_first_feature_first():
    sample = pd.DataFrame({"a": [2, 1, 2, 1], "b": [0.5, 9.0, np.nan, 3.0], "other": list("wxyz")})
    matrix = preparation.raw_matrix(sample, features_of(a="none", b="none"))
    np.testing.assert_array_equal(matrix, [[1, 3], [1, 9], [2, 0.5], [2, np.nan]])


def test_raw_matrix_reads_nullable_columns():
    sample = pd.DataFrame({"a": pd.array([3, None, 1], dtype="Int64")})
    matrix = preparation.raw_matrix(sample, features_of(a="none"))
    np.testing.assert_array_equal(matrix, [[1.0], [3.0], [np.nan]])


def test_raw_matrix_has_the_same_bits_whichever_zero_comes_first():
    rows = pd.DataFrame({"a": [0.0, -0.0, 1.0], "b": [5.0, 5.0, 2.0]})
    features = features_of(a="none", b="none")
    first = preparation.raw_matrix(rows.iloc[[0, 1, 2]], features)
    second = preparation.raw_matrix(rows.iloc[[1, 0, 2]], features)
    assert first.tobytes() == second.tobytes()


def test_no_customers_names_the_remedy():
    sample = pd.DataFrame({"a": pd.Series([], dtype="float64")})
    with pytest.raises(SegmentationError, match=r"no customers .*lower min_orders"):
        preparation.raw_matrix(sample, features_of(a="none"))


@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_infinite_value_names_feature_count_and_remedy(infinity):
    sample = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [infinity, 1.0, infinity]})
    with pytest.raises(SegmentationError, match=r"'b' is infinite for 2 customers.*is_clustered"):
        preparation.raw_matrix(sample, features_of(a="none", b="none"))


def test_all_null_feature_names_feature_and_remedy():
    raw = np.array([[1.0, np.nan], [2.0, np.nan]])
    with pytest.raises(SegmentationError, match=r"'b' is missing for every customer.*is_clustered"):
        preparation.fit_scaler(raw, features_of(a="none", b="none"))


@pytest.mark.parametrize(
    ("values", "transform", "shown"),
    [
        ([7.0, 7.0, 7.0], "none", "7"),
        ([7.0, np.nan, 7.0], "log1p", "7"),
        ([-1.0, -2.0, -3.0], "log1p", "0"),  # all floored
        ([3.0] * 999 + [50.0], "none", "3"),  # the only other value is clipped away
    ],
)
def test_constant_feature_names_feature_value_and_remedy(values, transform, shown):
    message = rf"'revenue' is constant: .* every customer has {shown}; set is_clustered to false"
    with pytest.raises(SegmentationError, match=message):
        preparation.fit_scaler(column(*values), features_of(revenue=transform))


def test_unknown_transform_names_feature_transform_and_remedy():
    message = r"'revenue'.*unknown transform 'sqrt': use one of none, log1p.*feature_definitions"
    with pytest.raises(SegmentationError, match=message):
        preparation.fit_scaler(column(1.0, 2.0), features_of(revenue="sqrt"))
