"""The conditions under which a refitted model may replace the active one without a person."""

from dataclasses import dataclass

import pandas as pd

from segmart import sentences
from segmart.engine.frames import typed

COLUMNS = {
    "model_version": "string",
    "position": "int64",
    "gate": "string",
    "value": "float64",
    "threshold": "float64",
    "holds": "bool",
    "sentence": "string",
}
# The inertia of a warm start on the same customers only falls; this leaves room for rounding.
INERTIA_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Limits:
    """What the gates allow.

    Attributes:
        max_moved_share: share of the customers who would change segment.
        min_stability: adjusted Rand index of bootstrap resamples, at most 1.
        min_segment_share: share of the customers in the smallest segment.
        max_centroid_jump: change of a coordinate of a centroid beyond the shift of all customers
            along it, in standard deviations of the active model.
        drift_stop: drift of a feature, see ``feature_drift``.
    """

    max_moved_share: float
    min_stability: float
    min_segment_share: float
    max_centroid_jump: float
    drift_stop: float


def judge(
    lineage: pd.DataFrame,
    jumps: pd.DataFrame,
    drift: pd.DataFrame,
    *,
    moved: float,
    inertia_ratio: float | None,
    stability: float,
    smallest_share: float,
    limits: Limits,
) -> pd.DataFrame:
    """One row a gate: its value, its threshold, whether it holds, and what that means in words.

    Args:
        lineage, jumps: what ``lineage.lineage`` and ``lineage.jumps`` returned.
        drift: feature, quantile_shift (standard deviations of the active model) and drift.
        moved: share of today's customers with another segment in the candidate.
        inertia_ratio: inertia of the candidate over that of the active centroids, on today's
            customers; None where the two have other features.
        stability: of the candidate's k.
        smallest_share: share of the smallest segment of the candidate.
        limits: what is allowed.

    Returns:
        ``COLUMNS``, model_version still missing.
    """
    events = int((lineage["event"] != "continued").sum())
    jump, jumped = _largest_jump(jumps, drift)
    drifted = drift.loc[drift["drift"].idxmax()] if len(drift) else None
    largest_drift = 0.0 if drifted is None else float(drifted["drift"])
    rows = [
        _gate("identity", events, 0, not events, sentences.identity(lineage)),
        _gate(
            "moved_share",
            moved,
            limits.max_moved_share,
            moved <= limits.max_moved_share,
            sentences.moved_share(moved, limits.max_moved_share),
        ),
        _gate(
            "stability",
            stability,
            limits.min_stability,
            # A model of one segment has no stability to speak of.
            pd.isna(stability) or stability >= limits.min_stability,
            sentences.stability(stability, limits.min_stability),
        ),
        _gate(
            "smallest_segment",
            smallest_share,
            limits.min_segment_share,
            smallest_share >= limits.min_segment_share,
            sentences.smallest_segment(smallest_share, limits.min_segment_share),
        ),
        _gate(
            "centroid_jump",
            jump,
            limits.max_centroid_jump,
            jump <= limits.max_centroid_jump,
            sentences.centroid_jump(jump, jumped, limits.max_centroid_jump),
        ),
        _gate(
            "drift",
            largest_drift,
            limits.drift_stop,
            largest_drift < limits.drift_stop,
            sentences.drift(
                None if drifted is None else drifted["feature"], largest_drift, limits.drift_stop
            ),
        ),
    ]
    if inertia_ratio is not None:
        holds = inertia_ratio <= 1 + INERTIA_TOLERANCE
        rows.append(_gate("inertia", inertia_ratio, 1, holds, sentences.inertia(inertia_ratio)))
    rows = [{"position": position, **row} for position, row in enumerate(rows, 1)]
    return typed(rows, COLUMNS)


def none() -> pd.DataFrame:
    """What ``judge`` gives, without a row."""
    return typed([], COLUMNS)


def _gate(name: str, value: float, threshold: float, holds: bool, sentence: str) -> dict:
    return {
        "gate": name,
        "value": value,
        "threshold": threshold,
        "holds": bool(holds),
        "sentence": sentence,
    }


def _largest_jump(jumps: pd.DataFrame, drift: pd.DataFrame) -> tuple[float, str | None]:
    """The largest move of a centroid along a feature, less what all customers have moved there."""
    if jumps.empty:
        return 0.0, None
    shift = dict(zip(drift["feature"], drift["quantile_shift"], strict=True))
    beyond = (jumps["jump"] - jumps["feature"].map(shift).fillna(0.0)).abs()
    return float(beyond.max()), str(jumps["feature"].loc[beyond.idxmax()])
