"""Scores and labels of RFM: the SQL held against pandas, the seed against published ranges."""

from itertools import product

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from conftest import ROOT, Build

LABELS = pd.read_csv(ROOT / "dbt_project/seeds/rfm_labels.csv")
# Ranges of the recency score and of the combined score of frequency and monetary value, both from 0
# to 5, as https://www.putler.com/rfm-analysis/ prints them. They overlap.
PUBLISHED = {
    "Champions": ((4, 5), (4, 5)),
    "Loyal Customers": ((2, 5), (3, 5)),
    "Potential Loyalists": ((3, 5), (1, 3)),
    "New Customers": ((4, 5), (0, 1)),
    "Promising": ((3, 4), (0, 1)),
    "Need Attention": ((2, 3), (2, 3)),
    "About to Sleep": ((2, 3), (0, 2)),
    "At Risk": ((0, 2), (2, 5)),
    "Can't Lose Them": ((0, 1), (4, 5)),
    "Hibernating": ((1, 2), (1, 2)),
    "Lost": ((0, 2), (0, 2)),
}


def labels_of(recency: float, frequency_monetary: float) -> list[str]:
    found = LABELS[
        LABELS["minimum_recency_score"].le(recency)
        & LABELS["maximum_recency_score"].ge(recency)
        & LABELS["minimum_frequency_monetary"].le(frequency_monetary)
        & LABELS["maximum_frequency_monetary"].ge(frequency_monetary)
    ]
    return found["rfm_label"].tolist()


def test_the_eleven_labels_lie_within_their_published_ranges() -> None:
    assert set(LABELS["rfm_label"]) == set(PUBLISHED)
    for recency, halves in product(range(1, 6), range(2, 11)):
        (label,) = labels_of(recency, halves / 2)
        (low, high), (least, most) = PUBLISHED[label]
        assert low <= recency <= high, (label, recency)
        assert least <= halves / 2 <= most, (label, halves / 2)


@pytest.mark.parametrize(
    ("label", "change", "found"),
    [
        ("Lost", "rfm_label = null", {(1, 1.0, 0), (1, 1.5, 0), (1, 2.0, 0)}),
        ("New Customers", "minimum_recency_score = null", {(5, 1.0, 0)}),
        ("Promising", "maximum_recency_score = 5", {(5, 1.0, 2)}),
        ("Champions", "minimum_frequency_monetary = 4.5", {(4, 4.0, 0), (5, 4.0, 0)}),
    ],
    ids=["no label", "no bound", "two labels", "a gap"],
)
def test_scores_without_one_label_are_found(
    label: str, change: str, found: set[tuple], demo: Build
) -> None:
    sql = demo.compiled("rfm_labels_cover_all_scores_once")
    sql = sql.replace(demo.relation("rfm_labels"), "given_rfm_labels")
    with duckdb.connect() as connection:
        connection.register("labels", LABELS)
        connection.execute("create table given_rfm_labels as from labels")
        assert connection.sql(sql).fetchall() == []
        changed = f"update given_rfm_labels set {change} where rfm_label = $label"
        connection.execute(changed, {"label": label})
        assert set(connection.sql(sql).fetchall()) == found


def many_customers() -> pd.DataFrame:
    """Most have one order, many share a day, some have given back more than they bought."""
    random = np.random.default_rng(23)
    size = 20_000
    orders = random.geometric(0.5, size)
    spend = (orders * random.lognormal(3, 1, size) - 10).round(-1)
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(size)],
            "recency_days": 7 * (random.exponential(12, size)).astype(int) + 1,
            "orders": orders,
            "spend": np.where(random.random(size) < 0.03, np.nan, spend),
        }
    )


