"""What the dbt Python models call: frames in, frames out."""

import hashlib
import json

import numpy as np
import pandas as pd

from segmart import SegmentationError, clustering, gates, identity, preparation, selection
from segmart.frames import typed

# The final fit is one of ten starts or more: one start alone misses the optimum one time in three.
FINAL_STARTS = 25


SWEEP_COLUMNS = {
    **{"k": "int64", "inertia": "float64", "silhouette": "float64", "davies_bouldin": "float64"},
    **{"calinski_harabasz": "float64", "stability_ari": "float64", "stability_error": "float64"},
    **{"smallest_share": "float64", "structureless_silhouette": "float64", "bend": "float64"},
    **{"structureless_bend": "float64", "picked_by": "string", "is_chosen": "bool"},
    **{"chosen_by": "string", "has_clusters": "bool", "silhouette_gain": "float64"},
    **{"gain_k": "Int64", "elbow_k": "Int64", "verdict": "string", "structureless_draws": "int64"},
    **{"bootstrap_draws": "int64", "params": "string", "seed": "int64"},
    **{"input_fingerprint": "string", "model_version": "string", "parent_version": "string"},
    **{"configuration": "string", "fitted_as_of": "datetime64[us]", "sample_size": "int64"},
}
MODEL_COLUMNS = {
    **{"feature": "string", "transform": "string", "fill_value": "float64"},
    **{"clip_low": "float64", "clip_high": "float64", "mean": "float64", "scale": "float64"},
    **{"segment_id": "int64", "feature_position": "int64", "center_scaled": "float64"},
    **{"center_raw": "float64", "variance_scaled": "float64", "sample_customers": "int64"},
    **{"bootstrap_jaccard": "float64", "model_version": "string", "inertia": "float64"},
}


def k_sweep(
    sample: pd.DataFrame,
    features: pd.DataFrame,
    decision: pd.DataFrame,
    *,
    k: str,
    max_k: int,
    seed: int,
) -> pd.DataFrame:
    """One row for each k: the criteria, which of them pick it, whether it is chosen, the verdict.

    Args:
        sample: customer_id, as_of and one column a clustered feature (raw units, null if missing).
        features: feature, transform and higher_is_better of the clustered features, in order.
        decision: one row: is_refit, base_version (the model that the build begins with), and
            configuration (features, transforms and k, in words).
        k: ``auto`` or a whole number.
        max_k: largest k to compare.
        seed: of every random draw.

    Returns:
        ``SWEEP_COLUMNS``; no row when the decision is not to refit.

    Raises:
        SegmentationError: the sample cannot be segmented (see ``preparation``), or k is too large.
    """
    raw = preparation.raw_matrix(sample, features)
    if not decision["is_refit"].iloc[0]:
        return typed([], SWEEP_COLUMNS)
    matrix = preparation.scale(raw, preparation.fit_scaler(raw, features))
    _require_distinct(matrix, 2)
    comparison = selection.compare_k(matrix, max_k, seed=seed)
    verdict = selection.judge(comparison)
    chosen, criterion = selection.choose(comparison, verdict, k)
    picked = selection.picks(comparison, verdict)
    settings = {"k": k, "max_k": max_k, "seed": seed, "starts": FINAL_STARTS}
    as_of = pd.Timestamp(sample["as_of"].iloc[0])
    base_version = decision["base_version"].iloc[0]
    parent = None if pd.isna(base_version) else str(base_version)
    fingerprint = _fingerprint(raw, features, as_of, settings, parent)
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
        elbow_k=verdict.elbow_k,
        verdict=verdict.sentence,
        structureless_draws=selection.STRUCTURELESS_DRAWS,
        bootstrap_draws=selection.BOOTSTRAP_DRAWS,
        params=json.dumps(settings, sort_keys=True),
        seed=seed,
        input_fingerprint=fingerprint,
        model_version=f"{as_of:%Y-%m-%d}-{fingerprint[:8]}",
        parent_version=parent,
        configuration=decision["configuration"].iloc[0],
        fitted_as_of=as_of,
        sample_size=len(sample),
    ).astype(SWEEP_COLUMNS)[list(SWEEP_COLUMNS)]


def segment_fit(
    sample: pd.DataFrame, features: pd.DataFrame, sweep: pd.DataFrame, active: pd.DataFrame
) -> pd.DataFrame:
    """The candidate as rows, one a segment and feature.

    Args:
        sample, features: as for ``k_sweep``.
        sweep: what ``k_sweep`` returned.
        active: rows of ``segment_model`` of the active version; none before the first fit.

    Returns:
        ``MODEL_COLUMNS``: the five steps of ``preparation.fit_scaler``, center_scaled, center_raw,
        variance_scaled (mean squared distance of the segment's customers to the center along the
        feature), sample_customers, bootstrap_jaccard (see ``selection.cluster_stability``). The
        numbers of the segments are provisional, 1 is the most valuable: ``identity.lineage`` gives
        the lasting ones. No row when the sweep has none.

    Raises:
        SegmentationError: as for ``k_sweep``.
    """
    if sweep.empty:
        return typed([], MODEL_COLUMNS)
    chosen = sweep[sweep["is_chosen"]].iloc[0]
    raw = preparation.raw_matrix(sample, features)
    scaler = preparation.fit_scaler(raw, features)
    matrix = preparation.scale(raw, scaler)
    k, seed = int(chosen["k"]), int(chosen["seed"])
    warm = identity.carried_centers(active, scaler) if active["segment_id"].nunique() == k else None
    clusters = identity.refit(matrix, k, warm, seed=seed, starts=FINAL_STARTS)
    directions = np.where(features["higher_is_better"].astype(bool), 1.0, -1.0)
    clusters = clustering.order_by_value(clusters, directions)
    jaccard = selection.cluster_stability(matrix, clusters, seed=seed)
    rows = model_rows(clusters, matrix, scaler)
    return rows.assign(
        bootstrap_jaccard=jaccard[rows["segment_id"] - 1],
        model_version=chosen["model_version"],
        inertia=clusters.inertia,
    ).astype(MODEL_COLUMNS)[list(MODEL_COLUMNS)]


