"""The two models of repeat buying and their fits, by maximum likelihood.

A customer counts by four numbers, as in the literature: x, days with an order after the first one
(``repeat_frequency``); t_x, days from the first to the last of them (``repeat_recency_days``); T,
days from the first to the last day that is known (``age_days``); and z, the mean spend of the x
days (``repeat_mean_spend``).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

# Limits of a parameter, in units of the mean age or the median spend. At one of them the model is
# that with a parameter less: nobody ever stops, or all have the same rate.
SMALLEST, LARGEST = 1e-4, 1e4


@dataclass(frozen=True)
class BgNbd:
    """How often customers order, and when they stop.

    While a customer is alive, order days follow each other by chance, at a rate of the customer's
    own; after each one the customer stops for ever with a chance of the customer's own.

    Attributes:
        r, alpha: the rate, in order days a day, is Gamma(r, alpha) among customers; alpha in days.
        a, b: the chance to stop is Beta(a, b) among customers.
    """

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class GammaGamma:
    """What an order day is worth: Gamma(p, nu), and nu is Gamma(q, gamma) among customers.

    Gamma is in units of money. The mean of a customer is independent of how often they order.
    """

    p: float
    q: float
    gamma: float


def fit_bg_nbd(frequency: np.ndarray, recency: np.ndarray, age: np.ndarray) -> BgNbd:
    """Maximum likelihood of BG/NBD: equation 6 of Fader, Hardie and Lee, "Counting Your Customers
    the Easy Way" (Marketing Science 24, 2005).

    Args:
        frequency, recency, age: x, t_x and T of each customer, in any order.
    """
    # Most customers of a shop ordered once: equal ones are one row with a weight.
    rows, counts = np.unique(
        np.column_stack([frequency, recency, age]).astype("float64"), axis=0, return_counts=True
    )
    weights = counts / counts.sum()
    x, recency, age = rows.T
    unit = max(float(np.sum(weights * age)), 1.0)
    recency, age = recency / unit, age / unit
    distinct, place = np.unique(x, return_inverse=True)
    distinct_weights = np.bincount(place, weights=weights)
    came_again = x > 0
    repeats = np.where(came_again, x, 1.0)

    def log_likelihood(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        r, alpha, a, b = parameters
        log_age, log_recency = np.log(alpha + age), np.log(alpha + recency)
        alive = -(r + x) * log_age
        stopped = np.log(a) - np.log(b + repeats - 1) - (r + x) * log_recency
        # Who ordered once cannot have stopped: one stops after a repeat.
        either = np.logaddexp(alive, np.where(came_again, stopped, -np.inf))
        is_stopped = np.where(came_again, np.exp(stopped - either), 0.0)
        of_x = gammaln(r + distinct) + gammaln(b + distinct) - gammaln(a + b + distinct)
        constant = r * math.log(alpha) - gammaln(r) + gammaln(a + b) - gammaln(b)
        value = constant + np.sum(distinct_weights * of_x) + np.sum(weights * either)
        to_r, to_b, to_both = (
            digamma(r + distinct),
            digamma(b + distinct),
            digamma(a + b + distinct),
        )
        logs = (1 - is_stopped) * log_age + is_stopped * log_recency
        inverses = (1 - is_stopped) / (alpha + age) + is_stopped / (alpha + recency)
        gradient = np.array(
            [
                np.sum(distinct_weights * to_r) - digamma(r) + math.log(alpha)
                - np.sum(weights * logs),
                r / alpha - np.sum(weights * (r + x) * inverses),
                digamma(a + b) - np.sum(distinct_weights * to_both)
                + np.sum(weights * is_stopped) / a,
                digamma(a + b) - digamma(b) + np.sum(distinct_weights * (to_b - to_both))
                - np.sum(weights * is_stopped / (b + repeats - 1)),
            ]
        )  # fmt: skip
        return float(value), gradient

    r, alpha, a, b = _maximised(log_likelihood, [1.0, 1.0, 1.0, 1.0])
    return BgNbd(r, alpha * unit, a, b)


def fit_gamma_gamma(frequency: np.ndarray, mean_spend: np.ndarray) -> GammaGamma:
    """Maximum likelihood of gamma-gamma: equation 1a of Fader and Hardie, "The Gamma-Gamma Model of
    Monetary Value" (2013).

    Args:
        frequency, mean_spend: x and z of each customer who came again, both above 0, in any order.
    """
    order = np.lexsort((mean_spend, frequency))
    x, z = frequency[order].astype("float64"), mean_spend[order].astype("float64")
    unit = float(np.median(z))
    z = z / unit
    distinct, counts = np.unique(x, return_counts=True)
    weights = counts / counts.sum()
    log_z, log_distinct = np.log(z), np.log(distinct)

    def log_likelihood(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        p, q, gamma = parameters
        total = gamma + x * z
        log_total = np.log(total)
        of_x = gammaln(p * distinct + q) - gammaln(p * distinct) + p * distinct * log_distinct
        constant = q * math.log(gamma) - gammaln(q)
        value = (
            constant
            + np.sum(weights * of_x)
            + np.mean((p * x - 1) * log_z - (p * x + q) * log_total)
        )
        to_both, to_p = digamma(p * distinct + q), digamma(p * distinct)
        gradient = np.array(
            [
                np.sum(weights * distinct * (to_both - to_p + log_distinct))
                + np.mean(x * (log_z - log_total)),
                np.sum(weights * to_both) - digamma(q) + math.log(gamma) - np.mean(log_total),
                q / gamma - np.mean((p * x + q) / total),
            ]
        )
        return float(value), gradient

    p, q, gamma = _maximised(log_likelihood, [1.0, 2.0, 1.0])
    return GammaGamma(p, q, gamma * unit)


def _maximised(
    log_likelihood: Callable[[np.ndarray], tuple[float, np.ndarray]], start: list[float]
) -> list[float]:
    """The parameters between the limits at which the mean log-likelihood of a customer is largest.

    Args:
        log_likelihood: takes the parameters, and gives the value and its gradient.
        start: where the search begins.
    """

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = np.exp(logs)
        value, gradient = log_likelihood(parameters)
        return -value, -gradient * parameters

    found = minimize(
        loss,
        np.log(start),
        jac=True,
        method="L-BFGS-B",
        bounds=[(math.log(SMALLEST), math.log(LARGEST))] * len(start),
        options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
    )
    return np.exp(found.x).tolist()
