"""The seed ``audiences``: a row for each group of customers who are to be contacted."""

import csv
import datetime
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from segmart import SegmentationError, shown
from segmart.audiences.conditions import EXAMPLE, OF_TWO, Comparison, nearest, read, written

GIVEN = (
    *("name", "condition", "starts_on", "ends_on", "holdout_share"),
    *("action", "priority", "read_after_days"),
)
NEEDED = GIVEN[:5]
MOST_LETTERS = 60
LARGEST_HOLDOUT_SHARE = 0.5
LARGEST_PRIORITY = 1000
DEFAULT_PRIORITY, DEFAULT_READ_AFTER_DAYS = 1, 30
# Few, so that nobody chooses the day by what it shows.
READ_AFTER_DAYS = (7, 14, 30, 60, 90)
SCHEMA = pa.schema(
    [
        ("audience", pa.string()),
        ("condition", pa.string()),
        ("starts_on", pa.date32()),
        ("ends_on", pa.date32()),
        ("holdout_share", pa.float64()),
        ("action", pa.string()),
        ("priority", pa.int32()),
        ("read_after_days", pa.int32()),
        ("comparisons", pa.string()),
    ]
)
# Of customer_segments, segments and segment_moves; the others are features.
COLUMNS_OF_SEGMENTS = {
    "segment_id": "number",
    "segment_name": "text",
    "trust": "text",
    "margin": "number",
    "distance": "number",
    "is_outlier": "boolean",
    "moved_from": "text",
    "moved_to": "text",
    "moved_within_days": "number",
}
# The words of the column trust, of which none is missing when nobody has it.
TRUST = ("solid", "soft", "do not act on this")
# A condition is published and kept: the id of a forgotten customer must not stand in it.
NO_FEATURES = ("customer_id", "as_of")


def kinds(schema: pa.Schema) -> dict[str, str]:
    """The columns that a condition may compare, with their kinds.

    Args:
        schema: of the table with a column for each feature.
    """
    features = {}
    for field in schema:
        if field.name in NO_FEATURES:
            continue
        if pa.types.is_boolean(field.type):
            kind = "boolean"
        elif pa.types.is_date(field.type):
            kind = "date"
        elif pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            kind = "text"
        else:
            kind = "number"
        features[field.name] = kind
    return _beside_those_of_segments(features)


def kinds_of_metrics(feature_distributions: pd.DataFrame) -> dict[str, str]:
    """The same where the features are the metrics of the input, all of them numbers."""
    return _beside_those_of_segments(dict.fromkeys(feature_distributions["feature"], "number"))


def _beside_those_of_segments(features: dict[str, str]) -> dict[str, str]:
    # A metric margin is the feature metric_margin: whoever writes margin may mean either.
    of_two = [name for name in COLUMNS_OF_SEGMENTS if {name, f"metric_{name}"} & set(features)]
    return COLUMNS_OF_SEGMENTS | features | dict.fromkeys(of_two, OF_TWO)