def candidate_lineage(
    sample: pd.DataFrame, active: pd.DataFrame, candidate: pd.DataFrame, last_id: int
) -> pd.DataFrame:
    """What became of each segment in the candidate; see ``identity.lineage``.

    Args:
        sample: as for ``k_sweep``, with previous_segment_id, the last segment that was published
            for the customer (missing for a new one).
        active, candidate: rows of ``segment_model`` of the active version, and of ``segment_fit``.
        last_id: the largest number that a segment has ever had.

    Returns:
        The columns of ``identity.lineage``, model_version and from_model_version.
    """
    if candidate.empty:
        return identity.no_lineage()
    if active.empty:
        found = identity.first_lineage(candidate, last_id)
    else:
        before = sample["previous_segment_id"].astype("Int64")
        # Under other ids than those of the last release nobody is known.
        if before.isna().all() and _can_predict(sample, active):
            before = predicted(sample, active)
        found = identity.lineage(active, candidate, before, predicted(sample, candidate), last_id)
    return identity.of_versions(found, candidate, active)


def candidate_gates(
    sample: pd.DataFrame,
    active: pd.DataFrame,
    candidate: pd.DataFrame,
    lineage: pd.DataFrame,
    sweep: pd.DataFrame,
    drift: pd.DataFrame,
    limits: gates.Limits,
) -> pd.DataFrame:
    """The gates of a candidate, as ``gates.judge`` gives them; none for the first model.

    Args:
        sample, active, candidate, sweep: as for ``candidate_lineage`` and ``segment_fit``. Where
            the sample lacks a feature of the active model, customers are held against the segment
            that was published for them.
        lineage: what ``candidate_lineage`` returned.
        drift: feature, quantile_shift and drift of each feature of the active model.
        limits: of the gates.
    """
    if candidate.empty or active.empty:
        return gates.none()
    same = set(active["feature"]) == set(candidate["feature"])
    numbers = lineage.dropna(subset=["provisional_id"]).drop_duplicates("provisional_id")
    number = dict(zip(numbers["provisional_id"], numbers["segment_id"], strict=True))
    after = predicted(sample, candidate)
    before = sample["previous_segment_id"].dropna()
    if _can_predict(sample, active):
        before = predicted(sample, active)
    inertia = float(candidate["inertia"].iloc[0])
    return gates.judge(
        lineage,
        identity.jumps(active, candidate, lineage),
        drift,
        # Where nobody can be told, nobody is known to have stayed.
        moved=float((before != after.map(number)[before.index]).mean()) if len(before) else 1.0,
        inertia_ratio=inertia / _inertia_of(active, sample, candidate) if same else None,
        stability=float(sweep.loc[sweep["is_chosen"], "stability_ari"].iloc[0]),
        smallest_share=float(after.value_counts(normalize=True).min()),
        limits=limits,
    ).assign(model_version=candidate["model_version"].iloc[0])


def _inertia_of(active: pd.DataFrame, sample: pd.DataFrame, candidate: pd.DataFrame) -> float:
    """Of the active centroids on today's customers, in the candidate's scaled units."""
    scaler = preparation.scaler_of(candidate)
    names = scaler["feature"].tolist()
    matrix = preparation.scale(_matrix(sample, names), scaler)
    centers = preparation.scale_centers(preparation.centers_of(active, "center_raw", names), scaler)
    return float(((matrix - centers[clustering.predict(matrix, centers)]) ** 2).sum())


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
        model: rows of ``segment_model`` of one version.

    Returns:
        model_version, customer_id, segment_id.
    """
    return pd.DataFrame(
        {
            "model_version": model["model_version"].iloc[0],
            "customer_id": sample["customer_id"],
            "segment_id": predicted(sample, model),
        }
    )


def predicted(sample: pd.DataFrame, model: pd.DataFrame) -> pd.Series:
    """The segment of each customer of the sample, in its order, by one version of the model."""
    scaler = preparation.scaler_of(model)
    names = scaler["feature"].tolist()
    centers = preparation.centers_of(model, "center_scaled", names)
    labels = clustering.predict(preparation.scale(_matrix(sample, names), scaler), centers)
    return pd.Series(np.sort(model["segment_id"].unique())[labels], index=sample.index)


def _can_predict(sample: pd.DataFrame, model: pd.DataFrame) -> bool:
    """Whether the sample has every feature of the model: the input may have lost one."""
    return set(model["feature"]) <= set(sample.columns)


def _matrix(sample: pd.DataFrame, names: list[str]) -> np.ndarray:
    return sample[names].to_numpy(dtype="float64", na_value=np.nan)


def _require_distinct(matrix: np.ndarray, minimum: int) -> None:
    distinct = clustering.count_distinct(matrix)
    if distinct < minimum:
        raise SegmentationError(
            f"all {len(matrix)} customers are identical in the clustered features: cluster other "
            "features (is_clustered in the seed feature_definitions), or widen the input"
        )


def _fingerprint(
    raw: np.ndarray,
    features: pd.DataFrame,
    as_of: pd.Timestamp,
    settings: dict,
    parent: str | None,
) -> str:
    description = features[["feature", "transform", "higher_is_better"]].to_dict("records")
    digest = hashlib.sha256(raw.tobytes())
    digest.update(json.dumps([str(as_of.date()), description, settings, parent]).encode())
    return digest.hexdigest()
