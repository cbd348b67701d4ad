"""The candidate: the model that a build fits, what became of its segments, and whether it is taken.

The dbt model of this name hands frames in, and gets one row back. Its lists are the rows of other
tables: ``comparison`` of k_selection, ``segments`` of segment_model, ``lineage`` of
segment_lineage, ``gates`` of model_gates, ``active_model`` and ``active_segments`` of active_model
and named_segments.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from segmart import sentences
from segmart.engine.frames import as_lists, typed
from segmart.model import clustering, decision, gates, lineage, preparation, scoring, selection
from segmart.release.last_release import released

# The final fit is one of ten starts or more: one start alone misses the optimum one time in three.
FINAL_STARTS = 25

COMPARISON_COLUMNS = {
    "model_version": "string",
    "k": "int32",
    "inertia": "float64",
    "silhouette": "float64",
    "davies_bouldin": "float64",
    "calinski_harabasz": "float64",
    "stability_ari": "float64",
    "stability_error": "float64",
    "smallest_share": "float64",
    "structureless_silhouette": "float64",
    "bend": "float64",
    "structureless_bend": "float64",
    "valley_low": "float64",
    "valley_high": "float64",
    "structureless_valley": "float64",
    "pair_valley": "float64",
    "picked_by": "string",
    "is_chosen": "bool",
    "chosen_by": "string",
}
SEGMENT_COLUMNS = {
    "model_version": "string",
    "segment_id": "int32",
    "feature": "string",
    "feature_position": "int32",
    "fill_value": "float64",
    "transform": "string",
    "clip_low": "float64",
    "clip_high": "float64",
    "mean": "float64",
    "scale": "float64",
    "center_scaled": "float64",
    "center_raw": "float64",
    "variance_scaled": "float64",
    "sample_customers": "int64",
    "bootstrap_jaccard": "float64",
    "mean_raw": "float64",
    "median_raw": "float64",
    "median_position": "float64",
}
# What the fit says of a segment stands in the rows of each of its features.
FIT_OF_SEGMENT = ["model_version", "segment_id", "sample_customers", "bootstrap_jaccard"]
VERSION_TYPES = pa.schema(
    [
        ("model_version", pa.string()),
        ("parent_version", pa.string()),
        ("k", pa.int32()),
        ("configuration", pa.string()),
        ("seed", pa.int64()),
        ("params", pa.string()),
        ("sample_size", pa.int64()),
        ("inertia", pa.float64()),
        ("fitted_as_of", pa.date32()),
        ("input_fingerprint", pa.string()),
        ("fitted_because", pa.string()),
        ("refused_because", pa.string()),
        ("has_clusters", pa.bool_()),
        ("verdict", pa.string()),
        ("valley_low", pa.float64()),
        ("valley_high", pa.float64()),
        ("valley_limit", pa.float64()),
        ("silhouette_gain", pa.float64()),
        ("gain_k", pa.int32()),
        ("verdict_sentence", pa.string()),
        ("elbow_k", pa.int32()),
        ("elbow_sentence", pa.string()),
    ]
)
OUTCOME_TYPES = pa.schema(
    [
        ("as_of", pa.date32()),
        ("activated_version", pa.string()),
        ("decided_by", pa.string()),
        ("active_version", pa.string()),
        ("active_reason", pa.string()),
        ("scoring_query", pa.string()),
        ("earlier_scoring_query", pa.string()),
    ]
)


@dataclass(frozen=True)
class Settings:
    """The vars of the same names: k (``auto`` or a whole number, as text), max_k and seed."""

    k: str
    max_k: int
    seed: int


@dataclass(frozen=True)
class LastModels:
    """What the last release holds of models.

    Attributes:
        starting_version: the model that scores unless there is a better one; None before the first.
        last_segment_id: the largest number that a segment has ever had.
        versions, activations: rows of model_versions and model_activations.
        starting_model: rows of segment_model of the starting version.
        earlier_model: the same of the version that scored before the date of the build.
        drift: rows of feature_drift, of the starting model.
    """

    starting_version: str | None
    last_segment_id: int
    versions: pd.DataFrame
    activations: pd.DataFrame
    starting_model: pd.DataFrame
    earlier_model: pd.DataFrame
    drift: pd.DataFrame


def last_models_of(last_release: pd.DataFrame, drift: pd.DataFrame) -> LastModels:
    """``LastModels`` from the one row of ``last_release`` and the rows of ``feature_drift``."""
    row = last_release.iloc[0]
    models = released(row["folder"], "segment_model")
    models = models if len(models) else typed([], SEGMENT_COLUMNS)
    models = models.sort_values(["segment_id", "feature_position"], ignore_index=True)
    starting, earlier = (
        # A version that is missing equals none.
        models[models["model_version"].eq(row[column]).fillna(False)].reset_index(drop=True)
        for column in ("starting_version", "earlier_version")
    )
    activations = released(row["folder"], "model_activations")
    return LastModels(
        starting_version=None if pd.isna(row["starting_version"]) else row["starting_version"],
        last_segment_id=int(row["last_segment_id"]),
        versions=released(row["folder"], "model_versions"),
        activations=activations if activations.empty else activations.sort_values("activation"),
        starting_model=starting,
        earlier_model=earlier,
        drift=drift,
    )


@dataclass(frozen=True)
class Fit:
    """What was fitted in this build.

    Attributes:
        version: values of ``VERSION_TYPES`` by name, but for refused_because.
        comparison: ``COMPARISON_COLUMNS``, one row a k.
        segments: ``SEGMENT_COLUMNS``, one row a segment and feature. The numbers of the segments
            are provisional, 1 is the most valuable.
        limited: what ``selection.limited`` says of k.
    """

    version: dict
    comparison: pd.DataFrame
    segments: pd.DataFrame
    limited: list[str]


def candidate(
    sample: pd.DataFrame,
    features: pd.DataFrame,
    last: LastModels,
    settings: Settings,
    rules: decision.Rules,
    limits: gates.Limits,
    names_of: Callable[[pd.DataFrame], pd.DataFrame],
    say: Callable[[str], None] = lambda sentence: None,
) -> pa.Table:
    """Decide whether to refit, fit, number and judge the candidate, and say what becomes of it.

    Args:
        sample: customer_id, as_of, one column a clustered feature (raw units, null if missing) and
            last_segment_id, the segment that was published last for the customer (missing for a
            new one).
        features: feature, transform and higher_is_better of the clustered features, in order.
        last: what the last release holds.
        settings, rules, limits: of the fit, of refits and of the gates.
        names_of: gives the segments of the active model, rows of ``SEGMENT_COLUMNS``, names as
            ``names.named`` does.
        say: is told how far a fit is, and what becomes of the model.

    Returns:
        One row: ``VERSION_TYPES``, missing where the build does not refit; the lists comparison,
        segments, lineage and gates, then empty; the lists active_model, ``SEGMENT_COLUMNS`` of the
        model that scores after this build, and active_segments, one row for each of its segments:
        ``FIT_OF_SEGMENT``, features (how many) and ``names.COLUMNS``; and ``OUTCOME_TYPES``: as_of,
        activated_version and decided_by (missing where no model is made active), active_version and
        active_reason (of the model that scores after this build), scoring_query (of that model) and
        earlier_scoring_query (see ``_earlier_scoring``).

    Raises:
        SegmentationError: the sample cannot be segmented (see ``preparation``), or k is too large.
    """
    raw = preparation.raw_matrix(sample, features)
    as_of = pd.Timestamp(sample["as_of"].iloc[0])
    decided = decision.decide(
        features, last.drift, last.starting_version, last.versions, as_of, rules
    )
    version: dict = {}
    comparison, segments = typed([], COMPARISON_COLUMNS), typed([], SEGMENT_COLUMNS)
    found, judged, said = lineage.none(), gates.none(), [decided.sentence]
    if decided.is_refit:
        fitted = fit(raw, features, as_of, last, decided, settings, say)
        found = lineage_of(sample, last, fitted.segments)
        judged = gates_of(sample, last, fitted, found, limits)
        version, comparison = fitted.version, fitted.comparison
        said += fitted.limited
        segments = _numbered(fitted.segments, found)
    failed = judged.loc[~judged["holds"], "sentence"].tolist()
    activation = decision.activate(
        version.get("model_version"),
        len(failed),
        last.starting_version,
        last.activations,
        rules.accept_model,
    )
    outcome = _outcome(as_of, last.activations, activation)
    version = version | {"refused_because": "; ".join(failed) or None}
    if failed and outcome["activated_version"] != version["model_version"]:
        said.append(sentences.refused(version["model_version"], failed))
    if outcome["active_version"]:
        said.append(sentences.active(*outcome.pop("active")))
    models = pd.concat([last.starting_model, segments])
    active_model = models[models["model_version"] == outcome["active_version"]]
    active_model = active_model[list(SEGMENT_COLUMNS)].astype(SEGMENT_COLUMNS)
    active_model = active_model.sort_values(["segment_id", "feature_position"], ignore_index=True)
    outcome |= {
        "scoring_query": scoring.scoring_query(active_model),
        "earlier_scoring_query": _earlier_scoring(
            last.earlier_model, outcome["active_version"], sample
        ),
    }
    for sentence in said:
        say(f"model: {sentence}")
    lists = {
        **{"comparison": comparison, "segments": segments, "lineage": found, "gates": judged},
        "active_model": active_model,
        "active_segments": _fit_of_segments(active_model).merge(
            names_of(active_model), on="segment_id"
        ),
    }
    return _one_row([version, outcome], lists)


def _fit_of_segments(model: pd.DataFrame) -> pd.DataFrame:
    """``FIT_OF_SEGMENT`` and features, one row a segment."""
    features = model.groupby("segment_id").size().rename("features")
    return model[FIT_OF_SEGMENT].drop_duplicates("segment_id").join(features, on="segment_id")


def _earlier_scoring(
    earlier_model: pd.DataFrame, active_version: str, sample: pd.DataFrame
) -> str | None:
    """The SQL of the segments by the model that scored before; None where that is the active one.

    They tell a customer who has moved from one whom a new model has moved.
    """
    if earlier_model.empty or earlier_model["model_version"].iloc[0] == active_version:
        return None
    if not _can_predict(sample, earlier_model):
        return "select customer_id, cast(null as integer) as segment_id from customers"
    return scoring.scoring_query(earlier_model)


def _outcome(
    as_of: pd.Timestamp, activations: pd.DataFrame, activation: decision.Activation | None
) -> dict:
    """``OUTCOME_TYPES`` but for the queries, and under ``active`` what is said of the model."""
    if activation:
        active = (activation.model_version, f"{as_of:%Y-%m-%d}", activation.reason)
    elif len(activations):
        active = tuple(activations[["model_version", "active_since", "reason"]].iloc[-1])
    else:
        active = (None, None, None)
    return {
        "as_of": as_of.date(),
        "activated_version": activation.model_version if activation else None,
        "decided_by": activation.decided_by if activation else None,
        "active_version": active[0],
        "active_reason": active[2],
        "active": active,
    }


def _one_row(values: list[dict], lists: dict[str, pd.DataFrame]) -> pa.Table:
    row = {}
    for schema, given in zip((VERSION_TYPES, OUTCOME_TYPES), values, strict=True):
        for field in schema:
            row[field.name] = pa.array([given.get(field.name)], field.type)
    return pa.table(row | as_lists(lists))


def fit(
    raw: np.ndarray,
    features: pd.DataFrame,
    as_of: pd.Timestamp,
    last: LastModels,
    decided: decision.Decision,
    settings: Settings,
    say: Callable[[str], None] = lambda sentence: None,
) -> Fit:
    """Compare the values of k, choose one, and fit its segments.

    Args:
        raw: what ``preparation.raw_matrix`` returned.
        features, last, settings: as for ``candidate``.
        as_of: date of the build.
        decided: what ``decision.decide`` returned.
        say: as for ``candidate``.

    Raises:
        SegmentationError: as for ``candidate``.
    """
    matrix = preparation.scale(raw, preparation.fit_scaler(raw, features))
    comparison = selection.compare_k(matrix, settings.max_k, seed=settings.seed, say=say)
    verdict = selection.judge(comparison)
    k, criterion = selection.choose(comparison, verdict, settings.k)
    params = {
        **{"k": settings.k, "max_k": settings.max_k, "seed": settings.seed},
        "starts": FINAL_STARTS,
    }
    fingerprint = _fingerprint(raw, features, as_of, params, last.starting_version)
    model_version = f"{as_of:%Y-%m-%d}-{fingerprint[:8]}"
    say(sentences.fits(k, len(raw)))
    segments, inertia = fit_segments(raw, features, k, last.starting_model, seed=settings.seed)
    picked = selection.picks(comparison, verdict)
    limited = selection.limited(k, settings.k, settings.max_k)
    is_chosen = comparison["k"] == k
    return Fit(
        version={
            "model_version": model_version,
            "parent_version": last.starting_version,
            "k": k,
            "configuration": decided.configuration,
            "seed": settings.seed,
            "params": json.dumps(params, sort_keys=True),
            "sample_size": len(raw),
            "inertia": inertia,
            "fitted_as_of": as_of.date(),
            "input_fingerprint": fingerprint,
            "fitted_because": decided.reason,
            "has_clusters": verdict.has_clusters,
            "verdict": verdict.verdict,
            "valley_low": verdict.valley_low,
            "valley_high": verdict.valley_high,
            "valley_limit": verdict.valley_limit,
            "silhouette_gain": verdict.silhouette_gain,
            "gain_k": verdict.gain_k,
            "verdict_sentence": " ".join([verdict.sentence, *limited]),
            "elbow_k": verdict.elbow_k,
            "elbow_sentence": sentences.knee(verdict.elbow_k),
        },
        comparison=comparison.assign(
            model_version=model_version,
            picked_by=[
                ", ".join(name for name, picked_k in picked.items() if picked_k == row_k) or None
                for row_k in comparison["k"]
            ],
            is_chosen=is_chosen,
            chosen_by=np.where(is_chosen, criterion, None),
        ).astype(COMPARISON_COLUMNS)[list(COMPARISON_COLUMNS)],
        segments=segments.assign(model_version=model_version),
        limited=limited,
    )


def fit_segments(
    raw: np.ndarray, features: pd.DataFrame, k: int, starting_model: pd.DataFrame, *, seed: int
) -> tuple[pd.DataFrame, float]:
    """The final fit for a k, warm from the starting model where that has the same k.

    Args:
        raw: what ``preparation.raw_matrix`` returned.
        features, starting_model: as for ``candidate`` and ``LastModels``.
        k: number of segments.
        seed: of the starts.

    Returns:
        ``SEGMENT_COLUMNS`` without a version, and the inertia.
    """
    scaler = preparation.fit_scaler(raw, features)
    matrix = preparation.scale(raw, scaler)
    same_k = starting_model["segment_id"].nunique() == k
    warm = lineage.carried_centers(starting_model, scaler) if same_k else None
    clusters = lineage.refit(matrix, k, warm, seed=seed, starts=FINAL_STARTS)
    directions = np.where(features["higher_is_better"].astype(bool), 1.0, -1.0)
    clusters = clustering.order_by_value(clusters, directions)
    jaccard = selection.cluster_stability(matrix, clusters, seed=seed)
    rows = model_rows(clusters, matrix, scaler, raw)
    rows = rows.assign(model_version=None, bootstrap_jaccard=jaccard[rows["segment_id"] - 1])
    return rows.astype(SEGMENT_COLUMNS)[list(SEGMENT_COLUMNS)], clusters.inertia


def lineage_of(sample: pd.DataFrame, last: LastModels, segments: pd.DataFrame) -> pd.DataFrame:
    """What became of each segment in the candidate; see ``lineage.lineage``.

    Args:
        sample, last: as for ``candidate``.
        segments: of ``Fit``.

    Returns:
        The columns of ``lineage.lineage``, model_version and from_model_version.
    """
    starting = last.starting_model
    if starting.empty:
        found = lineage.first_lineage(segments, last.last_segment_id)
    else:
        before = sample["last_segment_id"].astype("Int64")
        # Under other ids than those of the last release nobody is known.
        if before.isna().all() and _can_predict(sample, starting):
            before = predicted(sample, starting)
        after = predicted(sample, segments)
        found = lineage.lineage(starting, segments, before, after, last.last_segment_id)
    return lineage.of_versions(found, segments, starting)


def _numbers(found: pd.DataFrame) -> dict[int, int]:
    """The lasting number of each provisional one."""
    known = found.dropna(subset=["provisional_id"]).drop_duplicates("provisional_id")
    return dict(zip(known["provisional_id"], known["segment_id"], strict=True))


def _numbered(segments: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    numbers = segments["segment_id"].map(_numbers(found))
    return segments.assign(segment_id=numbers.astype(SEGMENT_COLUMNS["segment_id"]))


def gates_of(
    sample: pd.DataFrame, last: LastModels, fitted: Fit, found: pd.DataFrame, limits: gates.Limits
) -> pd.DataFrame:
    """The gates of a candidate, as ``gates.judge`` gives them; none for the first model.

    Args:
        sample, last: as for ``candidate``. Where the sample lacks a feature of the starting model,
            customers are held against the segment that was published for them.
        fitted: what ``fit`` returned.
        found: what ``lineage_of`` returned.
        limits: of the gates.
    """
    starting, segments = last.starting_model, fitted.segments
    if starting.empty:
        return gates.none()
    same = set(starting["feature"]) == set(segments["feature"])
    after = predicted(sample, segments)
    before = sample["last_segment_id"].dropna()
    if _can_predict(sample, starting):
        before = predicted(sample, starting)
    chosen = fitted.comparison[fitted.comparison["is_chosen"]].iloc[0]
    ratio = fitted.version["inertia"] / _inertia_of(starting, sample, segments) if same else None
    return gates.judge(
        found,
        lineage.jumps(starting, segments, found),
        last.drift,
        # Where nobody can be told, nobody is known to have stayed.
        moved=(
            float((before != after.map(_numbers(found))[before.index]).mean())
            if len(before)
            else 1.0
        ),
        inertia_ratio=ratio,
        stability=float(chosen["stability_ari"]),
        smallest_share=float(after.value_counts(normalize=True).min()),
        limits=limits,
    ).assign(model_version=fitted.version["model_version"])


def _inertia_of(active: pd.DataFrame, sample: pd.DataFrame, candidate: pd.DataFrame) -> float:
    """Of the active centroids on today's customers, in the candidate's scaled units."""
    scaler = preparation.scaler_of(candidate)
    names = scaler["feature"].tolist()
    matrix = preparation.scale(_matrix(sample, names), scaler)
    centers = preparation.scale_centers(preparation.centers_of(active, "center_raw", names), scaler)
    return float(((matrix - centers[clustering.predict(matrix, centers)]) ** 2).sum())


def model_rows(
    clusters: clustering.Clusters, matrix: np.ndarray, scaler: pd.DataFrame, raw: np.ndarray
) -> pd.DataFrame:
    """Clusters of a matrix as rows of ``segment_model``, numbered in their order.

    Args:
        clusters: of the rows of ``matrix``.
        matrix, scaler: see ``preparation``.
        raw: what ``matrix`` was scaled from, in the same order.
    """
    centers_raw = preparation.unscale(clusters.centers, scaler)
    # One huge value would make everybody else spend less than the mean.
    clipped = preparation.clip_raw(raw, scaler)
    rows = []
    for cluster in range(clusters.k):
        is_member = clusters.labels == cluster
        of_members = [
            _of_members(values, within, is_member)
            for values, within in zip(raw.T, clipped.T, strict=True)
        ]
        rows.append(
            scaler.assign(
                segment_id=cluster + 1,
                feature_position=np.arange(1, len(scaler) + 1),
                center_scaled=clusters.centers[cluster],
                center_raw=centers_raw[cluster],
                variance_scaled=matrix[is_member].var(axis=0),
                sample_customers=is_member.sum(),
            ).join(pd.DataFrame(of_members, index=scaler.index))
        )
    return pd.concat(rows, ignore_index=True)


def _of_members(values: np.ndarray, clipped: np.ndarray, is_member: np.ndarray) -> dict[str, float]:
    """What ``segment_model`` says of the raw values of a feature, NaN where missing."""
    is_known = is_member & ~np.isnan(values)
    all_known, known = values[~np.isnan(values)], values[is_known]
    if not len(known):
        return dict.fromkeys(("mean_raw", "median_raw", "median_position"), np.nan)
    median = np.median(known)
    below, at_most = (all_known < median).mean(), (all_known <= median).mean()
    return {
        "mean_raw": clipped[is_known].mean(),
        "median_raw": median,
        "median_position": below if below > 0.5 else at_most if at_most < 0.5 else 0.5,
    }


def fitted_labels(sample: pd.DataFrame, model: pd.DataFrame) -> pd.DataFrame:
    """What scikit-learn's ``KMeans.predict`` says of each customer of the sample.

    Args:
        sample: as for ``candidate``.
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
    ).astype({"segment_id": "int32"})


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
