"""The models of repeat buying, held against published estimates, SciPy and simulated customers."""

import ast
import importlib.util
import math
import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import betaln, hyp2f1
from scipy.stats import nbinom

from segmart import sentences
from segmart.outlook import fit, terms
from segmart.outlook.likelihoods import LARGEST, BgNbd, fit_bg_nbd, fit_gamma_gamma

CDNOW = Path(importlib.util.find_spec("lifetimes").origin).parent / "datasets"
# CDNOW, and shops of habit and of chance; one where most are forgotten after an hour.
MODELS = (
    BgNbd(0.243, 4.414 * 7, 0.793, 2.426),
    BgNbd(1.41, 9.7, 0.0094, 4.9),
    BgNbd(1.41, 9.7, 0.29, 421.6),
    BgNbd(5.0, 60.0, 2.5, 1.2),
    BgNbd(0.24, 1.0, 0.8, 2.4),
)
# x and T of customers: of the first day, of a year of every other day, and those between.
HISTORIES = ((0, 0), (0, 500), (1, 1), (1, 30), (2, 13), (12, 90), (60, 365), (300, 364))


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """x, t_x and T in weeks, and z, of the 2,357 customers whose 39 weeks were published."""
    customers = pd.read_csv(CDNOW / "cdnow_customers_summary_with_transactions.csv")
    assert len(customers) == 2357
    return customers


def test_the_estimates_of_cdnow_are_those_of_the_paper(cdnow: pd.DataFrame) -> None:
    """Fader, Hardie and Lee (2005), table 2."""
    x, t_x, age = (cdnow[name].to_numpy() for name in ("x", "t_x", "T"))
    found = fit_bg_nbd(x, t_x, age)
    assert [round(value, 3) for value in (found.r, found.alpha, found.a, found.b)] == [
        *(0.243, 4.414, 0.793, 2.426)
    ]
    # In days only alpha is another.
    in_days = fit_bg_nbd(x, 7 * t_x, 7 * age)
    assert in_days.r == pytest.approx(found.r, rel=1e-5)
    assert in_days.alpha == pytest.approx(7 * found.alpha, rel=1e-5)


def test_the_estimates_of_spend_at_cdnow_are_those_of_the_note(cdnow: pd.DataFrame) -> None:
    """Fader and Hardie (2013): 6.25, 3.74 and 15.44, of those who came again."""
    again = cdnow[cdnow["x"] > 0]
    found = fit_gamma_gamma(again["x"].to_numpy(), again["zbar"].to_numpy())
    assert len(again) == 946
    assert (found.p, found.q, found.gamma) == (
        *(pytest.approx(6.25, abs=0.01), pytest.approx(3.74, abs=0.01)),
        pytest.approx(15.44, abs=0.01),
    )


def test_a_shop_where_nobody_stops_has_the_rates_of_chance() -> None:
    """Gamma(2, 40) of each, for a year: the chance to stop is next to none."""
    random = np.random.default_rng(5)
    rates = random.gamma(2, 1 / 40, 20_000)
    frequency = random.poisson(rates * 365)
    # The last of x days that are spread by chance over the year.
    recency = np.where(frequency, 365 * random.beta(np.maximum(frequency, 1), 1), 0.0)
    found = fit_bg_nbd(frequency, recency, np.full(20_000, 365.0))
    assert found.r == pytest.approx(2, rel=0.05)
    assert found.alpha == pytest.approx(40, rel=0.05)
    assert found.a / (found.a + found.b) < 1e-3
    assert found.b <= LARGEST * 1.0001


