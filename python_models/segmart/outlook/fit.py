"""Whether the orders bear an outlook, and the models of it: of today, and of a date before.

The dbt model ``outlook_fit`` hands frames in, and gets one row back, whose lists are the rows of
``outlook_model`` and what SQL scores with.
"""

import math
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
from threadpoolctl import threadpool_limits

from segmart import sentences
from segmart.engine.frames import as_lists, typed
from segmart.outlook import terms
from segmart.outlook.likelihoods import BgNbd, fit_bg_nbd, fit_gamma_gamma

# With fewer, four parameters are guesses.
FEWEST_REPEAT_CUSTOMERS = 100
# Of what has been seen for less time than it looks ahead, an outlook says nothing.
SHORTEST_HISTORY_DAYS = terms.DAYS[-1]
# Gaps of chance have a shape of 1, those of a weekly shop of 1 to 3, and those of a delivery each
# month above 50. From 10 on a gap is within a third of the customer's usual one.
RHYTHM = 10
# The date of the check lies so many days before that of the build, which are then known.
HELD_OUT_DAYS = terms.DAYS[-1]
HELD_OUT = {"held_out_days": "int32"}

MODEL_COLUMNS = {
    "held_out_days": "int32",
    "fitted_as_of": "object",
    "customers": "int64",
    "repeat_customers": "int64",
    "history_days": "int32",
    "regularity": "float64",
    "r": "float64",
    "alpha": "float64",
    "a": "float64",
    "b": "float64",
    "p": "float64",
    "q": "float64",
    "gamma": "float64",
    "off_because": "string",
    "spend_off_because": "string",
}
HISTORY_COLUMNS = ["frequency", "recency_days", "age_days", "mean_spend"]


def outlook(
    sample: pd.DataFrame,
    frequencies: np.ndarray,
    as_of: date,
    say: Callable[[str], None],
) -> pa.Table:
    """Fit the models of the date of the build, and those of ``HELD_OUT_DAYS`` before.

    Args:
        sample: rows of ``outlook_sample``, in any order.
        frequencies: the numbers of repeats that any customer has.
        as_of: the date of the build.
        say: is told where a model is off.

    Returns:
        One row, the lists models (``MODEL_COLUMNS``, one row
        for each of the two dates), nodes and counts (``terms.NODE_COLUMNS`` and
        ``COUNT_COLUMNS``, each with held_out_days; no row where the model is off).
    """
    # Matrices of four by four: threads would only wait for each other.
    with threadpool_limits(limits=1):
        return _outlook(sample, frequencies, as_of, say)


def _outlook(
    sample: pd.DataFrame, frequencies: np.ndarray, as_of: date, say: Callable[[str], None]
) -> pa.Table:
    regular = regularity(sample["last_gap_share"].dropna().to_numpy("float64"))
    earlier = sample[sample["earlier_frequency"].notna()]
    models, nodes, counts = [], [], []
    for days, customers, prefix, needed in (
        (0, sample, "repeat_", frequencies),
        (HELD_OUT_DAYS, earlier, "earlier_", earlier["earlier_frequency"].unique()),
    ):
        history = customers[[f"{prefix}{column}" for column in HISTORY_COLUMNS]]
        values, bg_nbd = fitted(history.set_axis(HISTORY_COLUMNS, axis=1), regular)
        date_of_fit = as_of - timedelta(days=days)
        models.append(values | {"held_out_days": days, "fitted_as_of": date_of_fit})
        if bg_nbd:
            x = np.sort(np.asarray(needed, dtype="int32"))
            nodes.append(terms.node_rows(bg_nbd, x).assign(held_out_days=np.int32(days)))
            counts.append(terms.count_rows(bg_nbd, x).assign(held_out_days=np.int32(days)))
    lists = {
        "models": typed(models, MODEL_COLUMNS),
        "nodes": pd.concat([typed([], terms.NODE_COLUMNS | HELD_OUT), *nodes]),
        "counts": pd.concat([typed([], terms.COUNT_COLUMNS | HELD_OUT), *counts]),
    }
    if said := sentences.outlook(models[0]["off_because"], models[0]["spend_off_because"]):
        say(said)
    return pa.table(as_lists(lists))


def regularity(gap_shares: np.ndarray) -> float | None:
    """How regular order days are: the shape k of an Erlang distribution of the gaps between them.

    1 is chance, more is rhythm, less is many at once and then none. By two gaps of each customer
    (Wheat and Morrison, "Estimating Purchase Regularity with Two Interpurchase Times", Journal of
    Marketing Research 27, 1990): the variance of the share of one of them in both is 1 / (4 (2 k +
    1)), whatever the customer's rate.

    Args:
        gap_shares: the share of the last gap of a customer in the last two.

    Returns:
        k, infinite where all gaps are equal; None without a customer.
    """
    if not gap_shares.size:
        return None
    variance = float(np.mean(np.square(np.sort(gap_shares) - 0.5)))
    return (1 - 4 * variance) / (8 * variance) if variance > 0 else math.inf


def fitted(history: pd.DataFrame, regular: float | None) -> tuple[dict, BgNbd | None]:
    """The models of these customers, or why there is none.

    Args:
        history: ``HISTORY_COLUMNS``, one row a customer; mean_spend is missing without amounts.
        regular: what ``regularity`` returned.

    Returns:
        Values of ``MODEL_COLUMNS`` by name, missing for a model that is off; and BG/NBD.
    """
    frequency, recency, age = (history[name].to_numpy("float64") for name in HISTORY_COLUMNS[:3])
    mean_spend = history["mean_spend"].to_numpy("float64", na_value=np.nan)
    values: dict = {
        "customers": len(history),
        "repeat_customers": int(np.sum(frequency > 0)),
        "history_days": int(age.max(initial=-1)) + 1,
        "regularity": regular,
    }
    values["off_because"] = _off_because(values)
    values["spend_off_because"] = values["off_because"]
    if values["off_because"]:
        return values, None
    bg_nbd = fit_bg_nbd(frequency, recency, age)
    values |= asdict(bg_nbd)
    has_spend = (frequency > 0) & (mean_spend > 0)
    if has_spend.sum() < FEWEST_REPEAT_CUSTOMERS:
        values["spend_off_because"] = sentences.few_repeat_spends(
            int(has_spend.sum()), FEWEST_REPEAT_CUSTOMERS
        )
        return values, bg_nbd
    gamma_gamma = fit_gamma_gamma(frequency[has_spend], mean_spend[has_spend])
    if gamma_gamma.q <= 1:
        values["spend_off_because"] = sentences.spend_without_mean()
    else:
        values |= asdict(gamma_gamma)
    return values, bg_nbd


def _off_because(values: dict) -> str | None:
    if not values["customers"]:
        return sentences.no_orders()
    if values["history_days"] < SHORTEST_HISTORY_DAYS:
        return sentences.short_history(values["history_days"], SHORTEST_HISTORY_DAYS)
    if values["repeat_customers"] < FEWEST_REPEAT_CUSTOMERS:
        return sentences.few_repeats(values["repeat_customers"], FEWEST_REPEAT_CUSTOMERS)
    if values["regularity"] is not None and values["regularity"] >= RHYTHM:
        return sentences.rhythm(values["regularity"], RHYTHM)
    return None
