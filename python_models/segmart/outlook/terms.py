"""What SQL cannot compute of BG/NBD, for each number of repeats: rows that it joins and sums.

Given that a customer is alive, the rate is Gamma(r + x, alpha + T) and the chance to stop is
Beta(a, b + x), independent of it. So the expected order days of the next t days are the mean of
``(1 - (1 + p t / (alpha + T)) ** -(r + x)) / p`` over the chances p: a sum over a few nodes of a
quadrature, where the paper has a hypergeometric function. And more than k order days come where
there are more than k occasions, and the customer does not stop after any of the first k.
``macros/outlook.sql`` has the sums.
"""

import itertools
import math

import numpy as np
import pandas as pd
from scipy.linalg import eigh_tridiagonal
from scipy.special import gammaln

from segmart.outlook.likelihoods import BgNbd

# The days that an outlook looks ahead, as in ``outlook_days`` of macros/outlook.sql.
DAYS = (30, 90)
NODE_COLUMNS = {"repeat_frequency": "int32", "node": "float64", "weight": "float64"}
COUNT_COLUMNS = {
    "repeat_frequency": "int32",
    "order_days": "int32",
    "log_ways": "float64",
    "goes_on": "float64",
}
# The fewest nodes of these are taken whose sum is exact. The more unequal the rates, the more.
NODES = (16, 32, 64, 128)
EXACT = 1e-12
# At most this many standard deviations above the mean lies what has a chance of more than 1 in 20
# (Cantelli's inequality).
DEVIATIONS = math.sqrt(19)


def quadrature(model: BgNbd, frequency: float, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the mean over Beta(a, b + x), as many as asked for; weights sum to 1.

    Gauss-Jacobi, from the eigenvalues and vectors of the matrix of the recurrence (Golub and
    Welsch, "Calculation of Gauss Quadrature Rules", 1969). SciPy's ``roots_jacobi`` scales the
    weights by a power that underflows where x is large.
    """
    # The weight (1 - u) ** high * (1 + u) ** low on -1..1.
    high, low = model.b + frequency - 1, model.a - 1
    both = high + low
    n = np.arange(1, nodes, dtype="float64")
    diagonal = np.concatenate(
        [
            [(low - high) / (both + 2)],
            (low**2 - high**2) / ((2 * n + both) * (2 * n + both + 2)),
        ]
    )
    # Of the first one two factors are equal, and may be 0.
    n = n[1:]
    beside = np.concatenate(
        [
            [4 * (1 + high) * (1 + low) / ((2 + both) ** 2 * (3 + both))],
            4 * n * (n + high) * (n + low) * (n + both)
            / ((2 * n + both) ** 2 * (2 * n + both + 1) * (2 * n + both - 1)),
        ]
    )  # fmt: skip
    points, vectors = eigh_tridiagonal(diagonal, np.sqrt(beside))
    return (1 + points) / 2, vectors[0] ** 2


def expected_order_days(
    model: BgNbd, frequency: float, age: float, days: float, nodes: int
) -> float:
    """Order days that a living customer is expected to have in the next days, by the quadrature."""
    point, weight = quadrature(model, frequency, nodes)
    powers = (model.r + frequency) * np.log1p(point * days / (model.alpha + age))
    return float(np.sum(weight * -np.expm1(-powers) / point))


def nodes_needed(model: BgNbd) -> int:
    """The fewest of ``NODES`` with which the sum is exact where it is hardest: of new customers."""
    for nodes, more in itertools.pairwise(NODES):
        hardest = [
            (expected_order_days(model, x, x, DAYS[-1], n) for n in (nodes, more)) for x in range(5)
        ]
        if all(abs(few / many - 1) < EXACT for few, many in hardest):
            return nodes
    return NODES[-1]


def node_rows(model: BgNbd, frequencies: np.ndarray) -> pd.DataFrame:
    """``NODE_COLUMNS``: the nodes and weights for each number of repeats."""
    nodes = nodes_needed(model)
    found = [quadrature(model, float(x), nodes) for x in frequencies]
    return pd.DataFrame(
        {
            "repeat_frequency": np.repeat(frequencies, nodes),
            "node": np.concatenate([point for point, _ in found]),
            "weight": np.concatenate([weight for _, weight in found]),
        }
    ).astype(NODE_COLUMNS)


def count_rows(model: BgNbd, frequencies: np.ndarray) -> pd.DataFrame:
    """``COUNT_COLUMNS``: for each number of repeats and each k from 0 on, as far as a chance of
    more than 1 in 20 can reach.

    log_ways: the logarithm of the binomial coefficient of r + x + k - 1 and k, of which the chance
    of k occasions is made. goes_on: the chance not to stop after any of k order days.
    """
    days = DAYS[-1]
    shape = model.r + frequencies
    # Nobody is younger in days than in repeats.
    ratio = days / (model.alpha + frequencies)
    highest = shape * ratio + DEVIATIONS * np.sqrt(shape * ratio * (1 + ratio))
    # One can order on each of the days, and no oftener.
    rows = np.minimum(np.floor(highest).astype(int) + 1, days) + 1
    x = np.repeat(frequencies, rows).astype("float64")
    k = np.concatenate([np.arange(each) for each in rows]).astype("float64")
    stay, all_ = model.b + x, model.a + model.b + x
    return pd.DataFrame(
        {
            "repeat_frequency": x,
            "order_days": k,
            "log_ways": gammaln(model.r + x + k) - gammaln(model.r + x) - gammaln(k + 1),
            "goes_on": np.exp(
                gammaln(stay + k) - gammaln(stay) - gammaln(all_ + k) + gammaln(all_)
            ),
        }
    ).astype(COUNT_COLUMNS)
