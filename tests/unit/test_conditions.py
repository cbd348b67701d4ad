"""Conditions of audiences: what is read, and what is not, whatever somebody writes there."""

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from hostile_conditions import HOSTILE
from segmart import SegmentationError
from segmart.audiences.conditions import (
    KINDS,
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


# How long an example takes says nothing about what is read.
busy_machine = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@busy_machine
@given(st.lists(COMPARISONS, min_size=1, max_size=9))
def test_what_was_written_is_read_as_it_was(comparisons: list[Comparison]) -> None:
    assert read(written(comparisons), COLUMNS) == comparisons


@settings(busy_machine, max_examples=200)
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
