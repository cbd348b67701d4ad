"""What customers of a known kind are judged to be, and which k `auto` takes.

Each kind is drawn anew with 400, 800 or 1,600 customers and 2 to 6 features, unless the kind says
otherwise, and clipped and scaled as a build does it. Printed are the verdicts and, where groups
were planted, how often k is their number.

    uv run python benchmarks/cluster_verdicts.py --draws 20
    uv run python benchmarks/cluster_verdicts.py --draws 100 --resamples 5 --kinds uniform rounded

A build has 20 resamples, which are most of the time; with fewer the spread is less sure.

It also runs with an earlier `segmart`, which knew two verdicts:

    git worktree add ../earlier COMMIT
    PYTHONPATH=../earlier/python_models uv run python benchmarks/cluster_verdicts.py --draws 20
"""

import argparse
from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from segmart.model import preparation, selection

MAX_K = 12
SIZES = (400, 800, 1600)
VERDICTS = ("clusters", "unclear", "continuum")

Random = np.random.Generator
# The raw features, their transform, and the number of groups, 1 for a continuum.
Drawn = tuple[np.ndarray, str, int]


def mixed(random: Random, n: int, d: int) -> np.ndarray:
    """Correlated normal features."""
    mixing = random.normal(size=(d, d)) / np.sqrt(d) + random.uniform(0, 2) * np.eye(d)
    values = random.normal(size=(n, d)) @ mixing
    return values / values.std(axis=0)


def lognormal(random: Random, n: int, d: int) -> Drawn:
    return np.exp(3 + mixed(random, n, d)), "log1p", 1


def pareto_nbd(random: Random, n: int, d: int) -> Drawn:
    """A shop: weeks until customers leave, orders until then, their amounts, discounts."""
    rate = random.gamma(random.uniform(0.6, 2), 1 / random.uniform(5, 30), n)
    leave = random.gamma(random.uniform(0.5, 1), 1 / random.uniform(5, 30), n)
    weeks = random.uniform(30, 100, n)
    alive = np.minimum(weeks, random.exponential(1 / leave))
    repeats = random.poisson(rate * alive)
    last = np.where(repeats > 0, alive * random.beta(np.maximum(repeats, 1), 1), 0)
    typical = random.normal(3.5, 0.6, n)
    spend = [
        random.lognormal(mean, 0.5, orders).sum()
        for mean, orders in zip(typical, 1 + repeats, strict=True)
    ]
    discount = np.where(random.uniform(size=n) < 0.4, 0, random.beta(1.2, 4, n))
    recency = np.floor((weeks - last) * 7)
    columns = [recency, 1 + repeats, np.round(spend, 2), np.expm1(discount)]
    return np.column_stack(columns), "log1p", 1


def uniform(random: Random, n: int, d: int) -> Drawn:
    return random.uniform(size=(n, d)), "none", 1


def gaussian(random: Random, n: int, d: int) -> Drawn:
    return mixed(random, n, d), "none", 1


def heavy_tails(random: Random, n: int, d: int) -> Drawn:
    if random.uniform() < 0.5:
        return random.standard_t(2.5, size=(n, d)), "none", 1
    return mixed(random, n, d) / np.sqrt(random.chisquare(3, (n, 1)) / 3), "none", 1


def rounded(random: Random, n: int, d: int) -> Drawn:
    """Counts, and features in steps of a quarter, a half or a whole standard deviation."""
    steps = random.choice([0.25, 0.5, 1.0], d)
    values = np.round(mixed(random, n, d) / steps) * steps
    values[:, 0] = np.log1p(1 + random.poisson(random.exponential(random.choice([0.5, 2, 6]), n)))
    return values, "none", 1


