"""Whether fewer customers lie between groups than within them, and data in which none do.

In a continuum, straight or curved, K-means divides what belongs together: along the line between
the centers of two neighbouring clusters their rows do not become fewer and then more again.
Between groups that are apart they do. The silhouette cannot tell the two from each other.
"""

import numpy as np

# Customers of which something is a group, and those with one value an atom, as a share of all.
SMALLEST_GROUP = 0.05
# The line between two centers is looked at from a quarter before the first to a quarter behind the
# second, in cells that are counted alone and together: three widths see valleys of any width.
OVERHANG = 0.25
CELLS = 36
WIDTHS = (6, 4, 3)
# Equal values are spread by at least so many standard deviations to either side.
SPREAD = 0.25
# With fewer other values a feature is a scale of levels, and none of them is an atom; nor is one
# that has not several times the rows of the values beside it.
LEVELS = 20
OUTSTANDING = 3
# Of equal shares of the rows, for the density of a feature.
DENSITY_CELLS = 40


def without_atoms(matrix: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The rows with values that many share made continuous: a gap beside such a value is no valley.

    An atom, which ``SMALLEST_GROUP`` of the rows or more share and which stands out of its
    neighbours (those who never had a discount), becomes a random one of the other values: such rows
    tell nothing of that feature. Other equal values, as of counts and of rounded numbers, are
    spread halfway to their neighbours, and at least by ``SPREAD``.

    Args:
        matrix: float64, shape (n, features), standardised.
        random: of the draws.

    Returns:
        float64, the shape of ``matrix``.
    """
    spread = matrix.copy()
    for values in spread.T:
        levels, place, rows = np.unique(values, return_inverse=True, return_counts=True)
        beside = np.maximum(np.append(rows[1:], 0), np.append(0, rows[:-1]))
        is_atom = (rows >= SMALLEST_GROUP * len(values)) & (rows > OUTSTANDING * beside)
        if is_atom.any() and (~is_atom).sum() > LEVELS:
            shared = is_atom[place]
            values[shared] = random.choice(values[~shared], shared.sum())
            levels, place, rows = np.unique(values, return_inverse=True, return_counts=True)
        half = np.maximum(np.diff(levels, append=levels[-1]) / 2, SPREAD)
        tied = rows[place] > 1
        down, up = np.roll(half, 1)[place[tied]], half[place[tied]]
        values[tied] += random.uniform(-down, up)
    return spread


def valleys(matrix: np.ndarray, labels: np.ndarray, k: int) -> tuple[float, float]:
    """How surely there is a valley between two groups of the clusters, and between all clusters.

    The rows of two clusters are projected on the line through their centers and counted in cells.
    Where a cell has fewer rows than one on either side, the difference to the smaller of the two
    over the standard deviation of a difference of counts, sqrt(peak + valley), says how surely:
    the largest such value is the valley of the pair. Clusters are then joined, the pair with the
    lowest valley first, and the last two groups are looked at as clusters are. Method: the
    projections of Kalogeratos and Likas, "Dip-means" (NIPS 2012); instead of the dip of Hartigan
    and Hartigan (1985) the counts, which say what they mean.

    Args:
        matrix: float64, shape (n, features), without atoms.
        labels: int64, shape (n,), of 0..k-1.
        k: number of clusters, from 2 on.

    Returns:
        The valley between the last two groups with ``SMALLEST_GROUP`` of the rows or more each: the
        lowest of their clusters or that of the groups, whichever is surer; 0 without two. And the
        lowest valley of any pair of clusters. Both are 0 where a cluster is empty.
    """
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    sizes = np.bincount(labels, minlength=k)
    if k < 2 or (sizes == 0).any():
        return 0.0, 0.0
    heights = squareform(_between_pairs(matrix, labels, sizes), checks=False)
    groups, last, joined = list(np.eye(k, dtype=bool)), None, 0.0
    merges = linkage(heights, "single")
    for first, second, height, _ in merges:
        pair = groups[int(first)], groups[int(second)]
        if min(sizes[group].sum() for group in pair) >= SMALLEST_GROUP * len(labels):
            last, joined = pair, height
        groups.append(pair[0] | pair[1])
    if last is None:
        return 0.0, float(merges[0, 2])
    # A small cluster is apart from all others, but never surely: it would join large ones.
    is_in, is_second = (last[0] | last[1])[labels], last[1][labels].astype("int64")
    of_groups = _between_pairs(matrix[is_in], is_second[is_in], np.bincount(is_second[is_in]))
    return float(max(joined, of_groups[0, 1])), float(merges[0, 2])


def _between_pairs(matrix: np.ndarray, labels: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The valley of each pair of clusters: float64, shape (k, k), 0 on the diagonal."""
    k = len(sizes)
    members = (labels[:, None] == np.arange(k)).astype("float64")
    centers = members.T @ matrix / sizes[:, None]
    products = centers @ centers.T
    squares = np.diag(products)
    lengths = squares[:, None] + squares - 2 * products
    np.fill_diagonal(lengths, 1.0)
    # Place of each row on the line from its own center, 0, to each other one, 1.
    onto = matrix @ centers.T - (products - squares[:, None])[labels]
    own = onto[np.arange(len(matrix)), labels]
    places = (onto - own[:, None]) / np.maximum(lengths, 1e-12)[labels]
    cells = np.floor((places + OVERHANG) / (1 + 2 * OVERHANG) * CELLS)
    cells = np.where((cells >= 0) & (cells < CELLS), cells, CELLS).astype("int64")
    cells += (labels[:, None] * k + np.arange(k)) * (CELLS + 1)
    counts = np.bincount(cells.ravel(), minlength=k * k * (CELLS + 1))
    counts = counts.reshape(k, k, CELLS + 1)[:, :, :CELLS]
    counts = counts + counts.transpose(1, 0, 2)[:, :, ::-1]
    highest = np.zeros((k, k))
    for width in WIDTHS:
        rows = counts.reshape(k, k, CELLS // width, width).sum(axis=3)
        before = np.maximum.accumulate(rows, axis=2)
        after = np.maximum.accumulate(rows[:, :, ::-1], axis=2)[:, :, ::-1]
        peak = np.minimum(before, after)
        valley = (peak - rows) / np.sqrt(np.maximum(peak + rows, 1))
        highest = np.maximum(highest, valley.max(axis=2))
    # Counted from either end: rows on the border of two cells may differ.
    highest = np.maximum(highest, highest.T)
    np.fill_diagonal(highest, 0.0)
    return highest


def structureless(matrix: np.ndarray, random: np.random.Generator, draws: int) -> list[np.ndarray]:
    """Data without clusters, but with the spread of each column and their rank correlations.

    A Gaussian copula: normal scores are drawn with the correlations of the data's normal scores,
    and become values of the unimodal distribution that is closest to each column. (Permuting the
    columns independently would also destroy correlation, and call any correlated cloud clustered;
    the columns' own values would keep their modes, and call no groups on a grid clusters.)

    Args:
        matrix: float64, shape (n, features), without atoms.
        random: of the draws.
        draws: number of data sets.

    Returns:
        float64 arrays of the shape of ``matrix``.
    """
    from scipy.stats import norm, rankdata

    rows, columns = matrix.shape
    scores = np.column_stack(
        [norm.ppf((rankdata(matrix[:, column]) - 0.5) / rows) for column in range(columns)]
    )
    covariance = np.atleast_2d(np.corrcoef(scores, rowvar=False))
    marginals = [unimodal(column) for column in matrix.T]
    drawn = []
    for _ in range(draws):
        normal = random.multivariate_normal(np.zeros(columns), covariance, size=rows, method="eigh")
        quantiles = norm.cdf(normal).T
        drawn.append(
            np.column_stack(
                [
                    np.interp(quantile, cumulative, edges)
                    for quantile, (edges, cumulative) in zip(quantiles, marginals, strict=True)
                ]
            )
        )
    return drawn


def unimodal(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distribution with one mode that is closest to the values.

    Of each place of the mode, the density before it is the closest one that rises and the density
    after it the closest one that falls (isotonic regression; Grenander, 1956). The place whose
    distribution function is nowhere far from that of the values is taken, which is the distance
    of the dip test: Hartigan and Hartigan, "The dip test of unimodality", Ann. Stat. 13 (1985).

    Args:
        values: float64, shape (n,), not all equal.

    Returns:
        Edges of cells, float64, rising, and the distribution function there, from 0 to 1.
    """
    from scipy.optimize import isotonic_regression

    edges = np.unique(np.quantile(values, np.linspace(0.0, 1.0, DENSITY_CELLS + 1)))
    shares = np.histogram(values, edges)[0] / len(values)
    widths = np.diff(edges)
    density, observed = shares / widths, np.cumsum(shares)
    closest, smallest = observed, np.inf
    for mode in range(len(density)):
        fitted = [
            isotonic_regression(density[part], weights=widths[part], increasing=rises).x
            for part, rises in ((slice(mode + 1), True), (slice(mode, None), False))
        ]
        mass = widths * np.concatenate([fitted[0][:-1], fitted[1]])
        mass[mode] = widths[mode] * max(fitted[0][-1], fitted[1][0])
        cumulative = np.cumsum(mass / mass.sum())
        distance = np.abs(cumulative - observed).max()
        if distance < smallest:
            closest, smallest = cumulative, distance
    return edges, np.append(0.0, closest)
