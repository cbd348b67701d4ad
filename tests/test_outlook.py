"""The SQL that scores customers, held against SciPy, and its check against pandas."""

from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.special import betaln, hyp2f1
from scipy.stats import nbinom, spearmanr

from conftest import Build
from segmart.engine.frames import as_lists
from segmart.outlook import fit, terms
from segmart.outlook.likelihoods import BgNbd, GammaGamma

DAYS = (30, 90)


def by_scipy(customers: pd.DataFrame, model: BgNbd, spend: GammaGamma) -> pd.DataFrame:
    """Columns of customer_outlook by the formulas of the papers; the interval by its meaning."""
    x, t_x, age, z = (
        customers[name].to_numpy("float64")
        for name in ("repeat_frequency", "repeat_recency_days", "age_days", "repeat_mean_spend")
    )
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    with np.errstate(over="ignore"):
        odds = a / np.where(x > 0, b + x - 1, 1) * ((alpha + age) / (alpha + t_x)) ** (r + x)
    alive = np.where(x > 0, 1 / (1 + odds), 1)
    value = spend.p * (spend.gamma + x * z) / (spend.p * x + spend.q - 1)
    columns = {"alive_probability": alive, "order_day_value": value}
    for days in DAYS:
        power = ((alpha + age) / (alpha + age + days)) ** (r + x)
        series = hyp2f1(r + x, b + x, a + b + x - 1, days / (alpha + age + days))
        expected = alive * (a + b + x - 1) / (a - 1) * (1 - power * series)
        k = np.arange(days)[:, None]
        more = nbinom.sf(k, r + x, (alpha + age) / (alpha + age + days)) * np.exp(
            betaln(a, b + x + k) - betaln(a, b + x)
        )
        columns |= {
            f"expected_order_days_{days}": expected,
            f"low_order_days_{days}": np.sum(alive * more > 0.95, axis=0),
            f"high_order_days_{days}": np.sum(alive * more > 0.05, axis=0),
            f"past_rate_order_days_{days}": np.where(age > 0, x * days / np.maximum(age, 1), 0),
            f"expected_spend_{days}": expected * value,
        }
    return pd.DataFrame(columns, index=customers["customer_id"])


def assert_scored(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    found = found.set_index("customer_id").loc[expected.index, list(expected.columns)]
    assert len(found) > 100
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-9, check_dtype=False)


def test_the_demo_is_scored_as_by_scipy(demo: Build) -> None:
    model = demo.frame("from outlook_model where held_out_days = 0").iloc[0]
    customers = demo.frame("from customer_features where active_days > 0")
    expected = by_scipy(
        customers,
        BgNbd(*(model[name] for name in ("r", "alpha", "a", "b"))),
        GammaGamma(*(model[name] for name in ("p", "q", "gamma"))),
    )
    assert_scored(demo.frame("from customer_outlook"), expected)
    assert len(expected) == 2469


def generated() -> pd.DataFrame:
    """Customers of the first day, of years without an order, and of an order every day."""
    random = np.random.default_rng(3)
    age = np.concatenate([[0, 1, 5000, 5000, 5000], random.integers(0, 3000, 3000)])
    frequency = np.floor(age * random.random(age.size) ** 4)
    frequency[:5] = (0, 1, 0, 5000, 400)
    recency = np.ceil(frequency + (age - frequency) * random.random(age.size))
    # Whose stop is next to certain.
    recency[4] = 400
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(age.size)],
            "as_of": date(2024, 1, 21),
            "active_days": frequency.astype("int32") + 1,
            "repeat_frequency": frequency.astype("int32"),
            "repeat_recency_days": np.where(frequency, recency, 0).astype("int32"),
            "age_days": age.astype("int32"),
            "repeat_mean_spend": np.where(frequency, random.gamma(2, 30, age.size), 0.0),
        }
    )


@pytest.mark.parametrize(
    "model",
    [
        BgNbd(0.243, 4.414 * 7, 0.793, 2.426),
        # Next to nobody stops: the digits of a small chance count.
        BgNbd(1.41, 9.7, 0.001, 4.9),
        BgNbd(0.24, 1.0, 2.8, 2.4),
    ],
)
def test_any_customers_are_scored_as_by_scipy(demo: Build, model: BgNbd) -> None:
    customers, spend = generated(), GammaGamma(6.25, 3.74, 15.44)
    x = np.unique(customers["repeat_frequency"].to_numpy())
    parameters = {**vars(model), **vars(spend), "held_out_days": 0, "off_because": None}
    fitted = pa.table(
        as_lists(
            {
                name: rows_of(model, x).assign(held_out_days=0)
                for name, rows_of in (("nodes", terms.node_rows), ("counts", terms.count_rows))
            }
        )
    )
    sql = demo.compiled("customer_outlook")
    for table in ("customer_features", "outlook_model", "outlook_fit"):
        assert demo.relation(table) in sql
        sql = sql.replace(demo.relation(table), f"given_{table}")
    with duckdb.connect() as connection:
        connection.register("given_customer_features", pa.Table.from_pandas(customers))
        connection.register("given_outlook_model", pa.Table.from_pylist([parameters]))
        connection.register("given_outlook_fit", fitted)
        found = connection.sql(sql).df()
    expected = by_scipy(customers, model, spend)
    assert np.isfinite(expected.to_numpy("float64")).all()
    assert_scored(found, expected)


