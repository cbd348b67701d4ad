"""How many segments, and whether the customers fall into clusters at all.

The question has two parts, kept apart here. *Are there clusters?* There are where fewer customers
lie between groups than within them, more surely than in structureless data (``valleys``). *Which
k?* Several criteria each pick one, and a rule takes one of them; DECISIONS.md gives the reasons.

Most builds do not fit: what takes long to import is imported where it is used.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmart import SegmentationError, sentences
from segmart.model.clustering import Clusters, count_distinct, fit, predict, sweep
from segmart.model.valleys import SMALLEST_GROUP, structureless, valleys, without_atoms

# By so much a valley exceeds those of structureless data where there are clusters: in standard
# deviations of a difference of counts.
MINIMUM_VALLEY = 1.0
# The part of the groupings that may say otherwise.
DISSENT = 0.1
# Two clusters with a deeper valley between them are apart, when k is chosen.
PAIR_VALLEY = 3.0
# By so much a knee bends more than structureless data.
MINIMUM_BEND = 0.05
# A smaller cluster is taken for outliers when k is chosen.
SMALLEST_CLUSTER = 0.02
STRUCTURELESS_DRAWS = 5
BOOTSTRAP_DRAWS = 20
# k-means++ starts of each resample for the stability of a cluster.
JACCARD_STARTS = 5
# Beside the start from the centers of k - 1 one k-means++ start is enough for resamples and
# structureless data: with three the verdicts and k of benchmarks/cluster_verdicts.py are the same
# but for a draw here and there, at half more time. People read the curve of the inertia: it has
# more.
COMPARED_SWEEP_STARTS = 1
SWEEP_STARTS = 6
# Of many customers, so many are swept, with more starts, and the centers then run to their fixed
# point on all.
SWEEP_ROWS = 8_000
SAMPLED_SWEEP_STARTS = 14
# What costs draws x k fits is computed on at most so many rows: its error is below the third digit.
RESAMPLING_ROWS = 5_000
SMALLEST_K_BY_STABILITY = 3


@dataclass(frozen=True)
class Verdict:
    """Whether there are clusters, and what that rests on.

    Attributes:
        verdict: clusters, unclear or continuum.
        valley_low, valley_high: the deepest valley between groups, at any k: 1 - DISSENT of the
            groupings, of the customers and of resamples, have at least the one, and DISSENT at
            least the other.
        valley_limit: what speaks for clusters: the deepest of structureless data, and
            ``MINIMUM_VALLEY``. Low and high above it are clusters, below it a continuum.
        silhouette_gain: the largest difference, over k, to the silhouette of structureless data.
        gain_k: the k it is found at.
        elbow_k: the knee of the inertia curve, or None where there is none.
        sentence: the same for people.
    """

    verdict: str
    valley_low: float
    valley_high: float
    valley_limit: float
    silhouette_gain: float
    gain_k: int
    elbow_k: int | None
    sentence: str

    @property
    def has_clusters(self) -> bool:
        return self.verdict == "clusters"


def silhouette_samples(matrix: np.ndarray, clusters: Clusters) -> np.ndarray:
    """Silhouette of each row in squared Euclidean distance, exact in O(n k features).

    The mean squared distance from x to the rows of a cluster is the squared distance from x to
    the cluster's mean plus the cluster's variance; for x's own cluster of size m, times m/(m-1).
    It equals scikit-learn's ``silhouette_samples(metric="sqeuclidean")``. Method: Rousseeuw,
    "Silhouettes", J. Comput. Appl. Math. 20 (1987).

    Returns:
        float64, shape (n,), from -1 to 1; 0 for a row alone in its cluster.
    """
    rows = np.arange(len(matrix))
    sizes = np.bincount(clusters.labels, minlength=clusters.k)
    to_cluster = ((matrix[:, None, :] - clusters.centers[None, :, :]) ** 2).sum(axis=2)
    own = to_cluster[rows, clusters.labels]
    to_cluster += np.bincount(clusters.labels, weights=own, minlength=clusters.k) / sizes
    own_size = sizes[clusters.labels]
    within = to_cluster[rows, clusters.labels] * own_size / np.maximum(own_size - 1, 1)
    to_cluster[rows, clusters.labels] = np.inf
    between = to_cluster.min(axis=1)
    larger = np.maximum(between, within)
    defined = (own_size > 1) & (larger > 0)
    return np.where(defined, (between - within) / np.where(defined, larger, 1.0), 0.0)


def resampled(matrix: np.ndarray, max_k: int, *, seed: int) -> list[list[np.ndarray]]:
    """For each bootstrap resample of the rows, the labels that its own centers give to all rows.

    Returns:
        A list of labels, int64, shape (n,), for each resample: those for k = 1..max_k, or to the
        number of distinct rows of the resample where that is smaller.
    """
    random = np.random.default_rng(seed)
    labels = []
    for _ in range(BOOTSTRAP_DRAWS):
        resample = matrix[np.sort(random.integers(0, len(matrix), len(matrix)))]
        limit = min(max_k, count_distinct(resample))
        swept = sweep(resample, limit, seed=seed, starts=COMPARED_SWEEP_STARTS)
        labels.append([nearest(matrix, clusters.centers) for clusters in swept])
    return labels


def nearest(matrix: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """The index of the nearest center of each row; ``predict`` without its checks."""
    return ((centers**2).sum(axis=1) - 2 * (matrix @ centers.T)).argmin(axis=1)


def stability(
    found: list[Clusters], resamples: list[list[np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Mean adjusted Rand index between each partition and those of bootstrap resamples.

    Index: Hubert and Arabie (1985); use for stability: Hennig, Comput. Stat. Data Anal. 52 (2007).

    Args:
        found: the partitions for k = 1, 2, ...
        resamples: what ``resampled`` returned.

    Returns:
        The means and their standard errors, float64, one value for each of ``found``; NaN for
        k = 1, and where fewer than two resamples have k distinct rows.
    """
    agreement = np.full((len(resamples), len(found)), np.nan)
    for draw, labels in enumerate(resamples):
        for clusters, other in zip(found[1:], labels[1:], strict=False):
            agreement[draw, clusters.k - 1] = adjusted_rand(clusters.labels, other, clusters.k)
    means, errors = np.full((2, len(found)), np.nan)
    draws = (~np.isnan(agreement)).sum(axis=0)
    known = draws > 1
    means[known] = np.nanmean(agreement[:, known], axis=0)
    errors[known] = np.nanstd(agreement[:, known], axis=0, ddof=1) / np.sqrt(draws[known])
    return means, errors


