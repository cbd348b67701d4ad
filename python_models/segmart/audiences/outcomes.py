"""What an audience brought: the mean of those contacted against that of those held out.

All comes from sums of the two groups, so that SQL reads the customers and this reads a few rows.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

CONFIDENCE = 0.95
# The chance of seeing a difference that is worthwhile, with as many customers as are needed.
POWER = 0.8
# A split that comes by chance once in a thousand audiences points to a mistake (Fabijan et al.
# 2019, Diagnosing Sample Ratio Mismatch in Online Controlled Experiments).
UNLIKELY_SPLIT = 0.001

# Of the squares. Where one customer has more of them, it decides to which group the lot gives it:
# then 9 to 11 of 100 intervals leave out 0 where nothing came of it, else 4 to 6.
LARGEST_SHARE_OF_ONE = 0.5

MORE, LESS = "brought more", "brought less"
NO_DIFFERENCE, TOO_FEW = "no difference seen", "too few to tell"
NOBODY_HELD_OUT, NOT_DECIDING = "nobody held out", "not deciding"

ENDS = ("", "_low", "_high", "_probability")
# Of what dbt builds: the rows that are compared, then what ``outcomes`` says of them.
SCHEMA = pa.schema(
    [
        ("audience", pa.string()),
        ("started_on", pa.date32()),
        ("segment_id", pa.int32()),
        ("segment_name", pa.string()),
        ("days", pa.int32()),
        ("measure", pa.string()),
        ("decides", pa.bool_()),
        ("readable_from", pa.date32()),
        ("is_readable", pa.bool_()),
        ("target_customers", pa.int64()),
        ("holdout_customers", pa.int64()),
        ("gone_customers", pa.int64()),
        ("beyond_limit_customers", pa.int64()),
        ("target_mean", pa.float64()),
        ("holdout_mean", pa.float64()),
        *((f"difference{end}", pa.float64()) for end in ENDS),
        *((f"adjusted_difference{end}", pa.float64()) for end in ENDS),
        ("split_probability", pa.float64()),
        ("verdict", pa.string()),
        ("customers_needed", pa.int64()),
    ]
)


def outcomes(sums: pd.DataFrame, *, worthwhile_difference: float) -> pd.DataFrame:
    """The difference between the groups of each row, its interval, and what can be said of it.

    The variance is that within both groups together, and the interval is Student's t. Who is held
    out is drawn by lot, so where nothing came of it both groups have one variance, and the smaller
    one need not tell its own: with the rare large orders of a shop, intervals of Welch hold the
    truth in as few as 61 of 100 cases. Where the groups do differ in spread, because targets spend
    more unevenly, the interval is wider than it would need to be.

    Args:
        sums: a row for each audience, segment, number of days and measure, with ``is_readable``
            (whether its days are over; if not, only the customers count), ``readable_from``,
            ``decides`` (whether it is the row that has a verdict), ``holdout_share``, and of each
            group ``target_`` and
            ``holdout_`` ``customers``, ``mean`` and ``before`` (the mean before the start); of both
            together ``squares``, ``squares_before`` and ``products``, the sums of squared
            deviations from the mean of the group, of those before, and of the products of the two;
            and ``largest_square``, the largest of the squared deviations.
            Means and sums are missing where a group has too few customers to tell of.
        worthwhile_difference: the smallest difference that is worth the effort, as a share of the
            mean of those held out.

    Returns:
        The rows with the further columns of ``SCHEMA``. ``adjusted_`` figures take off what the
        customers did before the start already explains: CUPED (Deng et al. 2013, Improving the
        Sensitivity of Online Controlled Experiments), here as the analysis of covariance, whose
        interval counts that the slope is estimated. ``_probability`` is that of a difference at
        least so large where nothing came of it. ``customers_needed`` is the size of the audience
        that would show a worthwhile difference in four of five cases, where the adjusted interval
        is too wide to tell; missing elsewhere.
    """
    from scipy.special import ndtri, stdtr, stdtrit

    rows = sums.reset_index(drop=True)
    target, holdout = (
        rows[f"{group}_customers"].to_numpy("float64") for group in ("target", "holdout")
    )
    means, before, squares, squares_before, products = (
        rows[name].to_numpy("float64")
        for name in ("holdout_mean", "holdout_before", "squares", "squares_before", "products")
    )
    difference = rows["target_mean"].to_numpy("float64") - means
    apart_before = rows["target_before"].to_numpy("float64") - before
    # Who did all the same before tells nothing about after.
    tells = squares_before > 0
    divisor = np.where(tells, squares_before, 1.0)
    slope = np.where(tells, products / divisor, 0.0)

    with np.errstate(divide="ignore", invalid="ignore"):
        size = 1 / target + 1 / holdout
        found = {}
        for name, apart, rest, spread, degrees in (
            ("difference", difference, squares, size, target + holdout - 2),
            (
                "adjusted_difference",
                difference - slope * apart_before,
                # Rounded sums may leave a little less than nothing.
                np.maximum(squares - slope * products, 0.0),
                size + np.where(tells, apart_before**2 / divisor, 0.0),
                target + holdout - 2 - tells,
            ),
        ):
            variance = rest / degrees
            error = np.sqrt(variance * spread)
            half = stdtrit(degrees, (1 + CONFIDENCE) / 2) * error
            found[name] = apart
            found[f"{name}_low"], found[f"{name}_high"] = apart - half, apart + half
            # Without any spread a difference is certain, and so is none.
            probability = 2 * stdtr(degrees, -np.abs(apart) / error)
            found[f"{name}_probability"] = np.where((error == 0) & (apart == 0), 1.0, probability)
        # The last variance is the adjusted one.
        worthwhile = worthwhile_difference * np.abs(means)
        share = holdout / (target + holdout)
        needed = np.ceil(
            ((ndtri((1 + CONFIDENCE) / 2) + ndtri(POWER)) / worthwhile) ** 2
            * variance
            / (share * (1 - share))
        )
    low, high = found["adjusted_difference_low"], found["adjusted_difference_high"]
    is_seen = (low > 0) | (high < 0)
    is_of_one = rows["largest_square"].to_numpy("float64") > LARGEST_SHARE_OF_ONE * squares
    is_ruled_out = (low > -worthwhile) & (high < worthwhile) & (variance > 0)
    found["split_probability"] = split_probability(
        target, holdout, rows["holdout_share"].to_numpy("float64")
    )
    is_wide = ~is_seen & ~is_ruled_out & np.isfinite(needed) & (needed > 0)
    found["customers_needed"] = np.where(is_wide, needed, np.nan)
    dates = pd.to_datetime(rows["readable_from"]).dt.strftime("%Y-%m-%d")
    found["verdict"] = np.select(
        [
            ~rows["is_readable"].to_numpy("bool"),
            ~rows["decides"].to_numpy("bool"),
            rows["holdout_share"].to_numpy("float64") == 0,
            is_of_one,
            low > 0,
            high < 0,
            is_ruled_out,
        ],
        [
            ("readable from " + dates).to_numpy(object),
            NOT_DECIDING,
            NOBODY_HELD_OUT,
            TOO_FEW,
            MORE,
            LESS,
            NO_DIFFERENCE,
        ],
        TOO_FEW,
    )
    return rows.assign(**found)


def split_probability(target: np.ndarray, holdout: np.ndarray, share: np.ndarray) -> np.ndarray:
    """How likely a split at least so uneven is where each customer is held out by lot.

    Twice the smaller tail of the binomial distribution; 1 at most.

    Args:
        target, holdout: customers of the two groups.
        share: of the customers who are to be held out.

    Returns:
        Missing where nobody is to be held out, or where there are no customers.
    """
    from scipy.special import bdtr, bdtrc

    customers = (target + holdout).astype("int64")
    at_most = bdtr(holdout, customers, share)
    more_than = bdtrc(np.maximum(holdout - 1, 0), customers, share)
    at_least = np.where(holdout > 0, more_than, 1.0)
    known = (share > 0) & (customers > 0)
    return np.where(known, np.minimum(1.0, 2 * np.minimum(at_most, at_least)), np.nan)
