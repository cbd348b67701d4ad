"""What the dbt Python models call: frames in, frames out."""

import hashlib
import json

import numpy as np
import pandas as pd

from segmart import SegmentationError, clustering, preparation, selection

# The final fit is one of ten starts or more: one start alone misses the optimum one time in three.
FINAL_STARTS = 25


def k_sweep(
    sample: pd.DataFrame, features: pd.DataFrame, *, k: str, max_k: int, seed: int
) -> pd.DataFrame:
    """One row for each k: the criteria, which of them pick it, whether it is chosen, the verdict.

    Args:
        sample: customer_id, as_of and one column a clustered feature (raw units, null if missing).
        features: feature, transform and higher_is_better of the clustered features, in order.
        k: ``auto`` or a whole number.
        max_k: largest k to compare.
        seed: of every random draw.

    Raises:
        SegmentationError: the sample cannot be segmented (see ``preparation``), or k is too large.
    """
    raw = preparation.raw_matrix(sample, features)
    matrix = preparation.scale(raw, preparation.fit_scaler(raw, features))
    _require_distinct(matrix, 2)
    comparison = selection.compare_k(matrix, max_k, seed=seed)
    verdict = selection.judge(comparison)
    chosen, criterion = selection.choose(comparison, verdict, k)
    picked = selection.picks(comparison, verdict)
    settings = {"k": k, "max_k": max_k, "seed": seed, "starts": FINAL_STARTS}
    as_of = pd.Timestamp(sample["as_of"].iloc[0])
    fingerprint = _fingerprint(raw, features, as_of, settings)
    return comparison.assign(
        picked_by=[
            ", ".join(name for name, picked_k in picked.items() if picked_k == row_k) or None
            for row_k in comparison["k"]
        ],
        is_chosen=comparison["k"] == chosen,
        chosen_by=criterion,
        has_clusters=verdict.has_clusters,
        silhouette_gain=verdict.silhouette_gain,
        gain_k=verdict.gain_k,
        elbow_k=pd.array([verdict.elbow_k] * len(comparison), dtype="Int64"),
        verdict=verdict.sentence,
        structureless_draws=selection.STRUCTURELESS_DRAWS,
        bootstrap_draws=selection.BOOTSTRAP_DRAWS,
        params=json.dumps(settings, sort_keys=True),
        seed=seed,
        input_fingerprint=fingerprint,
        model_version=f"{as_of:%Y-%m-%d}-{fingerprint[:8]}",
        fitted_as_of=as_of.date(),
        sample_size=len(sample),
    )


def segment_fit(sample: pd.DataFrame, features: pd.DataFrame, sweep: pd.DataFrame) -> pd.DataFrame:
    """The model as rows, one a segment and feature.

    Args:
        sample, features: as for ``k_sweep``.
        sweep: what ``k_sweep`` returned.

    Returns:
        model_version, segment_id (1 is the most valuable), feature, feature_position, the five
        steps of ``preparation.fit_scaler``, center_scaled, center_raw, variance_scaled (mean
        squared distance of the segment's customers to the center along the feature),
        sample_customers, inertia.
    """
    chosen = sweep[sweep["is_chosen"]].iloc[0]
    raw = preparation.raw_matrix(sample, features)
    scaler = preparation.fit_scaler(raw, features)
    matrix = preparation.scale(raw, scaler)
    k, seed = int(chosen["k"]), int(chosen["seed"])
    clusters = clustering.fit(matrix, k, seed=seed, starts=FINAL_STARTS)
    directions = np.where(features["higher_is_better"].astype(bool), 1.0, -1.0)
    clusters = clustering.order_by_value(clusters, directions)
    return model_rows(clusters, matrix, scaler).assign(
        model_version=chosen["model_version"], inertia=clusters.inertia
    )


def model_rows(
    clusters: clustering.Clusters, matrix: np.ndarray, scaler: pd.DataFrame
) -> pd.DataFrame:
    """Clusters of a matrix as the rows that ``segment_fit`` describes, numbered in their order."""
    centers_raw = preparation.unscale(clusters.centers, scaler)
    rows = []
    for cluster in range(clusters.k):
        members = matrix[clusters.labels == cluster]
        rows.append(
            scaler.assign(
                segment_id=cluster + 1,
                feature_position=np.arange(1, len(scaler) + 1),
                center_scaled=clusters.centers[cluster],
                center_raw=centers_raw[cluster],
                variance_scaled=members.var(axis=0),
                sample_customers=len(members),
            )
        )
    return pd.concat(rows, ignore_index=True)


def fitted_labels(sample: pd.DataFrame, model: pd.DataFrame) -> pd.DataFrame:
    """What scikit-learn's ``KMeans.predict`` says of each customer of the sample.

    Args:
        sample: as for ``k_sweep``.
        model: what ``segment_fit`` returned.

    Returns:
        model_version, customer_id, segment_id.
    """
    scaler = preparation.scaler_of(model)
    names = scaler["feature"].tolist()
    raw = sample[names].to_numpy(dtype="float64", na_value=np.nan)
    centers = preparation.centers_of(model, "center_scaled", names)
    labels = clustering.predict(preparation.scale(raw, scaler), centers)
    return pd.DataFrame(
        {
            "model_version": model["model_version"].iloc[0],
            "customer_id": sample["customer_id"],
            "segment_id": np.sort(model["segment_id"].unique())[labels],
        }
    )


def _require_distinct(matrix: np.ndarray, minimum: int) -> None:
    distinct = clustering.count_distinct(matrix)
    if distinct < minimum:
        raise SegmentationError(
            f"all {len(matrix)} customers are identical in the clustered features: cluster other "
            "features (is_clustered in the seed feature_definitions), or widen the input"
        )


def _fingerprint(
    raw: np.ndarray, features: pd.DataFrame, as_of: pd.Timestamp, settings: dict
) -> str:
    description = features[["feature", "transform", "higher_is_better"]].to_dict("records")
    digest = hashlib.sha256(raw.tobytes())
    digest.update(json.dumps([str(as_of.date()), description, settings], default=str).encode())
    return digest.hexdigest()