def zero_inflated(random: Random, n: int, d: int) -> Drawn:
    """Half of the features are 0 for 10 to 70 % of the customers, at random or by the others."""
    normal = mixed(random, n, d)
    values = np.exp(3 + normal)
    for column in range((d + 1) // 2):
        share = random.uniform(0.1, 0.7)
        score = normal.mean(axis=1) * random.choice([0, 1]) + random.normal(size=n)
        values[score < np.quantile(score, share), column] = 0
    return values, "log1p", 1


def banana(random: Random, n: int, d: int) -> Drawn:
    values = random.normal(size=(n, d))
    values[:, 1] = values[:, 0] ** 2 * random.uniform(0.5, 1.0) + 0.4 * values[:, 1]
    return values, "none", 1


def lognormal_without_log(random: Random, n: int, d: int) -> Drawn:
    return np.exp(0.8 * mixed(random, n, d)), "none", 1


def closed_ring(random: Random, n: int, d: int) -> Drawn:
    return on_ring(random.uniform(0, 2 * np.pi, n), 0.15, random), "none", 1


def on_ring(angles: np.ndarray, error: float, random: Random) -> np.ndarray:
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    return ring + error * random.normal(size=ring.shape)


def around(random: Random, centers: np.ndarray, n: int, shares: list | None = None) -> np.ndarray:
    """Rows around centers, with a standard deviation of 1."""
    own = np.asarray(centers, dtype="float64")[random.choice(len(centers), n, p=shares)]
    return own + random.normal(size=own.shape)


def centers_apart(random: Random, k: int, d: int, distance: float) -> np.ndarray:
    centers: list[np.ndarray] = []
    while len(centers) < k:
        center = random.uniform(-9, 9, d)
        if all(np.linalg.norm(center - other) >= distance for other in centers):
            centers.append(center)
    return np.array(centers)


def corners(random: Random, n: int, d: int) -> np.ndarray:
    places = np.array(np.meshgrid(*[[0, 1]] * d)).reshape(d, -1).T
    return around(random, random.uniform(5, 8) * places, n)


def grid(random: Random, n: int, d: int) -> Drawn:
    return corners(random, n, 2), "none", 4


def grid_and_noise(random: Random, n: int, d: int) -> Drawn:
    """Four groups on a grid, and two features that tell nothing of them."""
    return np.column_stack([corners(random, n, 2), random.normal(size=(n, 2))]), "none", 4


def cube(random: Random, n: int, d: int) -> Drawn:
    return corners(random, n, 3), "none", 8


def modes(random: Random, n: int, d: int) -> Drawn:
    """One feature with two or three modes, and one to three that tell nothing of them."""
    k = int(random.integers(2, 4))
    values = random.normal(size=(n, 2 + d % 3))
    values[:, 0] += 5 * random.choice(k, n)
    return values, "none", k


def ring_cut_in_two(random: Random, n: int, d: int) -> Drawn:
    gap = random.uniform(0.25, 0.45)
    angles = random.uniform(gap, np.pi - gap, n) + np.pi * random.choice(2, n)
    return on_ring(angles, 0.08, random), "none", 2


def blobs(random: Random, n: int, d: int) -> Drawn:
    k = int(random.integers(3, 9))
    return around(random, centers_apart(random, k, d + 2, 8), n), "none", k


def unequal_blobs(random: Random, n: int, d: int) -> Drawn:
    shares = [0.65, 0.2, 0.1, 0.05]
    return around(random, centers_apart(random, 4, d, 7), n, shares), "none", 4


def stretched_blobs(random: Random, n: int, d: int) -> Drawn:
    """Each with a standard deviation of 3 in one feature."""
    centers = centers_apart(random, 4, d, 9)
    labels = random.choice(4, n)
    deviations = np.ones(centers.shape)
    deviations[np.arange(4), random.choice(d, 4)] = 3
    return centers[labels] + deviations[labels] * random.normal(size=(n, d)), "none", 4


def simplex(random: Random, n: int, d: int, distance: float) -> Drawn:
    centers = np.zeros((4, max(d, 3)))
    centers[1:, :3] = distance / np.sqrt(2) * np.eye(3)
    centers[0, :3] = -distance / np.sqrt(2) / 3
    return around(random, centers, n), "none", 4


def separation_4(random: Random, n: int, d: int) -> Drawn:
    """Four blobs, each two of them 4 standard deviations apart."""
    return simplex(random, n, d, 4)


def separation_3(random: Random, n: int, d: int) -> Drawn:
    return simplex(random, n, d, 3)


def scattered_outliers(random: Random, n: int, d: int) -> Drawn:
    """Four blobs, and 2 % of the customers anywhere."""
    values = around(random, centers_apart(random, 4, d, 8), n)
    stray = random.choice(n, n // 50, replace=False)
    values[stray] = random.uniform(-30, 30, (len(stray), d))
    return values, "none", 4


KINDS: dict[str, Callable[[Random, int, int], Drawn]] = {
    kind.__name__: kind
    for kind in (
        *(lognormal, pareto_nbd, uniform, gaussian, heavy_tails, rounded, zero_inflated),
        *(banana, lognormal_without_log, closed_ring),
        *(grid, grid_and_noise, cube, modes, ring_cut_in_two, blobs, unequal_blobs),
        *(stretched_blobs, separation_4, separation_3, scattered_outliers),
    )
}


def draw(kind: str, seed: int) -> tuple[np.ndarray, int]:
    """The matrix that K-means sees, and the number of groups."""
    random = np.random.default_rng([seed, list(KINDS).index(kind)])
    raw, transform, k = KINDS[kind](random, SIZES[seed % 3], 2 + seed % 5)
    names = [f"feature_{column}" for column in range(raw.shape[1])]
    features = pd.DataFrame({"feature": names, "label": names, "transform": transform})
    raw = preparation.raw_matrix(pd.DataFrame(raw, columns=names), features)
    return preparation.scale(raw, preparation.fit_scaler(raw, features)), k


def judged(matrix: np.ndarray, seed: int) -> tuple[str, int]:
    comparison = selection.compare_k(matrix, MAX_K, seed=seed)
    verdict = selection.judge(comparison)
    two = "clusters" if verdict.has_clusters else "continuum"
    k, _ = selection.choose(comparison, verdict, "auto")
    return getattr(verdict, "verdict", two), k


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--resamples", type=int, default=selection.BOOTSTRAP_DRAWS)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    arguments = parser.parse_args()
    selection.BOOTSTRAP_DRAWS = arguments.resamples
    print(f"| kind, of {arguments.draws} | {' | '.join(VERDICTS)} | k right |")
    print("|---|---|---|---|---|")
    with threadpool_limits(1):
        for kind in arguments.kinds:
            verdicts, right = Counter(), []
            for seed in range(arguments.draws):
                matrix, planted = draw(kind, seed)
                verdict, k = judged(matrix, seed)
                verdicts[verdict] += 1
                right.append(k == planted)
            counts = " | ".join(str(verdicts[verdict]) for verdict in VERDICTS)
            name = kind.replace("_", " ")
            print(f"| {name} | {counts} | {sum(right) if planted > 1 else '-'} |", flush=True)


if __name__ == "__main__":
    main()