def scored(demo: Build, customers: pd.DataFrame) -> pd.DataFrame:
    """What the SQL of the build gives these customers."""
    sql = demo.compiled("rfm_scores")
    for table in ("customer_segments", "customer_features", "rfm_labels"):
        assert sql.count(demo.relation(table)) == 1
        sql = sql.replace(demo.relation(table), f"given_{table}")
    segments = customers[["customer_id"]].assign(
        segment_id=1, segment_name="medium", as_of=pd.Timestamp("2024-01-21")
    )
    with duckdb.connect() as connection:
        connection.register("given_customer_segments", segments)
        # From Arrow: what is missing is null there, and NaN in a frame.
        features = pa.Table.from_pandas(customers, preserve_index=False)
        connection.register("given_customer_features", features)
        connection.register("given_rfm_labels", LABELS)
        found = connection.sql(sql).df().set_index("customer_id")
    assert found.index.is_unique
    columns = ["recency_score", "frequency_score", "monetary_score", "rfm_score", "rfm_label"]
    return found.loc[customers["customer_id"], columns]


def fifths(values: pd.Series) -> pd.Series:
    """1 and one more for each full fifth of the known values that are strictly smaller."""
    known = values.dropna()
    smaller = np.searchsorted(np.sort(known), known, side="left")
    return pd.Series(1 + 5 * smaller // len(known), index=known.index).reindex(values.index)


def expected(customers: pd.DataFrame) -> pd.DataFrame:
    values = customers.set_index("customer_id")
    scores = pd.DataFrame(
        {
            "recency_score": fifths(-values["recency_days"]),
            "frequency_score": fifths(values["orders"]),
            "monetary_score": fifths(values["spend"]).astype("Int64"),
        }
    )
    digits = scores.astype("Int64").astype("string").fillna("")
    scores["rfm_score"] = digits.sum(axis=1)
    monetary = scores["monetary_score"].fillna(scores["frequency_score"])
    combined = (scores["frequency_score"] + monetary).astype("float64") / 2
    scores["rfm_label"] = [
        labels_of(recency, value)[0]
        for recency, value in zip(scores["recency_score"], combined, strict=True)
    ]
    return scores


def assert_same(found: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found.astype("string"), other.astype("string"))


@pytest.mark.soak
def test_rfm_of_20000_customers_equals_that_of_pandas(demo: Build) -> None:
    customers = many_customers()
    for name in ("recency_days", "orders", "spend"):
        assert customers[name].nunique() < 1_000
    found = scored(demo, customers)
    assert_same(found, expected(customers))
    assert set(found["rfm_label"]) == set(PUBLISHED)
    assert found["monetary_score"].isna().sum() > 500
    # Most have one order: they are the worst fifth and all that are like it.
    assert set(found["frequency_score"]) == {1, 3, 4, 5}


@pytest.mark.slow
def test_neither_order_nor_copies_of_all_customers_change_a_score(demo: Build) -> None:
    customers = many_customers()
    found = scored(demo, customers)
    assert_same(scored(demo, customers.sample(frac=1, random_state=1)).loc[found.index], found)
    copies = customers.assign(customer_id="copy of " + customers["customer_id"])
    both = scored(demo, pd.concat([customers, copies]))
    assert_same(both.loc[found.index], found)


def test_fifths_without_ties_have_equal_sizes_and_without_amounts_two_digits(demo: Build) -> None:
    number = np.arange(100)
    customers = pd.DataFrame(
        {
            "customer_id": number.astype(str),
            "recency_days": number,
            "orders": number,
            "spend": np.full(100, np.nan),
        }
    )
    found = scored(demo, customers)
    assert found["frequency_score"].tolist() == np.repeat([1, 2, 3, 4, 5], 20).tolist()
    assert found["recency_score"].tolist() == np.repeat([5, 4, 3, 2, 1], 20).tolist()
    assert found["monetary_score"].isna().all()
    assert found["rfm_score"].iloc[[0, 99]].tolist() == ["51", "15"]
    assert found["rfm_label"].iloc[[0, 99]].tolist() == ["New Customers", "Can't Lose Them"]


def test_every_customer_of_the_demo_has_scores_beside_the_segment(demo: Build) -> None:
    [(rows, segmented, same)] = demo.rows(
        "select count(*), (select count(*) from customer_segments), count(*) filter "
        "(s.segment_id = r.segment_id and s.segment_name = r.segment_name and s.as_of = r.as_of) "
        "from rfm_scores as r left join customer_segments as s using (customer_id)"
    )
    assert rows == segmented == same
