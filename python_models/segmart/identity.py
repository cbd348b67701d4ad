"""Which segment of a refit is which segment of the active model, and what became of each.

Numbers of segments are names that dashboards filter on: a segment keeps its number as long as it is
the same group of customers in the same place, and a number is never given to another one.
"""

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from segmart import clustering, preparation

# A segment goes on in another when at least this share of the customers of each is in the other.
MAJORITY = 0.5
# A part of a split segment, or of a merged one, is at least this share of the whole.
SMALLEST_PART = 0.1
# A cold start replaces the warm one only when it lowers the inertia by more than this share: a
# nearly equal optimum elsewhere would move customers who did nothing.
CLOSE_CALL = 0.01


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
    frozen = _scaler(active)
    if frozen[["feature", "transform"]].to_dict("list") != scaler[["feature", "transform"]].to_dict(
        "list"
    ):
        return None
    return _standardised(_centers_raw(active), scaler)


def lineage(
    active: pd.DataFrame, candidate: pd.DataFrame, before: pd.Series, after: pd.Series, last_id: int
) -> pd.DataFrame:
    """What became of each segment of the active model, and the number of each of the candidate.

    Segments are paired by the Hungarian method (Kuhn, 1955), which makes the sum of the squared
    distances of the centroids smallest. Distances are taken in the units of the active model's own
    scaler: a refitted one would hide a change of unit. A pair is the same segment when the
    customers say so too: most of the old segment's customers are in the new one, and the other way
    round. The others are told apart by where the customers come from:

    - split: most customers of two segments or more were in one; none of them keeps its number.
    - merged: most customers of two segments or more are in one.
    - born: no one segment had most of its customers. ended: no one has them now.

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
        active scaler), jump_feature.
    """
    old_ids = sorted(active["segment_id"].unique())
    new_ids = sorted(candidate["segment_id"].unique())
    counts = pd.crosstab(before.fillna(0).to_numpy(), after.to_numpy())
    shared = counts.reindex(index=old_ids, columns=new_ids, fill_value=0).to_numpy(dtype="float64")
    strangers = counts.reindex(index=[0], columns=new_ids, fill_value=0).to_numpy()[0]
    of_old = shared / np.maximum(shared.sum(axis=1, keepdims=True), 1)
    of_known = shared / np.maximum(shared.sum(axis=0), 1)
    of_new = shared / np.maximum(shared.sum(axis=0) + strangers, 1)
    jumps, features = _moves_of_centers(active, candidate)
    pairs = set(zip(*linear_sum_assignment((jumps**2).sum(axis=2)), strict=True))
    goes_to = of_old >= MAJORITY
    parts = (of_new >= MAJORITY) & (of_old >= SMALLEST_PART)
    sources = goes_to & (of_new >= SMALLEST_PART)
    split = parts.sum(axis=1) > 1
    merged = sources.sum(axis=0) > 1
    rows, gone_on = [], set()
    for new, new_id in enumerate(new_ids):
        same = [
            old
            for old in range(len(old_ids))
            if (old, new) in pairs and goes_to[old, new] and of_known[old, new] >= MAJORITY
        ]
        if merged[new]:
            event, origins = "merged", np.flatnonzero(sources[:, new])
        elif (split[:, None] & parts)[:, new].any():
            event, origins = "split", np.flatnonzero(split & parts[:, new])
        elif same:
            event, origins = "continued", same
        else:
            event, origins = "born", []
        gone_on.update(origins)
        for old in origins if len(origins) else [None]:
            row = {"provisional_id": new_id, "event": event}
            if old is not None:
                row |= {
                    "from_segment_id": old_ids[old],
                    "customers": int(shared[old, new]),
                    "share_of_previous": of_old[old, new],
                    "share_of_segment": of_new[old, new],
                }
            if event == "continued":
                farthest = int(np.abs(jumps[old, new]).argmax())
                row["segment_id"] = old_ids[old]
                row["centroid_jump"] = jumps[old, new, farthest]
                row["jump_feature"] = features[farthest]
            rows.append(row)
    for new_id in new_ids:
        mine = [row for row in rows if row["provisional_id"] == new_id]
        if "segment_id" not in mine[0]:
            last_id += 1
            for row in mine:
                row["segment_id"] = last_id
    rows += [
        {"event": "ended", "from_segment_id": old_id}
        for old, old_id in enumerate(old_ids)
        if old not in gone_on
    ]
    columns = [
        *("provisional_id", "segment_id", "event", "from_segment_id", "customers"),
        *("share_of_previous", "share_of_segment", "centroid_jump", "jump_feature"),
    ]
    frame = pd.DataFrame(rows, columns=columns)
    whole = ["provisional_id", "segment_id", "from_segment_id", "customers"]
    return frame.astype(dict.fromkeys(whole, "Int64"))


def _scaler(model: pd.DataFrame) -> pd.DataFrame:
    first = model[model["segment_id"] == model["segment_id"].min()]
    return first.sort_values("feature_position", ignore_index=True)


def _centers_raw(model: pd.DataFrame) -> np.ndarray:
    ordered = model.sort_values(["segment_id", "feature_position"])
    return ordered["center_raw"].to_numpy().reshape(ordered["segment_id"].nunique(), -1)


def _standardised(centers_raw: np.ndarray, scaler: pd.DataFrame) -> np.ndarray:
    """Raw centroids in the units of a scaler, not clipped: they may lie outside its data."""
    transformed = np.column_stack(
        [
            preparation.transform(centers_raw[:, column], name)
            for column, name in enumerate(scaler["transform"])
        ]
    )
    return (transformed - scaler["mean"].to_numpy()) / scaler["scale"].to_numpy()


def _moves_of_centers(active: pd.DataFrame, candidate: pd.DataFrame) -> tuple[np.ndarray, list]:
    """Candidate minus active, shape (active, candidate, features), over the features of both."""
    frozen, refitted = _scaler(active), _scaler(candidate)
    common = [name for name in frozen["feature"] if name in set(refitted["feature"])]
    scaler = frozen[frozen["feature"].isin(common)].reset_index(drop=True)
    old = _centers_raw(active)[:, [frozen["feature"].tolist().index(name) for name in common]]
    new = _centers_raw(candidate)[:, [refitted["feature"].tolist().index(name) for name in common]]
    moves = _standardised(new, scaler)[None, :, :] - _standardised(old, scaler)[:, None, :]
    return moves, common
