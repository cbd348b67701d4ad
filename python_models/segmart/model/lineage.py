"""Which segment of a refit is which segment of the active model, and what became of each.

Numbers of segments are names that dashboards filter on: a segment keeps its number as long as it is
the same group of customers in the same place, and a number is never given to another one.
"""

import numpy as np
import pandas as pd

from segmart.engine.frames import typed
from segmart.model import clustering, preparation

# A segment goes on in another when more than this share of the customers of each is in the other:
# at a tie it would have two owners.
MAJORITY = 0.5
# A part of a split segment, or of a merged one, is at least this share of the whole.
SMALLEST_PART = 0.1
# A cold start replaces the warm one only when it lowers the inertia by more than this share: a
# nearly equal optimum elsewhere would move customers who did nothing.
CLOSE_CALL = 0.01
COLUMNS = {
    "provisional_id": "Int64",
    "segment_id": "Int64",
    "event": "string",
    "from_segment_id": "Int64",
    "customers": "Int64",
    "share_of_previous": "float64",
    "share_of_segment": "float64",
    "centroid_jump": "float64",
    "jump_feature": "string",
}
VERSIONS = {"model_version": "string", "from_model_version": "string"}


def refit(
    matrix: np.ndarray, k: int, warm_centers: np.ndarray | None, *, seed: int, starts: int
) -> clustering.Clusters:
    """The better of a warm start and of ``starts`` cold ones; a close call goes to the warm one.

    Args:
        matrix: float64, shape (customers, features), as ``preparation.scale`` gives it.
        k: number of segments.
        warm_centers: what ``carried_centers`` gives, shape (k, features); None when there is no
            active model, or one with another k or other features.
        seed, starts: as for ``clustering.fit``.

    Returns:
        The clusters; those of the warm start keep the order of ``warm_centers``.
    """
    cold = clustering.fit(matrix, k, seed=seed, starts=starts)
    if warm_centers is None:
        return cold
    warm = clustering.fit(matrix, k, seed=seed, warm_centers=(warm_centers,))
    return cold if cold.inertia < (1 - CLOSE_CALL) * warm.inertia else warm


def carried_centers(active: pd.DataFrame, scaler: pd.DataFrame) -> np.ndarray | None:
    """The active centroids in the scaled units of another scaler, shape (segments, features).

    Args:
        active: rows of ``segment_model`` of one model version.
        scaler: what ``preparation.fit_scaler`` returned for today's customers.

    Returns:
        None when the two models do not have the same features and transforms.
    """
    frozen, kept = preparation.scaler_of(active), ["feature", "transform"]
    if frozen[kept].to_dict("list") != scaler[kept].to_dict("list"):
        return None
    centers = preparation.centers_of(active, "center_raw", scaler["feature"].tolist())
    return preparation.scale_centers(centers, scaler)


