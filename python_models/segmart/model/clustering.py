"""K-means made repeatable: fixed seed, one thread, float64, canonical order of the centroids."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from segmart import SegmentationError


@dataclass(frozen=True)
class Clusters:
    """A partition of n rows into k clusters.

    Attributes:
        centers: float64, shape (k, features): the mean of each cluster's rows.
        labels: int64, shape (n,): the cluster of each row, 0..k-1.
        inertia: sum of the squared distances of the rows to their centers.
    """

    centers: np.ndarray
    labels: np.ndarray
    inertia: float

    @property
    def k(self) -> int:
        return len(self.centers)


def fit(
    matrix: np.ndarray,
    k: int,
    *,
    seed: int,
    starts: int = 0,
    warm_centers: tuple[np.ndarray, ...] = (),
) -> Clusters:
    """The best of ``starts`` k-means++ starts and of one start from each of ``warm_centers``.

    Lloyd's algorithm run to its fixed point (tolerance 0), so that each center is the mean of
    its cluster and the silhouette by moments is exact. Source:
    https://scikit-learn.org/stable/modules/generated/sklearn.cluster.KMeans.html

    Args:
        matrix: float64, shape (n, features), without NaN.
        k: number of clusters, 1..distinct rows.
        seed: of the random starts.
        starts: number of k-means++ starts; with 0 only the warm ones are run.
        warm_centers: arrays of shape (k, features).

    Raises:
        SegmentationError: there are fewer distinct rows than k.
    """
    fits = []
    with _thread_pools().limit(limits=1):
        for centers in warm_centers:
            fits.append(_lloyd(centers, k, n_init=1, seed=seed).fit(matrix))
        if starts:
            fits.append(_lloyd("k-means++", k, n_init=starts, seed=seed).fit(matrix))
    best = min(fits, key=lambda fitted: fitted.inertia_)
    # Too few distinct rows, or rows that differ by rounding alone, leave a cluster without a center
    # of its own.
    found = min(len(np.unique(best.labels_)), count_distinct(best.cluster_centers_))
    if found < k:
        same = "all customers are identical" if found == 1 else f"only {found} differ"
        raise SegmentationError(
            f"k is {k}, but of {len(matrix)} customers {same} in the clustered features: "
            f"set k to at most {found}, or cluster more features (seed feature_definitions)"
        )
    return _as_clusters(matrix, best.labels_, k)


def count_distinct(matrix: np.ndarray) -> int:
    """The number of rows that K-means can tell apart.

    Rounded, because it computes |x|^2 - 2xc + |c|^2, which loses differences below about 1e-8.
    """
    return len(np.unique(matrix.round(6), axis=0))


@functools.cache
def _thread_pools() -> ThreadpoolController:
    """The thread pools of this process, looked up once: that reads every loaded library."""
    # Imported for its OpenMP pool alone: a pool that is loaded after this would keep all its
    # threads, and their rounding.
    import sklearn.cluster  # noqa: F401 - loaded for its thread pool

    return ThreadpoolController()


def _k_means(k: int, **parameters: Any) -> Any:
    # Most builds neither fit nor predict, and scikit-learn takes a second to import.
    from sklearn.cluster import KMeans

    return KMeans(k, **parameters)


def _lloyd(init: np.ndarray | str, k: int, *, n_init: int, seed: int) -> Any:
    return _k_means(k, init=init, n_init=n_init, max_iter=1000, tol=0.0, random_state=seed)


def _as_clusters(matrix: np.ndarray, labels: np.ndarray, k: int) -> Clusters:
    centers = np.array([matrix[labels == cluster].mean(axis=0) for cluster in range(k)])
    residuals = matrix - centers[labels]
    return Clusters(centers, labels.astype("int64"), float((residuals**2).sum()))


def predict(matrix: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """The index of the nearest center of each row, as scikit-learn's ``KMeans.predict`` says it.

    Args:
        matrix: float64, shape (n, features).
        centers: float64, shape (k, features).

    Returns:
        int64, shape (n,).
    """
    model = _k_means(len(centers), init=centers, n_init=1, max_iter=1)
    with _thread_pools().limit(limits=1):
        # predict needs a fitted estimator. Fitting moves the centers by rounding: put them back.
        model.fit(centers).cluster_centers_ = np.ascontiguousarray(centers)
        return model.predict(matrix).astype("int64")


def sweep(matrix: np.ndarray, max_k: int, *, seed: int, starts: int = 0) -> list[Clusters]:
    """Clusters for k = 1..max_k, each warm from the one before.

    The start for k is the centers for k-1 and one more point. Ten candidates for that point are
    drawn with probability proportional to the squared distance to the nearest center, as in
    k-means++ (Arthur and Vassilvitskii, 2007), and the candidate that leaves the lowest inertia
    before any iteration is taken; k-means++ starts compete with it when ``starts`` is given.
    There are at least ``max_k`` distinct rows: once every row is a center, none is left to draw.
    """
    random = np.random.default_rng(seed)
    found = [fit(matrix, 1, seed=seed, warm_centers=(matrix.mean(axis=0, keepdims=True),))]
    for k in range(2, max_k + 1):
        warm = _with_one_more_center(matrix, found[-1], random)
        found.append(fit(matrix, k, seed=seed, starts=starts, warm_centers=(warm,)))
    return found


def _with_one_more_center(
    matrix: np.ndarray, clusters: Clusters, random: np.random.Generator
) -> np.ndarray:
    nearest = ((matrix - clusters.centers[clusters.labels]) ** 2).sum(axis=1)
    candidates = random.choice(len(matrix), size=10, p=nearest / nearest.sum())
    potentials = [
        np.minimum(nearest, ((matrix - matrix[candidate]) ** 2).sum(axis=1)).sum()
        for candidate in candidates
    ]
    return np.vstack([clusters.centers, matrix[candidates[int(np.argmin(potentials))]]])


def order_by_value(clusters: Clusters, directions: np.ndarray) -> Clusters:
    """Number the clusters by business value, the most valuable first.

    Value is the sum of the scaled center's coordinates, each signed by its feature's direction
    (1 when higher is better, -1 when lower is). Ties go by the coordinates themselves.

    Args:
        clusters: as fitted.
        directions: shape (features,), of 1 and -1.
    """
    value = clusters.centers @ directions
    order = np.lexsort([*clusters.centers.T[::-1], -value])
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return Clusters(clusters.centers[order], rank[clusters.labels], clusters.inertia)