def hypergeometric(model: BgNbd, x: float, age: float, days: float) -> float:
    """Expected order days of who is alive: equation 10 of the paper, without its last divisor."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    power = ((alpha + age) / (alpha + age + days)) ** (r + x)
    series = hyp2f1(r + x, b + x, a + b + x - 1, days / (alpha + age + days))
    return (a + b + x - 1) / (a - 1) * (1 - power * series)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("history", HISTORIES)
def test_the_nodes_sum_to_the_hypergeometric_function(
    model: BgNbd, history: tuple[int, int]
) -> None:
    nodes = terms.nodes_needed(model)
    for days in terms.DAYS:
        found = terms.expected_order_days(model, *history, days, nodes)
        assert found == pytest.approx(hypergeometric(model, *history, days), rel=1e-9)


def test_more_nodes_are_taken_where_rates_are_unequal() -> None:
    assert [terms.nodes_needed(model) for model in MODELS] == [16, 32, 16, 16, 64]


@pytest.mark.parametrize("model", MODELS[:4])
def test_the_chances_of_counts_sum_to_what_is_expected(model: BgNbd) -> None:
    """The expected count is the sum of the chances of more than 0, 1, 2 ...: by other formulas."""
    for x, age in HISTORIES:
        ratio = 30 / (model.alpha + age)
        k = np.arange(400)
        occasions = nbinom.sf(k, model.r + x, 1 / (1 + ratio))
        goes_on = np.exp(betaln(model.a, model.b + x + k) - betaln(model.a, model.b + x))
        assert np.sum(occasions * goes_on) == pytest.approx(
            hypergeometric(model, x, age, 30), rel=1e-6
        )
        rows = terms.count_rows(model, np.array([x]))
        ways = np.exp(rows["log_ways"] + rows["order_days"] * math.log(ratio / (1 + ratio)))
        chances = ways * (1 + ratio) ** -(model.r + x)
        size = len(rows)
        assert 1 - np.cumsum(chances.to_numpy()) == pytest.approx(occasions[:size], abs=1e-12)
        assert rows["goes_on"].to_numpy() == pytest.approx(goes_on[:size], rel=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_the_rows_of_counts_reach_as_far_as_the_interval(model: BgNbd) -> None:
    """Behind the last row the chance is at most 1 in 20, or there are no more days."""
    for x, age in HISTORIES:
        rows = terms.count_rows(model, np.array([x]))
        last = rows["order_days"].max()
        ratio = 90 / (model.alpha + age)
        assert last == 90 or nbinom.sf(last, model.r + x, 1 / (1 + ratio)) <= 0.05


@pytest.mark.parametrize("shape", [1, 3, 40])
def test_regularity_is_the_shape_of_the_gaps(shape: int) -> None:
    random = np.random.default_rng(7)
    rates = random.gamma(2, 1 / 40, 50_000)
    last, before = random.gamma(shape, 1 / rates, (2, 50_000))
    assert fit.regularity(last / (last + before)) == pytest.approx(shape, rel=0.05)


def test_regularity_of_equal_gaps_and_of_none() -> None:
    assert fit.regularity(np.full(10, 0.5)) == math.inf
    assert fit.regularity(np.array([])) is None


def shop(customers: int = 400, days: int = 200) -> pd.DataFrame:
    """Rows of outlook_sample, of customers who order by chance."""
    random = np.random.default_rng(11)
    age = random.integers(1, days, customers)
    age[0] = days - 1
    frequency = np.minimum(random.poisson(random.gamma(2, 1 / 60, customers) * age), age)
    recency = np.where(
        frequency, np.maximum(frequency, (age * random.beta(3, 1, customers)).astype(int)), 0
    )
    mean_spend = np.where(frequency, random.gamma(3, 10, customers), 0.0)
    earlier = np.where(age > 90, age - 90.0, np.nan)
    earlier_frequency = np.minimum(frequency, earlier)
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(customers)],
            "repeat_frequency": frequency,
            "repeat_recency_days": recency,
            "repeat_age_days": age,
            "repeat_mean_spend": mean_spend,
            "last_gap_share": np.where(frequency > 1, random.random(customers), np.nan),
            "earlier_frequency": earlier_frequency,
            "earlier_recency_days": np.minimum(recency, earlier),
            "earlier_age_days": earlier,
            "earlier_mean_spend": np.where(earlier_frequency > 0, mean_spend, 0.0),
        }
    )


def models_of(sample: pd.DataFrame) -> list[dict]:
    frequencies = np.unique(sample["repeat_frequency"].to_numpy())
    return fit.outlook(sample, frequencies, date(2024, 1, 21), print)["models"].to_pylist()[0]


def test_rows_of_both_dates() -> None:
    sample = shop()
    frequencies = np.arange(30)
    said: list[str] = []
    row = fit.outlook(sample, frequencies, date(2024, 1, 21), said.append).to_pylist()[0]
    today, check = row["models"]
    assert said == []
    assert (today["held_out_days"], today["fitted_as_of"]) == (0, date(2024, 1, 21))
    assert (check["held_out_days"], check["fitted_as_of"]) == (90, date(2023, 10, 23))
    assert check["customers"] == sample["earlier_frequency"].notna().sum() < today["customers"]
    for model in (today, check):
        assert model["off_because"] is model["spend_off_because"] is None
        assert min(model[name] for name in ("r", "alpha", "a", "b", "p", "q", "gamma")) > 0
    for rows in ("nodes", "counts"):
        found = {held_out: set() for held_out in (0, 90)}
        for each in row[rows]:
            found[each["held_out_days"]].add(each["repeat_frequency"])
        assert found[0] == set(frequencies)
        assert found[90] == set(sample["earlier_frequency"].dropna())


def test_bits_do_not_depend_on_the_order_of_the_rows() -> None:
    sample = shop()
    shuffled = sample.sample(frac=1, random_state=3).reset_index(drop=True)
    frequencies = np.arange(30)
    assert fit.outlook(sample, frequencies, date(2024, 1, 21), print).equals(
        fit.outlook(shuffled, frequencies[::-1], date(2024, 1, 21), print)
    )


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        (shop()[:0], sentences.no_orders()),
        (shop(days=60), sentences.short_history(60, 90)),
        (
            shop().assign(
                repeat_frequency=lambda rows: rows["repeat_frequency"].where(rows.index < 50, 0)
            ),
            "customers ordered on a second day",
        ),
        (shop().assign(last_gap_share=0.5), "orders follow a rhythm"),
    ],
)
def test_it_is_off_where_the_orders_do_not_bear_it(sample: pd.DataFrame, reason: str) -> None:
    said: list[str] = []
    row = fit.outlook(sample, np.arange(5), date(2024, 1, 21), said.append).to_pylist()[0]
    today = row["models"][0]
    assert reason in today["off_because"]
    assert today["spend_off_because"] == today["off_because"]
    assert said == [f"outlook: off, {today['off_because']}"]
    assert today["r"] is today["p"] is None
    assert not [each for each in row["nodes"] + row["counts"] if each["held_out_days"] == 0]


def test_a_short_past_switches_the_check_off_alone() -> None:
    today, check = models_of(shop(days=150))
    assert today["off_because"] is None
    assert check["off_because"] == sentences.short_history(60, 90)


def test_without_amounts_spend_is_off_alone() -> None:
    today, _ = models_of(shop().assign(repeat_mean_spend=np.nan, earlier_mean_spend=np.nan))
    assert today["off_because"] is None
    assert today["spend_off_because"] == sentences.few_repeat_spends(0, 100)
    assert today["r"] > 0
    assert today["p"] is None


def test_spend_without_a_mean_is_off() -> None:
    """Means as those of Pareto's with an exponent below 1."""
    spend = np.random.default_rng(2).pareto(0.4, 400) + 1
    today, _ = models_of(shop().assign(repeat_mean_spend=spend))
    assert today["spend_off_because"] == sentences.spend_without_mean()
    assert today["p"] is None


def test_sql_looks_as_far_ahead_and_counts_as_far():
    macros = (Path(__file__).parents[2] / "dbt_project/macros/outlook.sql").read_text()
    [days] = re.findall(r"macro outlook_days.*?return\((.*?)\)", macros)
    assert tuple(ast.literal_eval(days)) == terms.DAYS
    [deviations] = re.findall(r"([0-9.]+)e0 \* sqrt", macros)
    assert float(deviations) == pytest.approx(terms.DEVIATIONS, abs=1e-4)