def rows_of_file(path: str) -> pd.DataFrame:
    """The rows of the CSV file that the var ``audiences`` names, as the seed has them.

    Raises:
        SegmentationError: there is no such file, it is not CSV in UTF-8, its header is another one,
            or a line has more or fewer values than that.
    """
    at = f"var audiences: the file {path}"
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            rows = [(reader.line_num, values) for values in reader if values]
    except FileNotFoundError:
        raise SegmentationError(f"var audiences: there is no file {path}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SegmentationError(f"{at} does not read as CSV in UTF-8: {error}") from None
    if set(header) - set(GIVEN) or set(NEEDED) - set(header) or len(set(header)) < len(header):
        raise SegmentationError(
            f"{at} begins with {shown(','.join(header))}: its first line is to be "
            f"{','.join(GIVEN)}, of which the last three may be missing"
        )
    for line, values in rows:
        if len(values) != len(header):
            raise SegmentationError(
                f"{at}, line {line}: it has {len(values)} values for {len(header)} columns: put "
                "double quotes around a value with a comma"
            )
    frame = pd.DataFrame([values for _, values in rows], columns=header, dtype="string")
    return frame.reindex(columns=list(GIVEN)).replace("", pd.NA)


def checked(given: pd.DataFrame, columns: Mapping[str, str], source: str) -> pa.Table:
    """The audiences, in the order of their names.

    Args:
        given: ``GIVEN``, as texts; missing where empty.
        columns: what ``kinds`` returned.
        source: what to call the seed or the file in messages.

    Returns:
        A table with the schema ``SCHEMA``: condition in one way of writing it, comparisons the same
        as a JSON list of column, kind, operator and literals.

    Raises:
        SegmentationError: every value that is wrong, with its row, its column and what to do.
    """
    wrong: list[str] = []
    names: dict[str, str] = {}
    rows = []
    for values in given[list(GIVEN)].itertuples(index=False):
        row = {
            column: " ".join(str(text).split()) if pd.notna(text) and str(text).strip() else None
            for column, text in zip(GIVEN, values, strict=True)
        }
        # White space in a text of the condition is a part of it.
        row["condition"] = None if row["condition"] is None else str(values.condition)
        reader = _Row(row, columns)
        made = reader.made()
        name = row["name"] or ""
        if name and name.casefold() in names:
            reader.wrong.append(
                f"name is that of another row, {_quoted(names[name.casefold()])}: give each "
                "audience a name of its own"
            )
        names.setdefault(name.casefold(), name)
        at = f"{source}, row {_quoted(name)}" if name else f"{source}, the row without a name"
        wrong += [f"{at}: {what}" for what in reader.wrong]
        rows.append(made)
    if wrong:
        raise SegmentationError("\n  ".join(wrong))
    rows.sort(key=lambda row: row["audience"])
    return pa.Table.from_pylist(rows, schema=SCHEMA)


class _Row:
    """A row of the seed; what is wrong with it stands in ``wrong``."""

    def __init__(self, row: Mapping[str, str | None], columns: Mapping[str, str]) -> None:
        self._row, self._columns = row, columns
        self.wrong: list[str] = []

    def made(self) -> dict[str, Any]:
        """The values as ``SCHEMA`` has them; missing where they are wrong."""
        name = self._needed("name", "a name")
        if name is not None and (len(name) > MOST_LETTERS or not name.isprintable()):
            self._say(
                f"name {_quoted(name)} has {len(name)} letters, {MOST_LETTERS} are allowed, or one "
                "that cannot be printed: write another name"
            )
        starts_on, ends_on = self._date("starts_on"), self._date("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self._say(f"ends_on is {ends_on}, before starts_on, {starts_on}: write a later day")
        comparisons = self._comparisons()
        return {
            "audience": name,
            "condition": written(comparisons),
            "starts_on": starts_on,
            "ends_on": ends_on,
            "holdout_share": self._share(),
            "action": self._action(),
            "priority": self._whole(
                "priority",
                DEFAULT_PRIORITY,
                range(1, LARGEST_PRIORITY + 1),
                "1, the first, to 1000",
            ),
            "read_after_days": self._whole(
                "read_after_days",
                DEFAULT_READ_AFTER_DAYS,
                READ_AFTER_DAYS,
                "one of " + ", ".join(map(str, READ_AFTER_DAYS)),
            ),
            "comparisons": json.dumps(
                [[each.column, each.kind, each.operator, each.literals] for each in comparisons]
            ),
        }

    def _say(self, what: str) -> None:
        self.wrong.append(what)

    def _needed(self, column: str, what: str) -> str | None:
        if self._row[column] is None:
            self._say(f"{column} is empty: write {what}, or take the row out")
        return self._row[column]

    def _comparisons(self) -> list[Comparison]:
        condition = self._needed("condition", f"a condition such as {EXAMPLE}")
        if condition is None:
            return []
        try:
            comparisons = read(condition, self._columns)
            for each in comparisons:
                for word in each.literals if each.column == "trust" else ():
                    if word not in TRUST:
                        raise SegmentationError(f"trust is never {word}: {nearest(word, TRUST)}")
            return comparisons
        except SegmentationError as error:
            self._say(f"condition {_quoted(condition)}: {error}")
            return []

    def _date(self, column: str) -> datetime.date | None:
        text = self._needed(column, "a day such as 2024-01-31")
        if text is None:
            return None
        try:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                return datetime.date.fromisoformat(text)
        except ValueError:
            pass
        self._say(f"{column} is {_quoted(text)}: write a day such as 2024-01-31")
        return None

    def _share(self) -> float | None:
        text = self._needed("holdout_share", "the share that is held out, such as 0.1")
        if text is None:
            return None
        if re.fullmatch(r"0([.][0-9]{1,9})?", text) and float(text) <= LARGEST_HOLDOUT_SHARE:
            return float(text)
        self._say(
            f"holdout_share is {_quoted(text)}: write a share from 0, for nobody, to "
            f"{LARGEST_HOLDOUT_SHARE}, such as 0.1"
        )
        return None

    def _action(self) -> str | None:
        text = self._row["action"]
        if text is not None and not text.isprintable():
            self._say(f"action {_quoted(text)} has a letter that cannot be printed: delete it")
        return text

    def _whole(self, column: str, default: int, allowed: Collection[int], what: str) -> int | None:
        text = self._row[column]
        if text is None:
            return default
        if re.fullmatch(r"[0-9]{1,4}", text) and int(text) in allowed:
            return int(text)
        self._say(f"{column} is {_quoted(text)}: write {what}, or leave it empty for {default}")
        return None


def _quoted(text: str) -> str:
    return f'"{shown(text) if text.isprintable() else shown(ascii(text)[1:-1])}"'
