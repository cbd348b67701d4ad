"""From raw features to the matrix that K-means sees, and back.

A feature passes five steps: a missing value becomes ``fill_value``; ``transform`` (none, or log1p
of the value floored at 0); clip to ``clip_low``..``clip_high`` in transformed units; subtract
``mean``; divide by ``scale``. ``scoring`` writes the same steps as SQL.
"""

import numpy as np
import pandas as pd

from segmart import SegmentationError

TRANSFORMS = ("none", "log1p")
CLIP_QUANTILES = (0.005, 0.995)


def transform(values: np.ndarray, name: str) -> np.ndarray:
    """Apply the named transform to an array of float64; NaN stays NaN.

    Raises:
        SegmentationError: the transform is not one of ``TRANSFORMS``.
    """
    if name == "none":
        return values
    if name == "log1p":
        return np.log1p(np.maximum(values, 0.0))
    raise SegmentationError(
        f"unknown transform '{name}': use one of {', '.join(TRANSFORMS)} "
        "in the seed feature_definitions"
    )


def inverse_transform(values: np.ndarray, name: str) -> np.ndarray:
    """Undo ``transform`` (for log1p up to the floor at 0)."""
    return np.expm1(values) if name == "log1p" else values


def raw_matrix(sample: pd.DataFrame, features: pd.DataFrame) -> np.ndarray:
    """The clustered columns of the sample as float64, shape (customers, features).

    The rows are sorted by their values, first feature first. K-means depends on the order of
    its rows; sorting by value makes the fit independent of how the input was ordered and of
    what the customers are called, since rows that tie are identical.

    Raises:
        SegmentationError: there is no customer, or a value is infinite.
    """
    names = features["feature"].tolist()
    if sample.empty:
        raise SegmentationError(
            "no customers are left to segment: look at customer_accounting for the "
            "reasons, then lower min_orders or widen the input"
        )
    values = sample[names].to_numpy(dtype="float64", na_value=np.nan)
    for column, name in enumerate(names):
        infinite = np.isinf(values[:, column])
        if infinite.any():
            raise SegmentationError(
                f"feature '{name}' is infinite for {int(infinite.sum())} customers: "
                "correct the input, or set is_clustered to false in the seed feature_definitions"
            )
    # -0.0 becomes 0.0: the two sort as ties but differ in bits, and so would the fingerprint.
    values = values + 0.0
    return values[np.lexsort(values.T[::-1])]


def fit_scaler(raw: np.ndarray, features: pd.DataFrame) -> pd.DataFrame:
    """Learn the five steps from raw values, shape (customers, features), NaN where missing.

    Returns one row a feature, in the order of ``features``: feature, label, transform,
    fill_value (raw units; the median), clip_low, clip_high, mean, scale (transformed units).
    Scale is the population standard deviation (ddof 0), as in scikit-learn's StandardScaler:
    https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.StandardScaler.html

    Raises:
        SegmentationError: a feature has no value at all, or only one, or an unknown transform.
    """
    rows = []
    for column, (name, transform_name) in enumerate(
        zip(features["feature"], features["transform"], strict=True)
    ):
        values = raw[:, column]
        known = values[~np.isnan(values)]
        remedy = (
            "leave it out of the var metrics"
            if name.startswith("metric_")
            else "set is_clustered to false for it in the seed feature_definitions; or leave out "
            "its column, of order lines with none in the var columns, of metrics in the var metrics"
        )
        if known.size == 0:
            raise SegmentationError(f"feature '{name}' is missing for every customer: {remedy}")
        fill_value = float(np.median(known))
        try:
            filled = transform(np.where(np.isnan(values), fill_value, values), transform_name)
        except SegmentationError as error:
            raise SegmentationError(f"feature '{name}': {error}") from None
        clip_low, clip_high = np.quantile(filled, CLIP_QUANTILES)
        clipped = np.clip(filled, clip_low, clip_high)
        if clip_low == clip_high:
            raise SegmentationError(
                f"feature '{name}' is constant: after the clip at the 0.5 and 99.5 percentiles "
                f"every customer has {inverse_transform(clip_low, transform_name):g}; {remedy}"
            )
        rows.append(
            {
                "feature": name,
                "transform": transform_name,
                "fill_value": fill_value,
                "clip_low": clip_low,
                "clip_high": clip_high,
                "mean": clipped.mean(),
                "scale": clipped.std(),
            }
        )
    return pd.DataFrame(rows)


def scale(raw: np.ndarray, scaler: pd.DataFrame) -> np.ndarray:
    """Raw values, shape (customers, features), to the float64 matrix that K-means sees."""
    filled = np.where(np.isnan(raw), scaler["fill_value"].to_numpy(), raw)
    low, high = scaler["clip_low"].to_numpy(), scaler["clip_high"].to_numpy()
    return _standardised(np.clip(_transformed(filled, scaler), low, high), scaler)


def scale_centers(centers_raw: np.ndarray, scaler: pd.DataFrame) -> np.ndarray:
    """Raw centroids, shape (segments, features), to the units of a scaler: undoes ``unscale``.

    They are not clipped: with the scaler of other data they may lie outside its range.
    """
    return _standardised(_transformed(centers_raw, scaler), scaler)


def _transformed(values: np.ndarray, scaler: pd.DataFrame) -> np.ndarray:
    return np.column_stack(
        [transform(values[:, column], name) for column, name in enumerate(scaler["transform"])]
    )


def _standardised(transformed: np.ndarray, scaler: pd.DataFrame) -> np.ndarray:
    return (transformed - scaler["mean"].to_numpy()) / scaler["scale"].to_numpy()


def unscale(centers: np.ndarray, scaler: pd.DataFrame) -> np.ndarray:
    """Centroids in scaled units, shape (segments, features), back to raw units."""
    return _inverted(centers * scaler["scale"].to_numpy() + scaler["mean"].to_numpy(), scaler)


def clip_raw(raw: np.ndarray, scaler: pd.DataFrame) -> np.ndarray:
    """Raw values, shape (customers, features), within the clip of the scaler; NaN stays NaN."""
    low, high = _inverted(scaler[["clip_low", "clip_high"]].to_numpy().T, scaler)
    return np.clip(raw, low, high)


def _inverted(transformed: np.ndarray, scaler: pd.DataFrame) -> np.ndarray:
    return np.column_stack(
        [
            inverse_transform(transformed[:, column], name)
            for column, name in enumerate(scaler["transform"])
        ]
    )


def scaler_of(model: pd.DataFrame) -> pd.DataFrame:
    """The scaler in the rows of ``segment_model`` of one version, as ``fit_scaler`` returned it."""
    first = model[model["segment_id"] == model["segment_id"].min()]
    return first.sort_values("feature_position", ignore_index=True)


def centers_of(model: pd.DataFrame, column: str, features: list[str]) -> np.ndarray:
    """The centroids in the rows of ``segment_model`` of one version, shape (segments, features).

    Args:
        model: the rows.
        column: center_raw or center_scaled.
        features: which of them, in this order; the segments are in the order of their numbers.
    """
    return model.pivot(index="segment_id", columns="feature", values=column)[features].to_numpy()