def adjusted_rand(labels: np.ndarray, others: np.ndarray, k: int) -> float:
    """scikit-learn's ``adjusted_rand_score`` of two labellings by 0..k-1, without its checks."""
    both = np.bincount(labels * k + others, minlength=k * k).reshape(k, k)
    together, first, second = (
        int((sizes * (sizes - 1)).sum()) for sizes in (both, both.sum(axis=1), both.sum(axis=0))
    )
    expected = first * second / (len(labels) * (len(labels) - 1))
    largest = (first + second) / 2
    return 1.0 if largest == expected else (together - expected) / (largest - expected)


def cluster_stability(matrix: np.ndarray, clusters: Clusters, *, seed: int) -> np.ndarray:
    """Mean Jaccard similarity of each cluster with its like in bootstrap resamples.

    A resample of the rows is clustered anew, all rows are labelled by its centers, and each cluster
    is compared with the one that resembles it most: 1 when it is found again as it is. Source:
    Hennig, Comput. Stat. Data Anal. 52 (2007), which takes 0.75 for stable and less than 0.6 for
    clusters that are not to be trusted.

    Returns:
        float64, shape (k,); NaN where no resample has k distinct rows.
    """
    random = np.random.default_rng(seed)
    labels, similar = clusters.labels, []
    if len(matrix) > RESAMPLING_ROWS:
        rows = np.sort(random.choice(len(matrix), RESAMPLING_ROWS, replace=False))
        matrix, labels = matrix[rows], labels[rows]
    own = labels[:, None] == np.arange(clusters.k)
    for _ in range(BOOTSTRAP_DRAWS):
        resample = matrix[np.sort(random.integers(0, len(matrix), len(matrix)))]
        if count_distinct(resample) < clusters.k:
            continue
        again = fit(resample, clusters.k, seed=seed, starts=JACCARD_STARTS)
        other = predict(matrix, again.centers)[:, None] == np.arange(clusters.k)
        shared = own.T.astype("float64") @ other.astype("float64")
        united = own.sum(axis=0)[:, None] + other.sum(axis=0) - shared
        similar.append((shared / united).max(axis=1))
    return np.mean(similar, axis=0) if similar else np.full(clusters.k, np.nan)


