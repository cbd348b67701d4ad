"""A plane through the prepared features, for looking at segments."""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from segmart.model.preparation import scale, scaler_of

CUSTOMERS_SHOWN = 1_500


def project(sample: pd.DataFrame, model: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """The first customers of the sample on the first two principal components.

    Principal component analysis of the prepared features, by scikit-learn; the sign of an axis is
    such that its largest weight is positive. With one feature the second axis is 0. Source:
    https://scikit-learn.org/stable/modules/generated/sklearn.decomposition.PCA.html

    Args:
        sample: customer_id and the clustered features, in the order of the draw.
        model: rows of ``segment_model`` of one version.
        labels: customer_id, segment_id and segment_name of the customers of the sample.

    Returns:
        segment_id, segment_name, x, y (standard deviations of the population), explained (share of
        the variance on the two axes, the same in every row).
    """
    scaler = scaler_of(model)
    raw = sample[scaler["feature"].tolist()].to_numpy(dtype="float64", na_value=np.nan)
    matrix = scale(raw, scaler)
    # By the covariance, a few numbers a side, whatever the number of customers.
    plane = PCA(min(2, matrix.shape[1]), svd_solver="covariance_eigh").fit(matrix)
    axes = plane.components_.T
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    points = matrix[:CUSTOMERS_SHOWN] @ axes
    shown = (
        sample[["customer_id"]]
        .head(CUSTOMERS_SHOWN)
        .assign(x=points[:, 0], y=points[:, 1] if points.shape[1] > 1 else 0.0)
    )
    named = shown.merge(labels, on="customer_id")
    return named[["segment_id", "segment_name", "x", "y"]].assign(
        explained=plane.explained_variance_ratio_.sum()
    )
