"""The seed of audiences, who is held out of them, and what a build says of them."""

import ast
import datetime
import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.stats

from segmart import SegmentationError, sentences
from segmart.audiences.definitions import (
    COLUMNS_OF_SEGMENTS,
    GIVEN,
    READ_AFTER_DAYS,
    SCHEMA,
    checked,
    kinds,
    kinds_of_metrics,
    rows_of_file,
)
from segmart.release.analyst_macros import HELD_OUT

FEATURES = pa.schema(
    [
        ("customer_id", pa.string()),
        ("as_of", pa.date32()),
        ("orders", pa.int32()),
        ("spend", pa.float64()),
        ("town", pa.string()),
        ("joined_on", pa.date32()),
        ("is_member", pa.bool_()),
    ]
)
RIGHT = {
    "name": "spring",
    "condition": "orders >= 2",
    "starts_on": "2024-03-01",
    "ends_on": "2024-03-31",
    "holdout_share": "0.1",
}


def rows(*given: dict[str, str | None]) -> pd.DataFrame:
    """Rows of the seed, as dbt reads it: right ones but for what is given."""
    return pd.DataFrame(
        [{**dict.fromkeys(GIVEN), **RIGHT, **row} for row in given], columns=GIVEN, dtype="string"
    )


def checked_rows(*given: dict[str, str | None]) -> list[dict]:
    return checked(rows(*given), kinds(FEATURES), "seed audiences").to_pylist()


def test_columns_have_their_kinds_and_no_id_can_be_compared() -> None:
    found = kinds(FEATURES)
    assert {
        name: found[name] for name in ("orders", "spend", "town", "joined_on", "is_member")
    } == {
        "orders": "number",
        "spend": "number",
        "town": "text",
        "joined_on": "date",
        "is_member": "boolean",
    }
    assert found["segment_name"] == "text"
    assert found["moved_within_days"] == "number"
    assert not {"customer_id", "as_of"} & set(found)
    of_metrics = kinds_of_metrics(pd.DataFrame({"feature": ["visits", "visits"], "bin": [1, 2]}))
    assert of_metrics["visits"] == "number"
    assert of_metrics["moved_from"] == "text"
    assert "orders" not in of_metrics


def test_a_name_that_segments_and_the_input_have_is_refused() -> None:
    """Members are fixed for good: a guess at which of the two is meant would be, too."""
    of_metrics = kinds_of_metrics(pd.DataFrame({"feature": ["metric_margin", "visits"]}))
    with pytest.raises(SegmentationError, match=r"margin is the name .*: write metric_margin for"):
        checked(rows({"condition": "MARGIN >= 0.2"}), of_metrics, "seed audiences")
    for condition in ("metric_margin >= 0.2", "distance >= 0.2 and trust = 'solid'"):
        checked(rows({"condition": condition}), of_metrics, "seed audiences")
    own = kinds(FEATURES.append(pa.field("distance", pa.float64())))
    with pytest.raises(
        SegmentationError, match=r"distance is the name .* input: give that of your"
    ):
        checked(rows({"condition": "distance >= 0.2"}), own, "seed audiences")


def test_a_row_is_read_and_what_is_empty_has_its_default() -> None:
    second = {"name": " A  b ", "action": " Call\nthem ", "priority": "2", "read_after_days": "7"}
    assert checked_rows({"condition": " ORDERS>=2.0 "}, second) == [
        {
            "audience": "A b",
            "condition": "orders >= 2",
            "starts_on": datetime.date(2024, 3, 1),
            "ends_on": datetime.date(2024, 3, 31),
            "holdout_share": 0.1,
            "action": "Call them",
            "priority": 2,
            "read_after_days": 7,
            "comparisons": '[["orders", "number", ">=", ["2"]]]',
        },
        {
            "audience": "spring",
            "condition": "orders >= 2",
            "starts_on": datetime.date(2024, 3, 1),
            "ends_on": datetime.date(2024, 3, 31),
            "holdout_share": 0.1,
            "action": None,
            "priority": 1,
            "read_after_days": 30,
            "comparisons": '[["orders", "number", ">=", ["2"]]]',
        },
    ]
    assert checked(rows(), kinds(FEATURES), "seed audiences") == SCHEMA.empty_table()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": None}, "the row without a name: name is empty: write a name, or take"),
        ({"name": "x" * 61}, 'row "x+": name "x+" has 61 letters, 60 are allowed'),
        ({"name": "a\u200bb"}, r'row "a\\u200bb": name "a\\u200bb" has 3 letters'),
        ({"condition": None}, "condition is empty: write a condition such as segment_name"),
        ({"condition": "oders > 1"}, 'condition "oders > 1": there is no column oders .*orders?'),
        ({"condition": "town > 1"}, "town is a text, which is compared by"),
        ({"condition": "customer_id = 'c1'"}, "there is no column customer_id"),
        ({"condition": "trust = 'solidd'"}, "trust is never solidd: did you mean solid?"),
        ({"starts_on": "01.03.2024"}, 'starts_on is "01.03.2024": write a day such as'),
        ({"starts_on": "2024-02-30"}, 'starts_on is "2024-02-30": write a day'),
        ({"ends_on": None}, "ends_on is empty: write a day such as 2024-01-31"),
        ({"ends_on": "2024-02-29"}, "ends_on is 2024-02-29, before starts_on, 2024-03-01"),
        ({"holdout_share": "0.6"}, 'holdout_share is "0.6": write a share from 0, .* to 0.5'),
        ({"holdout_share": "10"}, 'holdout_share is "10"'),
        ({"holdout_share": "-0.1"}, 'holdout_share is "-0.1"'),
        ({"holdout_share": None}, "holdout_share is empty: write the share"),
        ({"priority": "0"}, 'priority is "0": write 1, the first, to 1000, or leave it empty'),
        ({"priority": "first"}, 'priority is "first"'),
        ({"read_after_days": "31"}, 'read_after_days is "31": write one of 7, 14, 30, 60, 90'),
        ({"action": "a\u200bb"}, r'action "a\\u200bb" has a letter that cannot be printed'),
    ],
)
def test_a_wrong_value_is_said_with_row_column_and_what_to_do(given: dict, said: str) -> None:
    with pytest.raises(SegmentationError, match=f"^seed audiences, .*{said}"):
        checked_rows(given)