def bend(inertia: np.ndarray) -> np.ndarray:
    """Height of the inertia curve's chord above the curve, both axes scaled to 0..1.

    The Kneedle method (Satopaa et al., 2011): where it is largest, the curve bends most. The
    curve starts at k = 1, so that a knee at k = 2 can be seen.
    """
    if len(inertia) < 3 or inertia[0] == inertia[-1]:
        return np.zeros(len(inertia))
    height = (inertia - inertia[-1]) / (inertia[0] - inertia[-1])
    return 1.0 - np.linspace(0.0, 1.0, len(inertia)) - height


def compare_k(
    matrix: np.ndarray,
    max_k: int,
    *,
    seed: int,
    say: Callable[[str], None] = lambda sentence: None,
) -> pd.DataFrame:
    """One row for each k = 1..max_k with every criterion, on the data and on structureless data.

    ``max_k`` is lowered to the number of distinct rows. Columns: k, inertia, silhouette,
    davies_bouldin, calinski_harabasz, stability_ari, stability_error, smallest_share,
    structureless_silhouette (the largest of the draws), bend, structureless_bend (likewise),
    valley_low and valley_high (the deepest between two groups of the clusters of any number up to
    k, quantiles over the partition and those of resamples), structureless_valley (likewise, the
    mean of the draws), pair_valley (the lowest between two of the k clusters). A criterion is NaN
    where it is not defined: at k = 1, and at k = n. ``say`` is told how far it is.
    """
    say(sentences.compares(1, len(matrix), max_k))
    found = sweep_all(matrix, max_k, seed=seed)
    comparison = pd.DataFrame([_criteria(matrix, clusters) for clusters in found])
    comparison["bend"] = bend(comparison["inertia"].to_numpy())
    random = np.random.default_rng(seed)
    subset, found_in_subset = matrix, found
    if len(matrix) > RESAMPLING_ROWS:
        subset = matrix[np.sort(random.choice(len(matrix), RESAMPLING_ROWS, replace=False))]
        found_in_subset = _sweep(subset, max_k, seed, COMPARED_SWEEP_STARTS)
    say(sentences.compares(2, len(subset), max_k, BOOTSTRAP_DRAWS))
    resamples = resampled(subset, len(found_in_subset), seed=seed)
    means, errors = stability(found_in_subset, resamples)
    continuous = without_atoms(subset, random)
    of_subset = pd.DataFrame(
        {
            "k": [clusters.k for clusters in found_in_subset],
            "stability_ari": means,
            "stability_error": errors,
            **_valleys(continuous, found_in_subset, resamples),
        }
    )
    say(sentences.compares(3, len(subset), max_k, STRUCTURELESS_DRAWS))
    references = [
        _reference(draw, _sweep(draw, max_k, seed, COMPARED_SWEEP_STARTS))
        for draw in structureless(continuous, random, STRUCTURELESS_DRAWS)
    ]
    of_references = (
        pd.concat(references)
        .groupby("k", as_index=False)
        .agg(
            structureless_silhouette=("silhouette", "max"),
            structureless_bend=("bend", "max"),
            structureless_valley=("valley", "mean"),
        )
    )
    return comparison.merge(of_subset, on="k", how="left").merge(of_references, on="k", how="left")


