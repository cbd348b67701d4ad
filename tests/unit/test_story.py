"""What the report says of figures."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from segmart_reports import story
from segmart_reports.rows import segment_labels
from segmart_reports.words import Words

from report_frames import many_segments

WORDS = Words("en", "$")
LABELS = {1: "best", 2: "middle", 3: "rest"}


def segment(identifier: int, share: float, revenue_share: float | None, **more) -> dict:
    return {
        "segment_id": identifier,
        "segment_name": LABELS[identifier],
        "customers": int(1000 * share),
        "customer_share": share,
        "revenue": None if revenue_share is None else 9000 * revenue_share,
        "revenue_share": revenue_share,
        "share_shift": 0.0,
        "trust": "solid",
        **more,
    }


SEGMENTS = [segment(1, 0.4, 0.7), segment(2, 0.35, 0.2), segment(3, 0.25, 0.1)]


def changes(*pairs: tuple[int | None, int | None, int], since: str = "2024-01-01"):
    names = ("from_segment_id", "to_segment_id", "customers")
    rows = [dict(zip(names, pair, strict=True)) for pair in pairs]
    return story.Changes(rows, since, "2024-01-31")


def said(periods=(), *, segments=SEGMENTS, causes=None):
    return story.what_to_know(
        segments,
        [],
        list(periods),
        causes or {},
        ["There are no natural groups.", "They have changed."],
        [],
        WORDS,
    )


def test_how_revenue_is_spread_is_said_first_and_what_to_decide_last():
    first, *_, sure, last = said()
    assert first == "“best” has brought 70.0% of all revenue ($6,300) with 40.0% of the customers."
    assert sure == "How sure: There are no natural groups. They have changed."
    assert last == "No decision about the model or the data is waiting."


def test_without_revenue_the_largest_segment_is_named():
    segments = [segment(1, 0.2, None), segment(2, 0.8, None)]
    assert "“middle”, with 80.0% of the customers" in said(segments=segments)[0]


def test_changes_are_counted_among_those_who_had_a_segment_both_times():
    period = changes((1, 1, 90), (1, 2, 8), (1, None, 2), (2, 1, 1), (2, 2, 49), (None, 3, 4))
    (sentence,) = [text for text in said([period]) if text.startswith("Since")]
    assert "9 customers of 148 have changed segment (6.1%)" in sentence
    assert "8 customers from “best” to “middle”, 8.0% of the customers of “best”" in sentence
    assert "4 new customers, 2 gone." in sentence
    assert "“best” lost 8 of its 100 customers (8.0%) to other segments and won 1" in sentence


def test_one_customer_is_singular():
    period = changes((1, 1, 9), (1, 2, 1), (None, 3, 1))
    (sentence,) = [text for text in said([period]) if text.startswith("Since")]
    assert "1 customer of 10 has changed segment" in sentence
    assert "1 customer from “best”" in sentence
    assert "1 new customer, 0 gone." in sentence


def test_nothing_changed_a_first_build_and_a_refit_are_said():
    still = changes((1, 1, 9), (2, 2, 5))
    assert "Since the report of 1 January 2024, nobody has changed segment." in said([still])
    first = changes((1, 1, 9), since="2024-01-31")
    assert any(text.startswith("This is the first report") for text in said([first]))
    refit = changes((1, 1, 9), (1, 2, 3))
    assert any(
        text.endswith("3 of the changes were made by a new model, not by the customers.")
        for text in said([refit], causes={"refit": 3})
    )


NAMES = dict(many_segments()["segments"][["segment_id", "segment_name"]].values)
# Customers before and now, with None for who had no segment; the largest change first.
COUNTED = """
    select
        count(*) filter (origin <> target) as moved,
        count(origin + target) as stood,
        count(*) filter (origin is null) as arrived,
        count(*) filter (target is null) as departed,
        count(*) filter (origin = 1) as top_before,
        count(*) filter (origin = 1 and target <> 1) as top_lost,
        count(*) filter (origin <> 1 and target = 1) as top_won,
        (
            select
                {'from': origin, 'to': target, 'customers': count(*), 'of': any_value(size)}
            from customers
            inner join (select origin, count(*) as size from customers group by origin)
            using (origin)
            where origin <> target
            group by origin, target
            order by count(*) desc, origin, target
            limit 1
        ) as largest
    from customers
