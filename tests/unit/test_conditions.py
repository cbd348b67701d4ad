"""Conditions of audiences: what is read, and what is not, whatever somebody writes there."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from segmart import SegmentationError
from segmart.audiences.conditions import (
    KINDS,
    MOST_LETTERS_OF_TEXT,
    ORDERED,
    Comparison,
    read,
    written,
)

COLUMNS = {
    "segment_name": "text",
    "recency_days": "number",
    "margin": "number",
    "is_outlier": "boolean",
    "joined_on": "date",
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (
            "segment_name = 'price-sensitive' and recency_days <= 60 and margin >= 0.2",
            "segment_name = 'price-sensitive' and recency_days <= 60 and margin >= 0.2",
        ),
        (" Segment_Name='a''b'\nAND\tMARGIN!=+0.20 ", "segment_name = 'a''b' and margin <> 0.2"),
        ("segment_name IN ('a', 'b and c')", "segment_name in ('a', 'b and c')"),
        ("recency_days in(1,2.50,-3)", "recency_days in (1, 2.5, -3)"),
        ("margin is NULL and margin Is Not Null", "margin is null and margin is not null"),
        ("is_outlier = FALSE", "is_outlier = false"),
        ("joined_on >= '2024-01-31'", "joined_on >= date '2024-01-31'"),
        ("joined_on < date'2024-02-29'", "joined_on < date '2024-02-29'"),
        ("recency_days > 100", "recency_days > 100"),
        ("recency_days > -0.0", "recency_days > 0"),
        # What looks like SQL within a text is the text.
        ("segment_name = '; drop table x --'", "segment_name = '; drop table x --'"),
        (r"segment_name = 'a\'", r"segment_name = 'a\'"),
        ("segment_name = '{{ var(1) }}'", "segment_name = '{{ var(1) }}'"),
    ],
)
def test_a_condition_is_read_and_written_in_one_way(condition: str, expected: str) -> None:
    comparisons = read(condition, COLUMNS)
    assert written(comparisons) == expected
    assert read(expected, COLUMNS) == comparisons


# Each with words of what is said of it. None of them may run.
HOSTILE = {
    "; drop table segments": "where the name of a column is to stand|from ; drop",
    "margin > 1; drop table segments": "from ; drop table segments on: it is one condition",
    "margin > 1 -- and recency_days < 5": "from -- and .* on: a condition has no comments",
    "margin > 1 /* or */": "from /[*] or [*]/ on: a condition has no comments",
    "margin > (select 1)": "margin is a number and is compared with [(]",
    "margin in (select margin from customers)": "margin is a number and is compared with select",
    "exists (select 1)": "no function exists that can be compared",
    "abs(margin) > 1": "no function abs that can be compared: compare columns",
    "margin(1) > 1": "margin[(] looks like a function",
    "margin > abs(1)": "margin is a number and is compared with abs",
    "margin > 1 or 1=1": "it has or: make it two audiences",
    "1=1": "the name of a column is to stand, there is the number 1",
    "true": "no column true",
    "margin > 1 union select 1": "after a comparison stands union: join comparisons by and",
    "segment_name = 'a' or 'a'='a'": "it has or",
    "segment_name = 'a' 'b'": "after a comparison stands the text 'b'",
    "segment_name = 'a' || 'b'": "cannot be read from [|][|]",
    "segment_name = 'it's'": "the quote is not closed; a quote within a text is written twice",
    "segment_name = 'a": "the quote is not closed",
    "segment_name = \u2018a\u2019": "write plain single quotes",
    "segment_name = \u201ca\u201d": "write plain single quotes",
    "segment_name = 'a\0b'": r"the text a\\x00b is longer than 200 letters or has one that cannot",
    "segment_name = 'a\u202eb'": "letters or has one that cannot be printed",
    "margin\0 > 1": r"cannot be read from \\x00 > 1 on",
    f"segment_name = '{'a' * (MOST_LETTERS_OF_TEXT + 1)}'": "is longer than 200 letters",
    f"{'margin > 1 and ' * 200}margin > 1": "has 3,010 letters: shorten it to 2,000",
    "margin > {{ var('k') }}": "from {{ var.* on: a condition is no template",
    "{% do run_query('drop table x') %}": "a condition is no template",
    "{# #} margin > 1": "a condition is no template",
    '"margin" > 1': "names of columns stand bare",
    "`margin` > 1": "names of columns stand bare",
    'segment_name = "a"': "texts in plain single quotes",
    "read_csv('/etc/passwd') = 1": "no function read_csv that can be compared",
    "margin in read_csv('/etc/passwd')": "margin in: write the values in brackets",
    "pragma database_list": "no column pragma that can be compared",
    "attach 'x.duckdb'": "no column attach",
    "copy segments to 'x'": "no column copy",
    "marign > 1": "no column marign that can be compared: did you mean margin?",
    "customers.margin > 1": "cannot be read from .margin > 1 on",
    "margin.x > 1": "cannot be read from .x > 1 on",
    "customer_id = 'c1'": "no column customer_id",
    r"\margin > 1": r"cannot be read from \\margin",
    r"segment_name = 'a\' or segment_name = 'b'": "it has or: make it two audiences",
    r"segment_name = E'a'": "segment_name is a text and is compared with E",
    "segment_name = $$a$$": "cannot be read from [$]",
    "segment_name = ?": "cannot be read from [?]",
    "margin > $1": "cannot be read from [$]1",
    "margin::text = 'a'": "cannot be read from ::text",
    "margin > 1e9": "cannot be read from 1e9",
    "margin > 0x10": "cannot be read from 0x10",
    "margin > 1_000": "cannot be read from 1_000",
    "margin > 1.2.3": "cannot be read from 1.2.3",
    "margin > nan": "margin is a number and is compared with nan",
    "margin > 1234567890123456789": "has more than 18 digits",
    "margin > \uff11": "cannot be read from \uff11",
    "\u217fargin > 1": "cannot be read from",
    "margin \uff1e 1": "cannot be read from \uff1e 1",
    "margin > 20%": "write a share as a number, such as 0.2",
    "margin > '1'": "margin is a number and is compared with the text '1': write a number",
    "margin = null": "margin is a number and is compared with null",
    "margin > recency_days": "margin is a number and is compared with recency_days",
    "segment_name = 1": "segment_name is a text and is compared with the number 1",
    "segment_name < 'b'": "segment_name is a text, which is compared by =, <> or in",
    "segment_name like '%a'": "write = or in with whole texts instead of like",
    "segment_name not in ('a')": "write <> for each value",
    "margin between 1 and 2": "write >= and <= instead of between",
    "not margin > 1": "no column not that can be compared",
    "is_outlier": "after is_outlier stands nothing: write one of =",
    "is_outlier = 1": "is_outlier is true or false and is compared with the number 1",
    "is_outlier = maybe": "is compared with maybe: write true or false",
    "joined_on > 2024": "joined_on is a date and is compared with the number 2024",
    "joined_on > '2024-02-30'": "compared with 2024-02-30: write a date such as",
    "joined_on > date 'now'": "compared with now: write a date",
    "margin is distinct from 1": "margin is: after it only null or not null may stand",
    "margin > 1 and": "the name of a column is to stand, there is nothing",
    "margin > 1 margin > 2": "after a comparison stands margin",
    "(margin > 1)": "the name of a column is to stand, there is [(]",
    "margin in ()": "margin is a number and is compared with [)]",
    "margin in (1": "margin in: after a value stands nothing",
    "margin in (1 2)": "margin in: after a value stands the number 2",
    "margin in 1": "margin in: write the values in brackets",
    "": "the name of a column is to stand, there is nothing",
}


@pytest.mark.parametrize("condition", HOSTILE)
def test_what_is_no_comparison_is_said_and_read_by_nobody(condition: str) -> None:
    with pytest.raises(SegmentationError, match=HOSTILE[condition]) as error:
        read(condition, COLUMNS)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 400


COMPARISONS = st.sampled_from(sorted(COLUMNS)).flatmap(
    lambda column: st.builds(
        Comparison,
        st.just(column),
        st.just(COLUMNS[column]),
        st.sampled_from(("=", "<>")),
        st.tuples(
            {
                "text": st.text(max_size=9).filter(str.isprintable),
                "number": st.integers(-(10**9), 10**9).map(str),
                "date": st.dates().map(str),
                "boolean": st.sampled_from(("true", "false")),
            }[COLUMNS[column]]
        ),
    )
)


@given(st.lists(COMPARISONS, min_size=1, max_size=9))
def test_what_was_written_is_read_as_it_was(comparisons: list[Comparison]) -> None:
    assert read(written(comparisons), COLUMNS) == comparisons


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            [
                *("margin", "segment_name", "and", "or", "in", "is", "not", "null", "date"),
                *("(", ")", ",", "=", "<", "'a'", "'", "''", "1", "-1", "0.5", "true"),
                *(";", "--", '"', "\\", "{{", "\0"),
            ]
        )
        | st.text(max_size=3),
        max_size=12,
    ),
    st.sampled_from([" ", ""]),
)
def test_whatever_is_written_is_read_as_comparisons_or_refused(
    parts: list[str], between: str
) -> None:
    refused, found = "", []
    try:
        found = read(between.join(parts), COLUMNS)
    except SegmentationError as error:
        refused = str(error)
    assert bool(found) != bool(refused)
    assert refused.isprintable()
    for each in found:
        assert COLUMNS[each.column] == each.kind
        assert each.kind in KINDS
        assert each.operator in (*ORDERED, "is null", "is not null")
        assert all(literal.isprintable() for literal in each.literals)
    assert not found or read(written(found), COLUMNS) == found