def _valleys(
    matrix: np.ndarray, found: list[Clusters], resamples: list[list[np.ndarray]]
) -> dict[str, np.ndarray]:
    between_groups = np.full((1 + len(resamples), len(found)), np.nan)
    between_pairs = np.full(len(found), np.nan)
    for clusters in found[1:]:
        at = clusters.k - 1
        between_groups[0, at], between_pairs[at] = valleys(matrix, clusters.labels, clusters.k)
        for draw, labels in enumerate(resamples, start=1):
            if len(labels) > at:
                between_groups[draw, at] = valleys(matrix, labels[at], clusters.k)[0]
    low, high = np.full((2, len(found)), np.nan)
    if len(found) > 1:
        deepest = np.fmax.accumulate(between_groups[:, 1:], axis=1)
        low[1:], high[1:] = np.quantile(deepest, (DISSENT, 1 - DISSENT), axis=0)
    return {"valley_low": low, "valley_high": high, "pair_valley": between_pairs}


def _reference(draw: np.ndarray, swept: list[Clusters]) -> pd.DataFrame:
    between_groups = [valleys(draw, clusters.labels, clusters.k)[0] for clusters in swept]
    return pd.DataFrame(
        {
            "k": [clusters.k for clusters in swept],
            "silhouette": [_silhouette(draw, clusters) for clusters in swept],
            "bend": bend(np.array([clusters.inertia for clusters in swept])),
            "valley": np.maximum.accumulate(between_groups),
        }
    )


def sweep_all(matrix: np.ndarray, max_k: int, *, seed: int) -> list[Clusters]:
    """Clusters for k = 1..max_k, or to the number of distinct rows where that is smaller.

    Of more than ``SWEEP_ROWS`` rows, that many are swept, and the centers are refined on all.
    """
    if len(matrix) > SWEEP_ROWS:
        random = np.random.default_rng(seed)
        rows = matrix[np.sort(random.choice(len(matrix), SWEEP_ROWS, replace=False))]
        if count_distinct(rows) >= max_k:
            of_sample = sweep(rows, max_k, seed=seed, starts=SAMPLED_SWEEP_STARTS)
            return [
                fit(matrix, clusters.k, seed=seed, warm_centers=(clusters.centers,))
                for clusters in of_sample
            ]
    return _sweep(matrix, max_k, seed, SWEEP_STARTS)


def _sweep(matrix: np.ndarray, max_k: int, seed: int, starts: int) -> list[Clusters]:
    return sweep(matrix, min(max_k, count_distinct(matrix)), seed=seed, starts=starts)


def _silhouette(matrix: np.ndarray, clusters: Clusters) -> float:
    return float(silhouette_samples(matrix, clusters).mean()) if clusters.k > 1 else np.nan


def _criteria(matrix: np.ndarray, clusters: Clusters) -> dict[str, float]:
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    defined = 1 < clusters.k < len(matrix)
    return {
        "k": clusters.k,
        "inertia": clusters.inertia,
        "silhouette": _silhouette(matrix, clusters),
        "davies_bouldin": davies_bouldin_score(matrix, clusters.labels) if defined else np.nan,
        "calinski_harabasz": (
            calinski_harabasz_score(matrix, clusters.labels) if defined else np.nan
        ),
        "smallest_share": np.bincount(clusters.labels).min() / len(matrix),
    }


def judge(comparison: pd.DataFrame) -> Verdict:
    """Whether the customers fall into clusters, from the rows of ``compare_k``."""
    low, high, structureless_valley = (
        float(comparison[name].fillna(0.0).max())
        for name in ("valley_low", "valley_high", "structureless_valley")
    )
    limit = structureless_valley + MINIMUM_VALLEY
    verdict = "clusters" if low >= limit else "unclear" if high >= limit else "continuum"
    gain = comparison["silhouette"] - comparison["structureless_silhouette"]
    best = gain.idxmax() if gain.notna().any() else 0
    # A convex curve always bends somewhere; a knee is a bend that structureless data do not show.
    sharpest = comparison["bend"].idxmax()
    excess = comparison["bend"][sharpest] - comparison["structureless_bend"].max()
    return Verdict(
        verdict=verdict,
        valley_low=low,
        valley_high=high,
        valley_limit=limit,
        silhouette_gain=float(gain.fillna(0.0)[best]),
        gain_k=int(comparison["k"][best]),
        elbow_k=int(comparison["k"][sharpest]) if excess >= MINIMUM_BEND else None,
        sentence=sentences.verdict(verdict, low, high, structureless_valley, limit, SMALLEST_GROUP),
    )


