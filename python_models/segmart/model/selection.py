"""How many segments, and whether the customers fall into clusters at all.

The question has two parts, kept apart here. *Are there clusters?* The data are held against
structureless data of the same marginals and the same rank correlations. *Which k?* Several
criteria each pick one, and a rule takes one of them; DECISIONS.md gives the reasons.

Most builds do not fit: what takes long to import is imported where it is used.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmart import SegmentationError, sentences
from segmart.model.clustering import Clusters, count_distinct, fit, predict, sweep

MINIMUM_GAIN = 0.05
STRUCTURELESS_DRAWS = 5
BOOTSTRAP_DRAWS = 20
# k-means++ starts of each resample for the stability of a cluster.
JACCARD_STARTS = 5
# Three starts keep the sweeps of the resamples near their optimum; the final fit has many more.
SWEEP_STARTS = 3
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
        has_clusters: the silhouette exceeds that of every structureless draw by ``MINIMUM_GAIN``
            at some k.
        silhouette_gain: the largest such difference over k.
        gain_k: the k it is found at.
        elbow_k: the knee of the inertia curve, or None where there is none.
        sentence: the same for people.
    """

    has_clusters: bool
    silhouette_gain: float
    gain_k: int
    elbow_k: int | None
    sentence: str


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


def structureless(matrix: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Data without clusters but with the columns' own values and their rank correlations.

    A Gaussian copula: normal scores are drawn with the correlations of the data's normal scores,
    and each column's sorted values are dealt out in the order of the draws. (Permuting the columns
    independently would also destroy correlation, and call any correlated cloud clustered.)

    Returns:
        float64, the shape of ``matrix``.
    """
    from scipy.stats import norm, rankdata

    rows, columns = matrix.shape
    scores = np.column_stack(
        [norm.ppf((rankdata(matrix[:, column]) - 0.5) / rows) for column in range(columns)]
    )
    covariance = np.atleast_2d(np.corrcoef(scores, rowvar=False))
    draws = random.multivariate_normal(np.zeros(columns), covariance, size=rows, method="eigh")
    ranks = np.argsort(np.argsort(draws, axis=0, kind="stable"), axis=0, kind="stable")
    return np.take_along_axis(np.sort(matrix, axis=0), ranks, axis=0)


def stability(
    matrix: np.ndarray, found: list[Clusters], *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean adjusted Rand index between each partition and those of bootstrap resamples.

    A resample of the rows is swept anew, all rows are labelled by its centers, and the labels
    are compared with the partition found on all rows. Index: Hubert and Arabie (1985); use for
    stability: Hennig, Comput. Stat. Data Anal. 52 (2007).

    Returns:
        The means and their standard errors, float64, one value for each of ``found``; NaN for
        k = 1, and where fewer than two resamples have k distinct rows.
    """
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(seed)
    agreement = np.full((BOOTSTRAP_DRAWS, len(found)), np.nan)
    for draw in range(BOOTSTRAP_DRAWS):
        resample = matrix[np.sort(random.integers(0, len(matrix), len(matrix)))]
        limit = min(len(found), count_distinct(resample))
        for again in sweep(resample, limit, seed=seed, starts=SWEEP_STARTS)[1:]:
            labels = predict(matrix, again.centers)
            agreement[draw, again.k - 1] = adjusted_rand_score(found[again.k - 1].labels, labels)
    means, errors = np.full((2, len(found)), np.nan)
    draws = (~np.isnan(agreement)).sum(axis=0)
    known = draws > 1
    means[known] = np.nanmean(agreement[:, known], axis=0)
    errors[known] = np.nanstd(agreement[:, known], axis=0, ddof=1) / np.sqrt(draws[known])
    return means, errors


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


