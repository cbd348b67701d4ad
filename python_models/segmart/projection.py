"""A plane through the prepared features, for looking at segments."""

import numpy as np
import pandas as pd

from segmart.preparation import scale, scaler_of

CUSTOMERS_SHOWN = 1_500


def project(sample: pd.DataFrame, model: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """The first customers of the sample on the first two principal components.

    Principal component analysis by singular value decomposition of the prepared features (Jolliffe,
    "Principal Component Analysis", 2002); the sign of an axis is such that its largest weight is
    positive. With one feature the second axis is 0.

    Args:
        sample: customer_id and the clustered features, in the order of the draw.
        model: what ``fitting.segment_fit`` returned.
        labels: customer_id, segment_id and segment_name of the customers of the sample.

    Returns:
        segment_id, segment_name, x, y (standard deviations of the population), explained (share of
        the variance on the two axes, the same in every row).
    """
    scaler = scaler_of(model)
    raw = sample[scaler["feature"].tolist()].to_numpy(dtype="float64", na_value=np.nan)
    matrix = scale(raw, scaler)
    # Of the covariance, a few numbers a side, whatever the number of customers.
    variances, axes = np.linalg.eigh(np.atleast_2d(np.cov(matrix, rowvar=False)))
    axes = axes[:, np.argsort(-variances, kind="stable")][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    points = matrix[:CUSTOMERS_SHOWN] @ axes
    shown = (
        sample[["customer_id"]]
        .head(CUSTOMERS_SHOWN)
        .assign(x=points[:, 0], y=points[:, 1] if points.shape[1] > 1 else 0.0)
    )
    explained = np.sort(variances)[::-1][:2].sum() / variances.sum()
    named = shown.merge(labels, on="customer_id")
    return named[["segment_id", "segment_name", "x", "y"]].assign(explained=explained)