def picks(comparison: pd.DataFrame, verdict: Verdict) -> dict[str, int | None]:
    """The k that each criterion picks, by name; None where it picks none."""
    by_k = comparison.set_index("k")
    # The smallest k that the resamples cannot tell from the most stable one, which is two standard
    # errors of the difference: the largest mean alone would change with the seed.
    stable = by_k[by_k.index >= SMALLEST_K_BY_STABILITY].dropna(subset=["stability_ari"])
    if not stable.empty:
        best = stable.loc[stable["stability_ari"].idxmax()]
        difference = best["stability_ari"] - stable["stability_ari"]
        error = np.hypot(best["stability_error"], stable["stability_error"])
        stable = stable[difference <= 2 * error]
    calinski_harabasz = by_k["calinski_harabasz"]
    # scikit-learn scores a perfect partition 1; its ratio between to within has no bound.
    perfect = calinski_harabasz.notna() & (by_k["inertia"] == 0)
    calinski_harabasz = calinski_harabasz.mask(perfect, np.inf)

    gain = by_k["silhouette"] - by_k["structureless_silhouette"]
    # Outliers in clusters of their own would choose k; where all k have such clusters, they stay.
    is_large = by_k["smallest_share"] >= SMALLEST_CLUSTER
    apart = by_k.index[is_large & (by_k["pair_valley"] > PAIR_VALLEY)]

    def at(values: pd.Series, position: str) -> int | None:
        return int(getattr(values, position)()) if values.notna().any() else None

    return {
        "elbow": verdict.elbow_k,
        "silhouette": at(by_k["silhouette"], "idxmax"),
        "davies_bouldin": at(by_k["davies_bouldin"], "idxmin"),
        "calinski_harabasz": at(calinski_harabasz, "idxmax"),
        "stability": None if stable.empty else int(stable.index.min()),
        "gain": at(gain.where(is_large) if gain[is_large].notna().any() else gain, "idxmax"),
        "valleys": None if apart.empty else int(apart.max()),
    }


def choose(comparison: pd.DataFrame, verdict: Verdict, k: str) -> tuple[int, str]:
    """The k to fit and the name of what chose it.

    Args:
        k: a whole number, or ``auto``. Unless there is a continuum, it is the largest k whose
            clusters all are apart, or else the one with the largest gain in silhouette; in a
            continuum the pick of stability among k >= ``SMALLEST_K_BY_STABILITY`` (k = 2 only
            separates large from small); else 2.

    Raises:
        SegmentationError: k is neither, or there are fewer distinct customers than k.
    """
    if k == "auto":
        picked = picks(comparison, verdict) | {"default": 2}
        order = ("stability",) if verdict.verdict == "continuum" else ("valleys", "gain")
        criterion = next(name for name in (*order, "default") if picked[name] is not None)
        chosen = picked[criterion]
    elif k.isdecimal() and int(k) >= 1:
        criterion, chosen = "k", int(k)
    else:
        raise SegmentationError(f"k is '{k}': use auto or a whole number from 1")
    distinct = int(comparison["k"].max())
    if chosen > distinct:
        raise SegmentationError(
            f"k is {chosen}, but only {distinct} customers differ in the clustered features, or "
            f"max_k is {distinct}: lower k, raise max_k, or cluster more features (seed "
            "feature_definitions)"
        )
    return chosen, criterion


def limited(chosen: int, k: str, max_k: int) -> list[str]:
    """The sentence that a larger k than auto could take may fit better; none where that is not so.

    Args:
        chosen: the k that ``choose`` took.
        k, max_k: the vars.
    """
    return [sentences.k_is_max_k(chosen)] if k == "auto" and chosen == max_k else []