def compare_k(matrix: np.ndarray, max_k: int, *, seed: int) -> pd.DataFrame:
    """One row for each k = 1..max_k with every criterion, on the data and on structureless data.

    ``max_k`` is lowered to the number of distinct rows. Columns: k, inertia, silhouette,
    davies_bouldin, calinski_harabasz, stability_ari, stability_error, smallest_share,
    structureless_silhouette (the largest of the draws), bend, structureless_bend (likewise). A
    criterion is NaN where it is not defined: at k = 1, and at k = n.
    """
    found = sweep_all(matrix, max_k, seed=seed)
    comparison = pd.DataFrame([_criteria(matrix, clusters) for clusters in found])
    comparison["bend"] = bend(comparison["inertia"].to_numpy())
    random = np.random.default_rng(seed)
    subset, found_in_subset = matrix, found
    if len(matrix) > RESAMPLING_ROWS:
        subset = matrix[np.sort(random.choice(len(matrix), RESAMPLING_ROWS, replace=False))]
        found_in_subset = _sweep(subset, max_k, seed)
    means, errors = stability(subset, found_in_subset, seed=seed)
    stable = pd.DataFrame(
        {
            "k": [clusters.k for clusters in found_in_subset],
            "stability_ari": means,
            "stability_error": errors,
        }
    )
    references = []
    for _ in range(STRUCTURELESS_DRAWS):
        draw = structureless(subset, random)
        swept = _sweep(draw, max_k, seed)
        references.append(
            pd.DataFrame(
                {
                    "k": [clusters.k for clusters in swept],
                    "structureless_silhouette": [_silhouette(draw, c) for c in swept],
                    "structureless_bend": bend(np.array([c.inertia for c in swept])),
                }
            )
        )
    largest = pd.concat(references).groupby("k", as_index=False).max()
    return comparison.merge(stable, on="k", how="left").merge(largest, on="k", how="left")


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
    return _sweep(matrix, max_k, seed)


def _sweep(matrix: np.ndarray, max_k: int, seed: int) -> list[Clusters]:
    return sweep(matrix, min(max_k, count_distinct(matrix)), seed=seed, starts=SWEEP_STARTS)


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
    gain = comparison["silhouette"] - comparison["structureless_silhouette"]
    best = gain.idxmax() if gain.notna().any() else 0
    silhouette_gain = float(gain.fillna(0.0)[best])
    has_clusters = silhouette_gain >= MINIMUM_GAIN
    # A convex curve always bends somewhere; a knee is a bend that structureless data do not show.
    sharpest = comparison["bend"].idxmax()
    excess = comparison["bend"][sharpest] - comparison["structureless_bend"].max()
    elbow_k = int(comparison["k"][sharpest]) if excess >= MINIMUM_GAIN else None
    gain_k = int(comparison["k"][best])
    sentence = sentences.verdict(
        has_clusters, gain_k, silhouette_gain, STRUCTURELESS_DRAWS, MINIMUM_GAIN
    )
    return Verdict(has_clusters, silhouette_gain, gain_k, elbow_k, sentence)


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

    def at(values: pd.Series, position: str) -> int | None:
        return int(getattr(values, position)()) if values.notna().any() else None

    return {
        "elbow": verdict.elbow_k,
        "silhouette": at(by_k["silhouette"], "idxmax"),
        "davies_bouldin": at(by_k["davies_bouldin"], "idxmin"),
        "calinski_harabasz": at(calinski_harabasz, "idxmax"),
        "stability": None if stable.empty else int(stable.index.min()),
    }


def choose(comparison: pd.DataFrame, verdict: Verdict, k: str) -> tuple[int, str]:
    """The k to fit and the name of what chose it.

    Args:
        k: a whole number, or ``auto``: with clusters the pick of Calinski-Harabasz, else the
            pick of stability among k >= ``SMALLEST_K_BY_STABILITY`` (k = 2 only separates large
            from small), else 2.

    Raises:
        SegmentationError: k is neither, or there are fewer distinct customers than k.
    """
    if k == "auto":
        criterion = "calinski_harabasz" if verdict.has_clusters else "stability"
        chosen = picks(comparison, verdict)[criterion]
        if chosen is None:
            criterion, chosen = "default", 2
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