def test_a_model_that_is_off_scores_nobody(demo: Build) -> None:
    nobody = demo.frame("from outlook_sample").head(0)
    row = fit.outlook(nobody, np.arange(3), date(2024, 1, 21), print)
    sql = demo.compiled("customer_outlook")
    with duckdb.connect() as connection:
        connection.register("given_customer_features", pa.Table.from_pandas(generated()))
        connection.register("given_outlook_fit", row)
        connection.execute(
            "create table given_outlook_model as "
            "select unnest(models, max_depth := 2) from given_outlook_fit"
        )
        for table in ("customer_features", "outlook_model", "outlook_fit"):
            sql = sql.replace(demo.relation(table), f"given_{table}")
        assert connection.sql(sql).fetchall() == []


def test_the_check_equals_pandas(demo: Build) -> None:
    model = demo.frame("from outlook_model where held_out_days = 90").iloc[0]
    assert str(model["fitted_as_of"].date()) == "2017-10-04"
    sample = demo.frame("from outlook_sample where earlier_frequency is not null")
    names = ("frequency", "recency_days", "age_days", "mean_spend")
    columns = ("repeat_frequency", "repeat_recency_days", "age_days", "repeat_mean_spend")
    customers = pd.DataFrame(
        {column: sample[f"earlier_{name}"] for column, name in zip(columns, names, strict=True)}
    ).assign(customer_id=sample["customer_id"])
    scored = by_scipy(
        customers,
        BgNbd(*(model[name] for name in ("r", "alpha", "a", "b"))),
        GammaGamma(*(model[name] for name in ("p", "q", "gamma"))),
    ).reset_index()
    found = demo.frame("from outlook_check").set_index(["days", "measure", "predicted_by"])
    assert len(found) == 8
    for days in DAYS:
        past_rate = scored[f"past_rate_order_days_{days}"]
        for measure, predicted_by, expected in (
            ("order days", "model", scored[f"expected_order_days_{days}"]),
            ("order days", "past rate", past_rate),
            ("spend", "model", scored[f"expected_spend_{days}"]),
            ("spend", "past rate", past_rate * customers["repeat_mean_spend"]),
        ):
            happened = sample[f"later_{measure.replace(' ', '_')}_{days}"].astype("float64")
            row = found.loc[(days, measure, predicted_by)]
            assert row["customers"] == len(sample)
            assert row["expected"] == pytest.approx(expected.sum(), rel=1e-9)
            assert row["happened"] == pytest.approx(happened.sum(), rel=1e-9)
            assert row["mean_absolute_error"] == pytest.approx((expected - happened).abs().mean())
            correlation = spearmanr(expected, happened)[0]
            assert row["rank_correlation"] == pytest.approx(correlation, abs=1e-6)
        within = sample[f"later_order_days_{days}"].between(
            scored[f"low_order_days_{days}"], scored[f"high_order_days_{days}"]
        )
        assert found.loc[(days, "order days", "model"), "within_interval"] == within.mean()
    assert found["within_interval"].notna().sum() == 2


def test_the_check_of_the_demo_is_that_of_its_orders(demo: Build) -> None:
    """What happened, counted from the orders alone; and that the model is not far from it."""
    for days in DAYS:
        ((order_days, spend),) = demo.rows(
            "select count(distinct (customer_id, ordered_on)), sum(purchased_amount) from orders "
            f"where is_order and ordered_on between '2017-10-04' and date '2017-10-03' + {days} "
            "and customer_id in (select customer_id from orders where is_order and "
            "ordered_on < '2017-10-04')"
        )
        rows = demo.frame(f"from outlook_check where days = {days}")
        happened = dict(zip(rows["measure"], rows["happened"], strict=True))
        assert happened == {"order days": order_days, "spend": pytest.approx(float(spend))}
        assert rows["expected"].to_numpy() == pytest.approx(rows["happened"].to_numpy(), rel=0.05)


def test_the_segments_add_up_to_the_customers(demo: Build) -> None:
    for days in DAYS:
        found = demo.frame(f"from segment_outlook where days = {days}")
        customers = demo.frame(
            "from customer_outlook inner join customer_segments using (customer_id)"
        )
        assert found["customers"].sum() == len(customers) == 2469
        for column in ("expected_order_days", "past_rate_order_days", "expected_spend"):
            of_segment = customers.groupby("segment_id")[f"{column}_{days}"].sum()
            assert found.set_index("segment_id")[column].to_dict() == pytest.approx(
                of_segment.to_dict(), rel=1e-9
            )
        last = demo.frame(
            "select segment_id, count(distinct (customer_id, ordered_on)) as order_days, "
            "cast(sum(purchased_amount) as double) as spend from orders "
            "inner join customer_segments using (customer_id) "
            f"where is_order and ordered_on >= as_of - {days} group by segment_id"
        ).set_index("segment_id")
        found = found.set_index("segment_id")
        assert found["last_order_days"].to_dict() == last["order_days"].to_dict()
        assert found["last_spend"].to_dict() == pytest.approx(last["spend"].to_dict())