def lineage(
    active: pd.DataFrame, candidate: pd.DataFrame, before: pd.Series, after: pd.Series, last_id: int
) -> pd.DataFrame:
    """What became of each segment of the active model, and the number of each of the candidate.

    Segments are paired by the Hungarian method (Kuhn, 1955), which makes the sum of the squared
    distances of the centroids smallest. Distances are taken in the units of the active model's own
    scaler: a refitted one would hide a change of unit. Without a feature in both models the pairs
    are those with the most customers in both. A pair is the same segment when the customers say so
    too: most of the old segment's customers are in the new one, and the other way
    round. The others are told apart by where the customers come from:

    - merged: two segments or more have most of their customers in it, each a tenth of it or more.
    - split: two segments or more, this one among them, have most of their customers from one, each
      a tenth of that one or more; none of them keeps its number.
    - born: none of these. ended: no segment comes from it.

    Args:
        active, candidate: rows of ``segment_model`` of one version each; the numbers of the
            candidate are provisional, from 1 on.
        before: number in the active model of each customer of the sample, missing for one who had
            no segment; Int64.
        after: provisional number of the same customers, in the same order.
        last_id: the largest number that any model version has ever used.

    Returns:
        One row a segment of the candidate and each that it comes from, then one a segment that
        ended: provisional_id, segment_id (Int64; missing when it ended), event, from_segment_id
        (Int64; missing when born), customers (in both), share_of_previous, share_of_segment,
        centroid_jump (largest change of a coordinate of a continued centroid, in units of the
        active scaler; missing without a feature in both models), jump_feature.
    """
    from scipy.optimize import linear_sum_assignment

    old_ids = np.sort(active["segment_id"].unique())
    new_ids = np.sort(candidate["segment_id"].unique())
    counts = pd.crosstab(before.fillna(0).to_numpy(), after.to_numpy())
    counts = counts.reindex(index=[0, *old_ids], columns=new_ids, fill_value=0).to_numpy()
    shared = counts[1:]
    of_old = shared / np.maximum(shared.sum(axis=1, keepdims=True), 1)
    of_known = shared / np.maximum(shared.sum(axis=0), 1)
    of_new = shared / np.maximum(counts.sum(axis=0), 1)
    moves, features = _moves_of_centers(active, candidate)
    paired = np.zeros(shared.shape, dtype=bool)
    paired[linear_sum_assignment((moves**2).sum(axis=2) if features else -shared)] = True

    sources = (of_old > MAJORITY) & (of_new >= SMALLEST_PART)
    merged = sources & (sources.sum(axis=0) > 1)
    parts = (of_new > MAJORITY) & (of_old >= SMALLEST_PART)
    split = parts & (parts.sum(axis=1, keepdims=True) > 1)
    same = paired & (of_old > MAJORITY) & (of_known > MAJORITY)
    continued = same & ~(merged | split).any(axis=0)
    origins = merged | split | continued
    events = np.select(
        [merged.any(axis=0), split.any(axis=0), continued.any(axis=0)],
        ["merged", "split", "continued"],
        "born",
    )
    numbers = np.where(continued.any(axis=0), old_ids[continued.argmax(axis=0)], 0)
    numbers[numbers == 0] = last_id + 1 + np.arange((numbers == 0).sum())

    rows = []
    for new, old in np.argwhere(origins.T):
        row = {
            "provisional_id": new_ids[new],
            "segment_id": numbers[new],
            "event": events[new],
            "from_segment_id": old_ids[old],
            "customers": shared[old, new],
            "share_of_previous": of_old[old, new],
            "share_of_segment": of_new[old, new],
        }
        if events[new] == "continued" and features:
            farthest = np.abs(moves[old, new]).argmax()
            row["centroid_jump"] = moves[old, new, farthest]
            row["jump_feature"] = features[farthest]
        rows.append(row)
    rows += [
        {"provisional_id": new_ids[new], "segment_id": numbers[new], "event": "born"}
        for new in np.flatnonzero(~origins.any(axis=0))
    ]
    rows += [
        {"event": "ended", "from_segment_id": old_ids[old]}
        for old in np.flatnonzero(~origins.any(axis=1))
    ]
    frame = typed(rows, COLUMNS)
    return frame.sort_values(["provisional_id", "from_segment_id"], ignore_index=True)


def first_lineage(candidate: pd.DataFrame, last_id: int) -> pd.DataFrame:
    """All segments of a model without a predecessor: born, numbered on from ``last_id``."""
    ids = np.sort(candidate["segment_id"].unique())
    rows = [
        {"provisional_id": new, "segment_id": last_id + position, "event": "born"}
        for position, new in enumerate(ids, 1)
    ]
    return typed(rows, COLUMNS)


def of_versions(found: pd.DataFrame, candidate: pd.DataFrame, active: pd.DataFrame) -> pd.DataFrame:
    """A lineage with the versions of the two models: model_version and from_model_version."""
    versions = {
        "model_version": candidate["model_version"].iloc[0],
        "from_model_version": None if active.empty else active["model_version"].iloc[0],
    }
    return found.assign(**versions).astype(VERSIONS)


def none() -> pd.DataFrame:
    """What ``of_versions`` gives, without a row."""
    return typed([], COLUMNS | VERSIONS)


def jumps(active: pd.DataFrame, candidate: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """How far the centroid of each segment that continues has moved along each feature.

    Args:
        active, candidate: as for ``lineage``.
        found: what ``lineage`` returned for them.

    Returns:
        feature and jump, in units of the active scaler; one row a continued segment and feature.
    """
    moves, features = _moves_of_centers(active, candidate)
    old_ids = np.sort(active["segment_id"].unique())
    new_ids = np.sort(candidate["segment_id"].unique())
    same = found[found["event"] == "continued"]
    kept = moves[
        np.searchsorted(old_ids, same["from_segment_id"].to_numpy(dtype="int64")),
        np.searchsorted(new_ids, same["provisional_id"].to_numpy(dtype="int64")),
    ]
    return pd.DataFrame({"feature": features * len(same), "jump": kept.ravel()})


def _moves_of_centers(
    active: pd.DataFrame, candidate: pd.DataFrame
) -> tuple[np.ndarray, list[str]]:
    """Candidate minus active, shape (active, candidate, features), and the features of both."""
    frozen = preparation.scaler_of(active)
    frozen = frozen[frozen["feature"].isin(candidate["feature"])]
    features = frozen["feature"].tolist()
    if not features:
        return np.zeros((active["segment_id"].nunique(), candidate["segment_id"].nunique(), 0)), []
    old, new = (
        preparation.scale_centers(preparation.centers_of(model, "center_raw", features), frozen)
        for model in (active, candidate)
    )
    return new[None, :, :] - old[:, None, :], features