"""


@pytest.mark.parametrize(
    "names",
    [LABELS, {at: LABELS[at] for at in (1, 2)}, NAMES],
    ids=["three", "two", "twelve with names of 60 characters"],
)
@pytest.mark.parametrize("revenue", [9000.0, None], ids=["orders", "metrics"])
def test_the_sentence_of_change_is_what_sql_counts(names, revenue):
    # One number more than segments: of none.
    drawn = np.random.default_rng(len(names)).integers(1, len(names) + 2, (4000, 2))
    customers = pd.DataFrame(drawn, columns=["origin", "target"], dtype="Int64")
    customers = customers.where(customers <= len(names)).dropna(how="all")
    with duckdb.connect() as connection:
        connection.register("customers", customers)
        (counted,) = connection.sql(COUNTED).df().to_dict("records")
        grouped = connection.sql("select origin, target, count(*) from customers group by all")
        period = changes(*grouped.fetchall())
    segments = [
        segment(1, 1 / len(names), None) | {"segment_id": at, "segment_name": name}
        for at, name in names.items()
    ]
    if revenue:
        segments = [row | {"revenue": revenue, "revenue_share": 0.5} for row in segments]
    largest = counted["largest"]
    origin, target = names[largest["from"]], names[largest["to"]]
    (sentence,) = [text for text in said([period], segments=segments) if text.startswith("Since")]
    assert sentence == (
        f"Since the report of 1 January 2024, {counted['moved']:,} customers of "
        f"{counted['stood']:,} have changed segment ({counted['moved'] / counted['stood']:.1%}). "
        f"The largest change: {largest['customers']} customers from “{origin}” to “{target}”, "
        f"{largest['customers'] / largest['of']:.1%} of the customers of “{origin}”. "
        f"{counted['arrived']:,} new customers, {counted['departed']:,} gone. “{names[1]}” lost "
        f"{counted['top_lost']:,} of its {counted['top_before']:,} customers "
        f"({counted['top_lost'] / counted['top_before']:.1%}) to other segments and won "
        f"{counted['top_won']:,} from them."
    )


def test_what_is_new_since_the_month_before_is_told_before_the_last_release():
    moves = [
        {"as_of": "2024-01-30", "from_segment_id": 1, "to_segment_id": 3, "customers": 90},
        {"as_of": "2024-01-31", "from_segment_id": 2, "to_segment_id": 1, "customers": 7},
        {"as_of": "2024-01-31", "from_segment_id": None, "to_segment_id": 1, "customers": 1},
        {"as_of": "2024-01-31", "from_segment_id": 3, "to_segment_id": None, "customers": 2},
    ]
    history = [{"as_of": day} for day in ("2023-12-31", "2024-01-24", "2024-01-31")]
    last = story.since_last_release(moves, SEGMENTS, history, "2024-01-31")
    assert (last.since, last.until, last.is_known) == ("2024-01-24", "2024-01-31", True)
    # As they are now, less who came and with who left.
    assert [last.size(at, 0) for at in LABELS] == [392, 357, 252]
    assert [last.size(at, 1) for at in LABELS] == [400, 350, 250]
    month, release = (text for text in said([changes((1, 1, 9)), last]) if "ince " in text)
    assert release.startswith("Since the last report, of 24 January 2024, 7 customers of 999 ")
    assert month == "Since the report of 1 January 2024, nobody has changed segment."
    assert not story.since_last_release([], SEGMENTS, history[2:], "2024-01-31").is_known


def test_a_long_history_is_thinned_and_ends_with_the_last_date():
    days = [
        f"{year}-{month:02}-{day:02}"
        for year in (2022, 2023)
        for month in range(1, 13)
        for day in range(1, 28)
    ]
    kept = [row["as_of"] for row in story.over_time([{"as_of": day} for day in days])]
    assert 50 < len(kept) <= 60
    assert kept[-1] == days[-1]
    assert [row["as_of"] for row in story.over_time([{"as_of": day} for day in days[:9]])] == days[
        :9
    ]
    assert story.over_time([]) == []


def test_why_they_moved_is_the_feature_that_changed_most():
    profiles = [
        {"feature": feature, "label": feature, "unit": unit}
        for feature, unit in (("recency", "days"), ("spend", "currency"))
    ]
    model = [
        {"feature": "recency", "transform": "log1p", "scale": 1.0},
        {"feature": "spend", "transform": "log1p", "scale": 1.0},
    ]
    moves = [
        {
            "from_segment_id": 1,
            "to_segment_id": 2,
            "features_before": f'{{"recency": {days - 5}.0, "spend": 900.0}}',
            "features_after": f'{{"recency": {days}.0, "spend": 890.0}}',
        }
        for days in (30, 35, 40, 45, 50)
    ]
    (reason,) = story.reasons(moves, profiles, model, LABELS, WORDS)
    assert (reason["line"], reason["feature"]) == ("best → middle", "recency (days)")
    # The customers' own values: the segment that they left stands for nobody's behaviour.
    assert (reason["before"], reason["after"]) == ("35", "40")
    # Of fewer it would tell of single customers.
    assert story.reasons(moves[1:], profiles, model, LABELS, WORDS) == []
    # Where nobody knows what was before, nothing is said.
    unknown = [row | {"features_before": None} for row in moves]
    assert story.reasons(unknown, profiles, model, LABELS, WORDS) == []


def test_what_a_segment_buys_more_is_said_where_it_is_clear():
    rows = [
        {"segment_id": 1, "category": name, "lift": lift, "lift_low": low}
        for name, lift, low in (
            ("bread", 1.9, 1.8),
            ("wine", 2.9, 1.1),
            ("soap", 2.0, 0.9),
            ("fuel", 1.1, 1.05),
            ("ice", None, None),
        )
    ]
    assert story.bought_more(rows, WORDS) == {1: ["wine (2.9 times)", "bread (1.9 times)"]}


def test_where_most_have_none_averages_are_compared():
    rows = [
        {
            "segment_id": at,
            "feature": "return_share",
            "is_clustered": False,
            "median": 0.0,
            "mean": mean,
            "customers_known": 100 * at,
            "population_median": 0.0,
        }
        for at, mean in ((1, 0.3), (2, 0.0))
    ]
    first, second = story.compared(rows)
    assert (first["value"], second["value"]) == (0.3, 0.0)
    assert first["typical"] == pytest.approx(0.1)
    (plain, _) = story.compared([rows[0] | {"median": 0.2}, rows[1]])
    assert (plain["value"], plain["is_average"]) == (0.2, False)


def test_only_what_is_clearly_more_common_is_shown():
    def row(value: str, customers: int, share: float, usual: float) -> dict:
        return {
            "segment_id": 1,
            "attribute": "age",
            "value": value,
            "customers": customers,
            "share": share,
            "population_share": usual,
            "lift": share / usual,
        }

    rows = [
        row("few", 3, 0.5, 0.2),  # 3 of 6: more than twice as common, by chance
        row("strong", 300, 0.5, 0.2),
        row("weak", 300, 0.5, 0.42),
        row("same", 300, 0.5, 0.5),
    ]
    found = story.over_represented(rows, WORDS)
    assert [row["value"] for row in found] == ["strong", "weak"]
    assert found[0]["times"] == "2.5 times: 50.0% against 20.0%"


def test_the_order_of_value_is_that_of_revenue():
    segments = [segment(3, 0.2, 0.1), segment(2, 0.3, 0.1), segment(1, 0.5, 0.8)]
    assert [row["segment_id"] for row in story.in_order_of_value(segments)] == [1, 2, 3]
    assert segment_labels(segments) == LABELS
