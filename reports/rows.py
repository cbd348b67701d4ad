"""Rows of tables as the report reads them: plain values, in the order they are shown in."""

import collections
import datetime
import decimal
import math
from collections.abc import Iterable
from typing import Any

import pandas

Row = dict[str, Any]


def plain(value: Any) -> Any:
    """The value as JSON can hold it: a missing or an endless number becomes None."""
    if value is None or value is pandas.NA or value is pandas.NaT:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, decimal.Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bool | int | float | str):
        return value
    return str(value)


def rows_of(frame: pandas.DataFrame) -> list[Row]:
    """The rows of a frame, as plain values."""
    columns = [str(column) for column in frame.columns]
    return [
        {column: plain(value) for column, value in zip(columns, values, strict=True)}
        for values in frame.itertuples(index=False, name=None)
    ]


def sort_key(value: Any) -> tuple[int, float, str]:
    """Orders numbers by size, then texts, then what is missing."""
    if value is None:
        return (2, 0.0, "")
    if isinstance(value, int | float):
        return (0, float(value), "")
    return (1, 0.0, str(value))


def feature_key(row: Row) -> tuple[Any, ...]:
    """Orders features: the clustered ones first, then by position where it is given, then by name.

    The feature of a pair is its first one.
    """
    name = row["feature"] if "feature" in row else row["feature_a"]
    return (not row.get("is_clustered"), sort_key(row.get("feature_position")), str(name))


def segment_labels(segments: Iterable[Row]) -> dict[Any, str]:
    """The name of each segment in the order of the identifiers, told apart where names repeat."""
    pairs: dict[Any, str] = {}
    for row in sorted(segments, key=lambda row: sort_key(row["segment_id"])):
        name = row["segment_name"]
        pairs.setdefault(row["segment_id"], str(row["segment_id"] if name is None else name))
    names = list(pairs.values())
    return {
        identifier: f"{name} ({identifier})" if names.count(name) > 1 else name
        for identifier, name in pairs.items()
    }


def first_row(rows: list[Row]) -> Row:
    """The first row of a frame, or nothing known when it is empty."""
    return rows[0] if rows else collections.defaultdict(lambda: None)