def test_all_wrong_values_are_said_at_once_and_a_name_stands_there_once() -> None:
    with pytest.raises(SegmentationError) as error:
        checked_rows({"holdout_share": "1"}, {"name": "Spring ", "ends_on": "soon"})
    assert [line.strip() for line in str(error.value).splitlines()] == [
        'seed audiences, row "spring": holdout_share is "1": write a share from 0, for nobody, to '
        "0.5, such as 0.1",
        'seed audiences, row "Spring": ends_on is "soon": write a day such as 2024-01-31',
        'seed audiences, row "Spring": name is that of another row, "spring": give each audience a '
        "name of its own",
    ]


def test_a_file_takes_the_place_of_the_seed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "\ufeffname,condition,starts_on,ends_on,holdout_share\n"
        "NA,\"town in ('a, b')\",2024-03-01,2024-03-31,0\n"
    )
    (row,) = checked(rows_of_file(str(path)), kinds(FEATURES), "file a.csv").to_pylist()
    assert (row["audience"], row["condition"], row["priority"]) == ("NA", "town in ('a, b')", 1)


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (None, "there is no file"),
        ("", "begins with : its first line is to be name,condition,"),
        (",".join(GIVEN) + '\n"a', "does not read as CSV in UTF-8: unexpected end of data"),
        (b"name\n\xe4\n", "does not read as CSV in UTF-8"),
        ("name,condition\n", "begins with name,condition: its first line is to be"),
        (",".join([*GIVEN, "name"]), "its first line is to be"),
        (
            ",".join(GIVEN) + "\na,town in ('a', 'b')\n",
            "line 2: it has 3 values for 8 columns: put",
        ),
        (",".join([*GIVEN, "who"]), "its first line is to be"),
    ],
)
def test_a_file_that_is_none_of_audiences_is_refused(
    contents: str | bytes | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    if contents is not None:
        path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    with pytest.raises(SegmentationError, match=f"var audiences: .*{said}"):
        rows_of_file(str(path))


def held_out(audiences: int, customers: int, shares: str) -> np.ndarray:
    """Whether each customer (last axis) is held out of each audience (first), for each share."""
    signature, _, formula = HELD_OUT
    with duckdb.connect() as connection:
        connection.execute(f"create macro {signature} as {formula}")
        found = connection.execute(
            "select held_out('c' || customer, 'audience ' || audience, share) as is_held_out "
            f"from range({audiences}) as audiences (audience), unnest({shares}) as shares (share), "
            f"range({customers}) as customers (customer) order by audience, share, customer"
        ).fetchnumpy()["is_held_out"]
    return np.asarray(found).reshape(audiences, -1, customers)


def test_who_is_held_out_is_even_over_a_hundred_audiences() -> None:
    """Each at a level of one failure in a thousand; what is held out never changes."""
    of_shares = held_out(5, 4_000, "[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]")
    # Who is held out of a share is held out of a larger one.
    assert (of_shares[:, 1:] >= of_shares[:, :-1]).all()
    tenths = np.diff(of_shares.sum(axis=2), axis=1, prepend=0)
    assert (scipy.stats.chisquare(tenths, axis=1).pvalue > 0.001).all()
    customers, share = 4_000, 0.1
    held = held_out(100, customers, f"[{share}]")[:, 0]
    expected, spread = customers * share, customers * share * (1 - share)
    statistic = ((held.sum(axis=1) - expected) ** 2 / spread).sum()
    assert 0.0005 < scipy.stats.chi2(100).cdf(statistic) < 0.9995
    # Of two audiences: how many are held out of both, for all 4,950 pairs.
    sizes = held.sum(axis=1)
    by_chance = np.outer(sizes, sizes) / customers
    spreads = by_chance * np.outer(1 - sizes / customers, 1 - sizes / customers)
    both = held.astype(int) @ held.T.astype(int)
    scores = ((both - by_chance) / np.sqrt(spreads))[np.triu_indices(100, 1)]
    assert abs(scores.mean()) < 3.3 / len(scores) ** 0.5
    assert abs(scores.std() - 1) < 0.05
    assert abs(scores).max() < 5


SEGMENTS = pd.DataFrame({"segment_id": [1, 2], "segment_name": ["best", "lost"]})


def said(given: list[dict], states: list[dict], **changes: object) -> list[str]:
    """What is said on 31 March of rows of the seed and of what has become of them."""
    rows_given = pd.DataFrame(checked_rows(*given)) if given else SCHEMA.empty_table().to_pandas()
    definitions = pd.DataFrame(
        [
            {
                "audience": "spring",
                "condition": "orders >= 2",
                "starts_on": "2024-03-01",
                "ends_on": "2024-03-31",
                "holdout_share": 0.1,
                "read_after_days": 30,
                "started_on": None,
                **state,
            }
            for state in states
        ]
    )
    for frame in (rows_given, definitions):
        for column in {"starts_on", "ends_on", "started_on"} & set(frame.columns):
            frame[column] = pd.to_datetime(frame[column])
    given_of_build = {"as_of": pd.Timestamp("2024-03-31"), "has_same_customer_ids": True}
    return sentences.audiences(rows_given, definitions, SEGMENTS, **{**given_of_build, **changes})


def test_nothing_is_said_of_an_audience_that_is_as_its_row_wants_it() -> None:
    running = {"started_on": "2024-03-02", "state": "running"}
    assert said([{"ends_on": "2024-04-30", "priority": "7", "action": "Call"}], [running]) == []
    assert said([{}], [{"state": "planned"}]) == []
    # Nor when its row is gone, or it began today with whatever ids.
    assert said([], [running]) == []
    began = {"started_on": "2024-03-31", "state": "running"}
    assert said([{}], [began], has_same_customer_ids=False) == []


def test_what_changes_nothing_any_more_is_said_with_both_values() -> None:
    changed = {"condition": "orders >= 3", "starts_on": "2024-03-02"}
    changed |= {"holdout_share": "0.2", "read_after_days": "60"}
    found = said([changed], [{"started_on": "2024-03-02", "state": "running"}])
    assert [sentence.partition("; its row says ") for sentence in found] == [
        (
            f'audiences: "spring" has begun on 2024-03-02 with the {term} {then}',
            "; its row says ",
            f"{now} now, which changes nothing. Put back what it was, or give what you mean "
            "another name",
        )
        for term, then, now in [
            ("condition", "orders >= 2", "orders >= 3"),
            ("starts_on", "2024-03-01", "2024-03-02"),
            ("holdout_share", "0.1", "0.2"),
            ("read_after_days", "30", "60"),
        ]
    ]


def test_an_audience_of_nobody_is_said_with_the_reason() -> None:
    names = {"condition": "segment_name <> 'bset' and moved_to in ('lost', 'gone')"}
    assert said([names], [{"state": "planned"}]) == [
        'audiences: "spring" names "bset" and "gone", and no segment is called so: there are best, '
        "lost. Until its condition names one of these, nobody is in it"
    ]
    (waits,) = said([{}], [{"state": "waiting"}])
    assert "was to begin on 2024-03-01 and nobody meets its condition, orders >= 2: it" in waits
    (never,) = said([{}], [{"state": "never begun"}])
    assert "has never begun, and its ends_on, 2024-03-31, is over: write a later day" in never
    (lost,) = said(
        [{}], [{"started_on": "2024-03-02", "state": "running"}], has_same_customer_ids=False
    )
    assert "has begun on 2024-03-02 with customers of other ids than those of this" in lost


def test_sql_has_the_same_columns_and_day_counts() -> None:
    macros = Path(__file__).parents[2] / "dbt_project/macros"
    [columns] = re.findall(r"of_segments = (\[.*?\])", (macros / "audiences.sql").read_text(), re.S)
    assert ast.literal_eval(columns) == list(COLUMNS_OF_SEGMENTS)
    [days] = re.findall(
        r"macro audience_days.*?return\((.*?)\)", (macros / "outcomes.sql").read_text()
    )
    assert tuple(ast.literal_eval(days)) == READ_AFTER_DAYS
