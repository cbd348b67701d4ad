"""Every way in which files are bad: an error, a counted row, or accepted as it is.

Each is shown where it is decided. What Python says of a file before SQL reads it is asked of the
function itself, with a sample that goes through a build. Of inputs whose rows SQL sorts out, those of
the same settings are files of one build, and each has its own rows told apart by their file. An input
that is judged as a whole has a build of its own.

The table of them in docs/bad-inputs.md is written by these tests, with SEGMART_WRITE_DOCS=1.
"""

import codecs
import gzip
import hashlib
import json
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import nan
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from conftest import ROOT, Build, dbt_build, dbt_builds
from segmart import SegmentationError
from segmart.files.columns import file_columns
from segmart.files.contract import parse_mapping

pytestmark = pytest.mark.slow

COLUMNS = ["customer_id", "ordered_at", "order_id", "amount", "quantity", "discount_amount"]
ROWS = [
    [
        f"{row % 40:04d}",
        f"2024-{1 + row * 7 % 12:02d}-{1 + row * 5 % 28:02d}",
        f"o{row}",
        f"{5 + row * 37 % 90}.25",
        f"{1 + row % 4}",
        f"{row % 3}",
    ]
    for row in range(400)
]
AS_OF = "2024-12-31"


def text(rows: list[list[str]] = ROWS, columns: list[str] = COLUMNS, delimiter: str = ",") -> str:
    return "\n".join(delimiter.join(row) for row in [columns, *rows]) + "\n"


def with_value(column: str, value: str, row: int = 10) -> str:
    """The good file with one value in place of another, in line row + 2."""
    return text(rows_with_value(column, value, row))


def rows_with_value(column: str, value: str, row: int = 10) -> list[list[str]]:
    rows = [list(values) for values in ROWS]
    rows[row][COLUMNS.index(column)] = value
    return rows


def every_value(column: str, change: Callable[[str], str]) -> str:
    at = COLUMNS.index(column)
    return text([[*row[:at], change(row[at]), *row[at + 1 :]] for row in ROWS])


def european(day: str) -> str:
    year, month, date = day.split("-")
    return f"{date}/{month}/{year}"


def in_europe(column: str = "order_id", value: str = "o10") -> str:
    """The good file as a shop in Europe may write it, with one value in place of another."""
    rows = [[row[0], european(row[1]), row[2], row[3].replace(".", ","), *row[4:]] for row in ROWS]
    rows[10][COLUMNS.index(column)] = value
    return text(rows, ["CustNo", *COLUMNS[1:]], ";")


def in_words(column: str, value: str) -> str:
    """The good file as a shop in India may write it, with one value in place of another."""
    days = [pd.Timestamp(row[1]).strftime("%A %-d %B %Y 1:30 pm") for row in ROWS]
    rows = [
        [row[0], day, row[2], f'"Rs. 1,0{float(row[3]):05.2f}"', *row[4:]]
        for row, day in zip(ROWS, days, strict=True)
    ]
    rows[10][COLUMNS.index(column)] = value
    return text(rows)


def of_a_web_server(column: str, value: str) -> str:
    """The good file with times as web servers and mails have them, with a value replaced."""
    days = [pd.Timestamp(row[1]).strftime("%a, %d %b %Y 10:00:00 GMT") for row in ROWS]
    rows = [[row[0], f'"{day}"', *row[2:]] for row, day in zip(ROWS, days, strict=True)]
    rows[10][COLUMNS.index(column)] = value
    return text(rows)


def tabbed(column: str, value: str) -> str:
    """The good file with tabulators and without its last column, with a value replaced."""
    return text([row[:5] for row in rows_with_value(column, value)], COLUMNS[:5], "\t")


def frame() -> pd.DataFrame:
    data = pd.DataFrame(ROWS, columns=COLUMNS)
    data["ordered_at"] = pd.to_datetime(data["ordered_at"])
    return data.astype({"amount": "float64", "quantity": "float64", "discount_amount": "float64"})


def in_arrow(value: Callable[[int], float], kind: pa.DataType | None = None) -> pd.Series:
    """A column as Arrow has it, where pandas would have nulls or cannot hold it."""
    values = pa.array([value(row) for row in range(len(ROWS))], kind)
    return pd.Series(pd.arrays.ArrowExtensionArray(values))


def damaged(content: bytes, at: float) -> bytes:
    """One bit of it flipped."""
    changed = bytearray(content)
    changed[int(len(content) * at)] ^= 0x10
    return bytes(changed)


def in_parquet(data: pd.DataFrame) -> bytes:
    return data.to_parquet(index=False)


def manifest(folder: Path, *paths: Path) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}"
        for path in paths
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")


# Where it is decided what becomes of an input.
PYTHON, SETTINGS, OWN_BUILD = "the function file_columns", "the check of vars", "a build of its own"
# Builds that many inputs share, each in a folder of its own below that of the build.
SHARED_BUILDS = {
    "CSV": {"order_lines": "*/orders*.csv*", "customers": "*/customers.csv"},
    "other endings": {"order_lines": "*/orders.*"},
    "Europe": {
        "order_lines": "*/orders.csv",
        "customers": "*/customers.csv",
        "delimiter": ";",
        "encoding": "Windows-1252",
        "date_format": "%d/%m/%Y",
        "decimal_sign": "comma",
        "currency_sign": "$",
        "cancelled_order_pattern": "C.*",
        "columns": {
            "order_lines": {"customer_id": "CustNo"},
            "customers": {"customer_id": "CustNo"},
        },
    },
    "tabulators": {
        "order_lines": "*/orders.csv",
        "delimiter": "tab",
        "encoding": "UTF16",
        "thousands_sign": "comma",
        "as_of": "default",
    },
    "Switzerland": {
        "order_lines": "*/orders.csv",
        "currency_sign": "CHF",
        "thousands_sign": "apostrophe",
    },
    "words": {
        "order_lines": "*/orders.csv",
        "date_format": "%A %d %B %Y %I:%M %p",
        "currency_sign": "Rs.",
        "thousands_sign": "comma",
        "dash_is": "zero",
    },
    "web server": {
        "order_lines": "*/orders.csv",
        "date_format": "%a, %d %b %Y %H:%M:%S %z",
        "currency_sign": "A$",
    },
    "Parquet": {"order_lines": "*/orders.parquet", "checksums": "SHA256SUMS"},
    "metrics": {
        "order_lines": "none",
        "customer_metrics": "*/metrics.parquet",
        "max_rejected_share": 0.05,
    },
    # These end in an error.
    "without rows": {"order_lines": "*/orders.csv"},
    "quotes": {"order_lines": "*/orders.csv"},
}


@dataclass
class Case:
    """One bad input: its files, the vars, and what must become of it.

    ``counted`` is the number of rows by reason in rejected_rows; all others must be used.
    ``says`` are words of the build's output; with ``fails`` they are words of an error.
    ``decided_by`` says where that is shown; vars of a shared build are those of the build.
    """

    files: str | bytes | dict[str, str | bytes | pd.DataFrame]
    fails: bool = False
    says: list[str] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    variables: dict = field(default_factory=dict)
    query: str = ""
    gives: list[tuple] = field(default_factory=list)
    rows: int = len(ROWS)
    decided_by: str = "CSV"
    encoding: str = "utf-8"

    def write(self, folder: Path, prefix: str = "") -> None:
        """Write the files; ``prefix`` makes the orders others than those of other inputs."""
        folder.mkdir()
        files = self.files if isinstance(self.files, dict) else {"orders.csv": self.files}
        for name, content in files.items():
            if isinstance(content, pd.DataFrame):
                if "order_id" in content:
                    content = content.assign(order_id=prefix + content["order_id"])
                content = in_parquet(content)
            if isinstance(content, str):
                if name.startswith("orders"):
                    content = re.sub(r"(?<=[,;\t\n])(o\d+)(?=[,;\t])", rf"{prefix}\g<1>", content)
                content = content.encode(self.encoding)
                if name.endswith(".gz"):
                    content = gzip.compress(content)
            (folder / name).write_bytes(content)


METRICS = pd.DataFrame(
    {
        "customer_id": range(60),
        "visits": [float(n % 17) for n in range(60)],
        "value": [float(n * n % 31) for n in range(60)],
    }
)
MALFORMED = "select line, column_name, rejected_value from rejected_rows"
LINE = "select line from rejected_rows"
HEAD = ",".join(COLUMNS)
HALF = len(ROWS) // 2
RENAMED = text(columns=["CustNo", *COLUMNS[1:]])
AMOUNT = "select amount from checked_order_lines where order_id = 'o10'"
CUSTOMER = "select customer_id from checked_order_lines where order_id = 'o10'"
ORDERED = "select cast(ordered_at as varchar) from checked_order_lines where order_id = 'o10'"
RETURN = "select is_return from checked_order_lines where order_id = 'o10'"


def attribute_of(customer: str, attribute: str) -> str:
    return f"select attribute_value from customer_attributes where customer_id = '{customer}' and attribute = '{attribute}'"


def refused(
    files: str | bytes | dict, *says: str, decided_by: str = PYTHON, **variables: object
) -> Case:
    return Case(files, True, list(says), variables=variables, decided_by=decided_by)


def malformed(column: str, value: str) -> Case:
    return Case(
        with_value(column, f'"{value}"'),
        counted={f"{column}_malformed": 1},
        query=MALFORMED,
        gives=[(12, column, value)],
    )


def identifier(value: str, kept: str | None = None) -> Case:
    return Case(with_value("customer_id", f'"{value}"'), query=CUSTOMER, gives=[(kept or value,)])


def european_case(column: str, value: str, **expected: object) -> Case:
    return Case(in_europe(column, value), decided_by="Europe", encoding="cp1252", **expected)


def tabbed_case(column: str = "order_id", value: str = "o10", **expected: object) -> Case:
    return Case(tabbed(column, value), decided_by="tabulators", encoding="utf-16", **expected)


def case_in_words(column: str, value: str, **expected: object) -> Case:
    return Case(in_words(column, value), decided_by="words", **expected)


def case_of_a_web_server(column: str, value: str, **expected: object) -> Case:
    return Case(of_a_web_server(column, value), decided_by="web server", **expected)


def parquet_case(data: pd.DataFrame, **expected: object) -> Case:
    return Case({"orders.parquet": data}, decided_by="Parquet", **expected)


def customers_case(customers: str, **expected: object) -> Case:
    return Case({"orders.csv": text(), "customers.csv": customers}, **expected)


def metrics_case(metrics: pd.DataFrame, decided_by: str = OWN_BUILD, **expected: object) -> Case:
    case = Case({"metrics.parquet": metrics}, decided_by=decided_by, **expected)
    case.variables |= {"order_lines": "none", "customer_metrics": "metrics.parquet"}
    return case


CASES = {
    # The file.
    "path without a file": refused(
        "", "no file matches", "correct the path", order_lines="nothing-*.csv"
    ),
    "neither order lines nor metrics": refused(
        text(), "give the var order_lines", order_lines="none"
    ),
    "order lines and metrics at once": refused(text(), "not both", customer_metrics="orders.csv"),
    "empty file": refused("", "orders.csv is empty", "export it again"),
    "header only": refused(HEAD + "\n", "no row can be used, of 0", decided_by="without rows"),
    "header only, without a line end": refused(
        HEAD, "no row can be used, of 0", decided_by="without rows"
    ),
    "an unknown ending": refused(
        {"orders.xlsx": "x"}, "orders.xlsx", "give one of .csv", order_lines="orders.xlsx"
    ),
    "CSV and Parquet under one glob": refused(
        {"orders.parquet": frame(), "orders.csv": text()},
        "matches CSV and Parquet",
        order_lines="orders.*",
    ),
    "gzip": Case({"orders.csv.gz": text()}),
    "text under the ending .txt": Case({"orders.txt": text()}, decided_by="other endings"),
    "text under the ending .TSV, compressed": Case(
        {"orders.TSV.gz": text()}, decided_by="other endings"
    ),
    "tabulators under the ending .tsv, not declared": refused(
        {"orders.tsv": text(delimiter="\t")},
        "orders.tsv: no column 'customer_id'",
        "seem to be separated by '\\t': set the var delimiter",
        order_lines="orders.tsv",
    ),
    "gzip cut short": refused(
        {"orders.csv.gz": gzip.compress(text().encode())[:-20]},
        "orders.csv.gz is cut short",
        order_lines="orders.csv.gz",
    ),
    "CSV cut short in its last line": Case(
        text()[:-8],
        counted={"line_unreadable": 1},
        query="select line, file is not null from rejected_rows",
        gives=[(401, True)],
    ),
    "another delimiter": refused(
        text(delimiter=";"), "seem to be separated by ';'", "set the var delimiter"
    ),
    "another delimiter, declared": european_case("order_id", "o10"),
    "tabulators, declared": tabbed_case(),
    "Latin-1 as UTF-8": refused(
        with_value("customer_id", "Müller").encode("latin-1"),
        "orders.csv, line 12",
        "byte 0xfc",
        "set the var encoding",
    ),
    "windows-1252 as Latin-1": refused(
        with_value("customer_id", "Müller “€”").encode("cp1252"),
        "orders.csv, line 12",
        "byte 0x93",
        "set the var encoding to cp1252",
        encoding="latin-1",
    ),
    "windows-1252, declared": european_case(
        "customer_id", "Müller “€”", query=CUSTOMER, gives=[("Müller “€”",)]
    ),
    "an encoding that nobody knows": refused(
        text(), "'cp9999'", "such as cp1252", encoding="cp9999"
    ),
    "an encoding of several bytes": refused(text(), "'shift_jis'", encoding="shift_jis"),
    "UTF-16 as UTF-8": refused(
        text().encode("utf-16"), "orders.csv, line 1", "set the var encoding"
    ),
    "UTF-32": refused(
        text().encode("utf-32"), "orders.csv is in the encoding utf-32", "save it in UTF-8"
    ),
    "UTF-32, compressed": refused(
        {"orders.csv.gz": gzip.compress(text().encode("utf-32"))},
        "orders.csv.gz is in the encoding utf-32",
        order_lines="orders.csv.gz",
        encoding="utf-16",
    ),
    "UTF-16, declared": tabbed_case("customer_id", "Ж", query=CUSTOMER, gives=[("Ж",)]),
    "UTF-16 of the other byte order under the same glob": Case(
        {"orders.csv": codecs.BOM_UTF16_BE + tabbed("customer_id", "Ж").encode("utf-16-be")},
        decided_by="tabulators",
        query=CUSTOMER,
        gives=[("Ж",)],
    ),
    "UTF-16 cut short": refused(
        text().encode("utf-16")[:-1], "orders.csv, line", "not in the encoding", encoding="utf-16"
    ),
    "a byte order mark": Case(text(), encoding="utf-8-sig"),
    "a character 0": refused(
        with_value("customer_id", "a\0b"), "orders.csv, line 12", "character 0"
    ),
    # Lines and quotes.
    "CR LF": Case(text().replace("\n", "\r\n")),
    "mixed line ends": refused(
        text().replace("\n", "\r\n", 5),
        "orders.csv, line 6: the line ends with LF, those before with CR LF",
    ),
    "LF inside quotes in a CR LF file": Case(
        with_value("order_id", '"a\nb"').replace("\n", "\r\n").replace("a\r\nb", "a\nb")
    ),
    "newlines and quotes inside quotes": Case(with_value("order_id", '"a\n""b"""', 3)),
    "a bad value after a value of two lines": Case(
        with_value("amount", "abc").replace("o3,", '"o\n3",', 1),
        counted={"amount_malformed": 1},
        query=MALFORMED,
        gives=[(13, "amount", "abc")],
    ),
    "a bad value after blank lines": Case(
        with_value("amount", "abc").replace("\n", "\n\n\n", 1),
        counted={"amount_malformed": 1},
        query=MALFORMED,
        gives=[(14, "amount", "abc")],
    ),
    "a quote that is not closed": refused(
        with_value("order_id", '"open'),
        "orders.csv, line 12: a quote is not closed",
        "export the file again",
        decided_by="quotes",
    ),
    "text after a closing quote": refused(
        with_value("order_id", '"o"10'),
        "orders.csv, line 12: a quote is not closed or stands inside a value",
        decided_by="quotes",
    ),
    "quotes inside quotes with a backslash": refused(
        with_value("order_id", '"o\\"10"'),
        'Double the quotes inside a quoted value as "" and not as \\"',
        decided_by="quotes",
    ),
    "a line with too few columns": Case(
        text().replace(",".join(ROWS[10]), "0010,2024-01-01", 1),
        counted={"line_unreadable": 1},
        query="select line, rejected_value from rejected_rows",
        gives=[(12, "missing columns")],
    ),
    "a line with too many columns": Case(
        with_value("discount_amount", "1,2"),
        counted={"line_unreadable": 1},
        query=LINE,
        gives=[(12,)],
    ),
    # Columns.
    "a required column is missing": refused(
        text([row[1:] for row in ROWS], COLUMNS[1:]),
        "no column 'customer_id'",
        "the file has 'ordered_at'",
    ),
    "an optional column is missing": tabbed_case(
        says=["switched off: Discount share, because", "no segment can be named price-sensitive"]
    ),
    "a further column": Case(
        text([[*row, "x"] for row in ROWS], [*COLUMNS, "store"]), says=["column store is ignored"]
    ),
    "lines that differ in a further column only": Case(
        text([*[[*row, "x"] for row in ROWS], [*ROWS[0], "y"]], [*COLUMNS, "till"]), rows=401
    ),
    "a renamed column": refused(
        RENAMED, "no column 'customer_id'", "'CustNo'", "customer_id: CustNo"
    ),
    "a renamed column, mapped": european_case(
        "order_id", "o10", says=["order_lines: column CustNo is customer_id"]
    ),
    "a column mapped to a name that the file has not": refused(
        text(),
        "no column 'Nr'",
        "is to be order_id",
        columns={"order_lines": {"order_id": "Nr"}},
    ),
    "a mapping of an unknown column": refused(
        text(),
        "'price' is no column of the input contract",
        columns={"order_lines": {"price": "amount"}},
    ),
    "two columns mapped to one": refused(
        text(), "both mapped to 'amount'", columns={"order_lines": {"unit_price": "amount"}}
    ),
    "columns in another order": Case(
        text([row[::-1] for row in ROWS], COLUMNS[::-1]),
        query=AMOUNT,
        gives=[(float(ROWS[10][3]),)],
    ),
    "names in other letters": Case(text(columns=[f" {name.upper()} " for name in COLUMNS])),
    "a column twice": refused(
        text([[*row, row[3]] for row in ROWS], [*COLUMNS, "amount"]), "'amount' twice"
    ),
    "an ignored column twice": Case(
        text([[*row, "x", "y"] for row in ROWS], [*COLUMNS, "note", "Note"])
    ),
    "a line break in the name of a column": Case(
        text([[*row, "x"] for row in ROWS], [*COLUMNS, '"a\nnote"'])
    ),
    "a title above the names of the columns": refused(
        "Orders of May\n\n" + text(), "in line 3", "set the var title_lines to 2"
    ),
    "a quoted title of two lines": refused(
        '"Orders\nof May"\n\n' + text(), "in line 4", "set the var title_lines to 3"
    ),
    "a title above names that nobody has mapped": refused(
        "Orders of May,,\n" + RENAMED, "has 'Orders of May'", "If that is a title", "title_lines"
    ),
    "a title above columns with another delimiter": refused(
        "Orders of May\n" + text(delimiter=";"),
        "in line 2",
        "title_lines to 1, and delimiter to ';'",
    ),
    "titles above the names of the columns, one quoted and of two lines, declared": Case(
        '"Orders\nof May"\n\n' + with_value("amount", "abc"),
        counted={"amount_malformed": 1},
        query=MALFORMED,
        gives=[(15, "amount", "abc")],
        variables={"title_lines": 3},
        decided_by=OWN_BUILD,
    ),
    "a name of a file as browsers number them": Case(
        {"orders (1).csv": text()},
        variables={"order_lines": "orders (1).csv"},
        decided_by=OWN_BUILD,
    ),
    "a column without a name": Case(
        text([[*row, "x"] for row in ROWS], [*COLUMNS, ""]), says=["column Unnamed: 6 is ignored"]
    ),
    "a line that tells spreadsheets the delimiter": refused(
        "sep=;\n" + text(delimiter=";"), "line 1", "set the var delimiter", "title_lines to 1"
    ),
    "a page of HTML": refused(
        "<!DOCTYPE html><html><body>Log in</body></html>\n", "is a page of HTML", "log in"
    ),
    "a workbook that is called CSV": refused("PK\x03\x04 \n", "a workbook or another archive"),
    "UTF-8 as windows-1252": refused(
        text([["Zoë", *row[1:]] for row in ROWS[:1]] + ROWS[1:]),
        "line 2: the file is in the encoding utf-8",
        "set it to utf-8",
        encoding="cp1252",
    ),
    "files of one glob in another order": Case(
        {
            "orders-1.csv": text(ROWS[:HALF]),
            "orders-2.csv": text([row[::-1] for row in ROWS[HALF:]], COLUMNS[::-1]),
        },
    ),
    "files of one glob, one without a column": Case(
        {
            "orders-1.csv": text(ROWS[:HALF]),
            "orders-2.csv": text([row[:5] for row in ROWS[HALF:]], COLUMNS[:5]),
        },
        variables={"order_lines": "orders-*.csv"},
        says=["only 1 of 2 files have it"],
        decided_by=OWN_BUILD,
    ),
    # Dates.
    "a date that does not exist": malformed("ordered_at", "2024-02-30"),
    "a date in words": malformed("ordered_at", "yesterday"),
    "a date without its zeros": malformed("ordered_at", "2024-1-5"),
    "a date in seconds since 1970": malformed("ordered_at", "1704067200"),
    "the number of a day in a spreadsheet": malformed("ordered_at", "45296"),
    "a missing date": Case(with_value("ordered_at", ""), counted={"ordered_at_missing": 1}),
    "day/month dates": refused(
        every_value("ordered_at", european),
        "400 of 400 rows are malformed",
        "date_format",
        "ordered_at = ",
        decided_by=OWN_BUILD,
    ),
    "day/month dates, declared": european_case(
        "order_id", "o10", query=ORDERED, gives=[(f"{ROWS[10][1]} 00:00:00",)]
    ),
    "day/month dates, declared the wrong way": refused(
        every_value("ordered_at", european),
        "rows are malformed",
        "ordered_at_malformed",
        decided_by=OWN_BUILD,
        date_format="%m/%d/%Y",
    ),
    "a time zone": Case(
        with_value("ordered_at", "2024-03-01T00:30:00+02:00"),
        query=ORDERED,
        gives=[("2024-02-29 22:30:00",)],
    ),
    "a time in UTC as BigQuery writes it": Case(
        with_value("ordered_at", "2024-03-01 00:30:00.5 UTC"),
        query=ORDERED,
        gives=[("2024-03-01 00:30:00.5",)],
    ),
    "a time in Z": Case(
        with_value("ordered_at", "2024-03-01T00:30:00Z"),
        query=ORDERED,
        gives=[("2024-03-01 00:30:00",)],
    ),
    "a time in GMT": Case(
        with_value("ordered_at", "2024-03-01 00:30:00 GMT"),
        query=ORDERED,
        gives=[("2024-03-01 00:30:00",)],
    ),
    "a time of a web server": malformed("ordered_at", "Fri, 01 Mar 2024 10:00:00 GMT"),
    **{
        f"{written}, declared": case_of_a_web_server(
            "ordered_at", f'"{written}"', query=ORDERED, gives=[("2024-03-01 10:00:00",)]
        )
        for written in (
            "Fri, 01 Mar 2024 10:00:00 GMT",
            "Fri, 01 Mar 2024 10:00:00 Z",
            "Fri, 01 Mar 2024 11:00:00 UTC+01:00",
            "Fri, 1 Mar 2024 11:00:00 GMT+0100",
            "ven., 1 Mar 2024 11:00:00 +0100",
        )
    },
    **{
        f"{written}, declared": case_in_words(
            "ordered_at", written, query=ORDERED, gives=[("2024-03-01 15:00:00",)]
        )
        for written in (
            "Friday 1 March 2024 3:00 p.m.",
            "Friday 1 March 2024 3:00 P.M.",
            "Friday 1 March 2024 3:00 p.\u00a0m.",
            "Friday 1 March 2024 3:00\u202fPM",
            "Freitag 01 march 2024 03:00 Pm",
        )
    },
    **{
        f"{written} for a time": case_in_words(
            "ordered_at", written, counted={"ordered_at_malformed": 1}
        )
        for written in (
            "1 March 2024 3:00 pm",
            "Friday 1 March 2024 15:00 p.m.",
            "32 1 March 2024 3:00 pm",
        )
    },
    "a date in the future": tabbed_case(
        "ordered_at",
        "2999-01-01",
        counted={"after_as_of": 1},
        query="select cast(as_of as varchar) from as_of_date",
        gives=[("2024-12-27",)],
    ),
    # Numbers.
    "a word for an amount": malformed("amount", "abc"),
    "NaN": malformed("amount", "NaN"),
    "a credit of a ledger": malformed("amount", "12.00 CR"),
    "infinity": malformed("amount", "inf"),
    "a huge amount": malformed("amount", "1e20"),
    "an exponent": Case(with_value("amount", "1.5e2"), query=AMOUNT, gives=[(150,)]),
    "a negative amount": Case(with_value("amount", "-5"), query=RETURN, gives=[(True,)]),
    "a decimal comma": malformed("amount", "1,5"),
    "a decimal comma, declared": european_case(
        "order_id", "o10", query=AMOUNT, gives=[(float(ROWS[10][3]),)]
    ),
    "signs of thousands": malformed("amount", "1,234.50"),
    "signs of thousands, declared": tabbed_case(
        "amount", '"1,234.50"', query=AMOUNT, gives=[(1234.5,)]
    ),
    "a decimal comma where thousands are declared": tabbed_case(
        "amount", '"1,5"', counted={"amount_malformed": 1}
    ),
    "a currency sign": malformed("amount", "$5.00"),
    "a currency sign, declared": european_case("amount", "$5,00", query=AMOUNT, gives=[(5,)]),
    **{
        f"a negative amount as {written}": european_case(
            "amount", written, query=AMOUNT, gives=[(-12.5,)]
        )
        for written in (
            "-$12,50",
            "$-12,50",
            "$ - 12,50",
            "12,50-",
            "12,50-$",
            "(12,50)",
            "($12,50)",
        )
    },
    "a minus sign of typography": Case(
        with_value("amount", "\u221212.50"), query=AMOUNT, gives=[(-12.5,)]
    ),
    "a dash in place of cents": european_case("amount", "$12,-", query=AMOUNT, gives=[(12,)]),
    **{
        f"{written} for an amount": european_case(
            "amount", written, counted={"amount_malformed": 1}
        )
        for written in ("5,-3", "1-2", "--12", "(12,50", "-(12)", "12$50", "€12")
    },
    "groups of two digits as in India": tabbed_case(
        "amount", '"(1,23,456.50)"', query=AMOUNT, gives=[(-123456.5,)]
    ),
    **{
        f"{written}, declared": Case(
            with_value("amount", written),
            query=AMOUNT,
            gives=[(1260.5,)],
            decided_by="Switzerland",
        )
        for written in ("CHF 1'260.50", "1\u2019260.50 CHF", "1260.50")
    },
    **{
        f"{written} for an amount, declared": case_in_words(
            "amount", f'"{written}"', query=AMOUNT, gives=[(amount,)]
        )
        for written, amount in [
            ("Rs. 1,200.50", 1200.5),
            ("Rs.1,200", 1200),
            ("Rs 1200.5", 1200.5),
            ("1,200.50 Rs.", 1200.5),
            ("Rs.50", 50),
            ("-Rs. 1,200", -1200),
            ("Rs. (1,200)", -1200),
            ("(Rs. 1,200)", -1200),
            ("Rs.   1,200-", -1200),
            ("Rs.  -   ", 0),
            (" -   ", 0),
            ("\u2014", 0),
        ]
    },
    **{
        f"{written} for an amount, declared": case_of_a_web_server(
            "amount", f'"{written}"', query=AMOUNT, gives=[(amount,)]
        )
        for written, amount in [
            ("A$12.00", 12),
            ("A$ .50", 0.5),
            ("-A$12.00", -12),
            ("A$(12.00)", -12),
            ("(12.00) A$", -12),
            ("A$ -", 0),
        ]
    },
    **{
        f"{written} for an amount": case_of_a_web_server(
            "amount", written, counted={"amount_malformed": 1}
        )
        for written in ("-", "$12", "A$A$12", "A$12A$", "A$(12", "A$--12", "A$")
    },
    "Fr.50 for an amount where Fr is declared": Case(
        with_value("amount", "CHF.50"),
        counted={"amount_malformed": 1},
        decided_by="Switzerland",
    ),
    "a word for a quantity": malformed("quantity", "two"),
    "a quantity that is no number of units": Case(
        with_value("quantity", "5000"),
        query="select is_quantity_set_aside from checked_order_lines where order_id = 'o10'",
        gives=[(True,)],
    ),
    "neither yes nor no": Case(
        text(
            [[*row, "maybe" if row[2] == "o10" else "no"] for row in ROWS], [*COLUMNS, "is_return"]
        ),
        counted={"is_return_malformed": 1},
        query=MALFORMED,
        gives=[(12, "is_return", "maybe")],
    ),
    # Customers.
    "ids with leading zeros": identifier("00000007"),
    "ids with spaces around": identifier("  7  ", "7"),
    "ids in capitals and not": Case(
        with_value("customer_id", "abc", 10).replace("0011,", "ABC,", 1),
        query="select count(distinct customer_id) from checked_order_lines where lower(customer_id) = 'abc'",
        gives=[(2,)],
    ),
    "ids in unicode": identifier("Ж-客户-é"),
    "ids that carry SQL": identifier("'; drop schema orders cascade; --"),
    "ids too long for a number": identifier("123456789012345678901234567890"),
    "a missing id": Case(with_value("customer_id", " "), counted={"customer_id_missing": 1}),
    "duplicate lines": Case(
        text([*ROWS, ROWS[0], ROWS[1], ROWS[1]]), counted={"duplicate_row": 3}, rows=403
    ),
    "cancelled orders": european_case("order_id", "C10", counted={"cancelled_order": 1}),
    "conflicting customers": Case(
        {
            "orders.csv": in_europe(),
            "customers.csv": "CustNo;country\n0001;DE\n0001;AT\n0002;DE\n0002;DE\n",
        },
        counted={"superseded_row": 1, "duplicate_row": 1},
        query=attribute_of("0001", "country"),
        gives=[("DE",)],
        decided_by="Europe",
    ),
    "conflicting customers with dates": customers_case(
        "customer_id,country,updated_at\n0001,DE,2024-01-01\n0001,AT,2024-02-01\n",
        counted={"superseded_row": 1},
        query=attribute_of("0001", "country"),
        gives=[("AT",)],
    ),
    "customers with a name each": customers_case(
        "customer_id,name\n" + "".join(f"n{n:04d},n{n}\n" for n in range(60)),
        says=["switched off: the profile by name"],
    ),
    "one customer": refused(
        text([["0001", *row[1:]] for row in ROWS]),
        "is constant",
        "is_clustered",
        decided_by=OWN_BUILD,
    ),
    "one order each": refused(
        text([[f"{at:04d}", *row[1:]] for at, row in enumerate(ROWS)]),
        "feature 'orders' is constant",
        "is_clustered",
        decided_by=OWN_BUILD,
    ),
    # Parquet.
    "Parquet": parquet_case(frame()),
    "Parquet that is none": refused(
        {"orders.parquet": text()}, "cannot be read as Parquet", order_lines="orders.parquet"
    ),
    "Parquet damaged at its end": refused(
        {"orders.parquet": damaged(in_parquet(frame()), 0.9999)},
        "cannot be read as Parquet",
        order_lines="orders.parquet",
    ),
    "Parquet with a flipped bit, under a manifest": refused(
        {
            "orders.parquet": damaged(in_parquet(frame()), 0.3),
            "SHA256SUMS": f"{hashlib.sha256(in_parquet(frame())).hexdigest()}  orders.parquet\n",
        },
        "has the sha256",
        "damaged or has changed",
        order_lines="orders.parquet",
        checksums="SHA256SUMS",
    ),
    "a file that the manifest does not name": refused(
        {"orders.parquet": frame(), "SHA256SUMS": ""},
        "is not in the manifest",
        order_lines="orders.parquet",
        checksums="SHA256SUMS",
    ),
    "Parquet as the manifest says": parquet_case(frame()),
    "Parquet with a time zone": parquet_case(
        frame().assign(ordered_at=lambda data: data["ordered_at"].dt.tz_localize("Europe/Berlin")),
        query=ORDERED,
        gives=[(str(pd.Timestamp(ROWS[10][1]) - pd.Timedelta(hours=1)),)],
    ),
    "Parquet with ids as floats": parquet_case(
        frame().assign(customer_id=lambda data: data["customer_id"].astype("float64")),
        query=CUSTOMER,
        gives=[("10",)],
    ),
    **{
        f"Parquet with {column} as floats of {bits} bits too large for them": refused(
            {
                "orders.parquet": frame().assign(
                    **{column: in_arrow(lambda row, least=least: float(least + row), kind)}
                )
            },
            f"column '{column}': {least} is larger than floating point numbers of {bits} bits",
            "write the column as whole numbers or as text",
            order_lines="orders.parquet",
        )
        for column, bits, least, kind in (
            ("customer_id", 32, 2**24, pa.float32()),
            ("product_id", 64, 2**53, pa.float64()),
        )
    },
    "Parquet with yes and no as a status": parquet_case(
        frame().assign(status=in_arrow(lambda row: row % 7 == 0)),
        query="select distinct status from checked_order_lines order by status",
        gives=[("false",), ("true",)],
    ),
    "Parquet with dates as numbers": refused(
        {
            "orders.parquet": frame().assign(
                ordered_at=lambda data: data["ordered_at"].astype("int64")
            )
        },
        "column 'ordered_at': its type is integer",
        order_lines="orders.parquet",
    ),
    "Parquet with NaN and infinity": parquet_case(
        frame().assign(amount=lambda data: data["amount"].where(data.index != 10, float("inf"))),
        counted={"amount_malformed": 1},
        query=MALFORMED,
        gives=[(11, "amount", "inf")],
    ),
    "Parquet with an id that is no number": parquet_case(
        frame().assign(customer_id=in_arrow(lambda row: nan if row == 10 else row % 40)),
        counted={"customer_id_missing": 1},
    ),
    "Parquet with a date that no time reaches": parquet_case(
        frame().assign(
            ordered_at=in_arrow(lambda row: 2**31 - 10 if row == 10 else 19800, pa.date32())
        ),
        counted={"ordered_at_missing": 1},
    ),
    "Parquet with a time that is none in the time zone": Case(
        {
            "orders.parquet": frame().assign(
                ordered_at=in_arrow(
                    lambda row: 2**63 - 10 if row == 10 else 1704067200000000,
                    pa.timestamp("us", "UTC"),
                )
            )
        },
        counted={"ordered_at_malformed": 1},
        variables={"order_lines": "orders.parquet", "time_zone": "Asia/Tokyo"},
        decided_by=OWN_BUILD,
    ),
    "Parquet with milliseconds that no time reaches": Case(
        {
            "orders.parquet": frame().assign(
                ordered_at=in_arrow(
                    lambda row: 2**62 if row == 10 else 1704067200000, pa.timestamp("ms", "UTC")
                )
            )
        },
        fails=True,
        says=[
            "column 'ordered_at', row 11: 4611686018427387904 milliseconds since 1970 is a time "
            "that no calendar reaches: write null or a real date there"
        ],
        variables={"order_lines": "orders.parquet"},
        decided_by=OWN_BUILD,
    ),
    "Parquet with the largest amount": parquet_case(
        frame().assign(amount=lambda data: data["amount"].where(data.index != 10, 99e12)),
        query=AMOUNT,
        gives=[(99e12,)],
    ),
    "a bad value after a line with an empty column too many": Case(
        with_value("amount", "abc").replace("\n", ",\n").replace(",\n", "\n", 1),
        counted={"amount_malformed": 1},
        query=MALFORMED,
        gives=[(12, "amount", "abc")],
    ),
    "an unreadable line after a value of two lines": Case(
        text().replace(",".join(ROWS[10]), "0010,2024-01-01", 1).replace("o5,", '"o\n5",', 1),
        counted={"line_unreadable": 1},
        query=LINE,
        gives=[(13,)],
    ),
    "the contents of two columns swapped": refused(
        text([[row[1], row[0], *row[2:]] for row in ROWS]),
        "400 of 400 rows are malformed",
        "ordered_at_malformed, such as file",
        decided_by=OWN_BUILD,
    ),
    "a mapped id beside a column of the contract's name": Case(
        {
            "orders.csv": in_europe(),
            "customers.csv": "customer_id;CustNo;city\nx0;0010;Ulm\nx1;0011;Bonn\n",
        },
        query="select customer_id, attribute_value from customer_attributes where attribute = 'city' and attribute_value is not null order by 1",
        gives=[("0010", "Ulm"), ("0011", "Bonn")],
        decided_by="Europe",
    ),
    "a malformed row beside a good one of the same customer": customers_case(
        "customer_id,country,updated_at\n0002,DE,2024-01-01\n0002,ZZ,soon\n"
        + "".join(f"c{n},DE,2024-01-01\n" for n in range(200)),
        counted={"updated_at_malformed": 1},
        query=attribute_of("0002", "country"),
        gives=[("DE",)],
    ),
    "attributes named as columns of our own": customers_case(
        "customer_id,reason,version\n0003,moved,1\n0004,moved,2\n",
        query="select count(*) from customer_attributes where attribute_value = 'moved'",
        gives=[(2,)],
    ),
    "a file name with a bracket": refused(
        {"orders[1].csv": text()},
        "its path holds one of * ? [",
        "rename it",
        order_lines="orders*.csv",
    ),
    "a quantity and a price too large together": Case(
        text(
            [
                [
                    *row[:3],
                    "",
                    "999" if row[2] == "o10" else row[4],
                    row[5],
                    "99999999" if row[2] == "o10" else "2",
                ]
                for row in ROWS
            ],
            [*COLUMNS, "unit_price"],
        ),
        counted={"unit_price_malformed": 1},
        query=LINE,
        gives=[(12,)],
    ),
    "a negative price": Case(
        text(
            [[*row[:3], "", row[4], row[5], "-2" if row[2] == "o10" else "2"] for row in ROWS],
            [*COLUMNS, "unit_price"],
        ),
        query=RETURN,
        gives=[(True,)],
    ),
    "a tabulator after a number": Case(
        with_value("amount", "12.5\t"), query=AMOUNT, gives=[(12.5,)]
    ),
    "a time zone after a space": Case(
        with_value("ordered_at", "2024-03-01 00:30:00 +02:00"),
        query=ORDERED,
        gives=[("2024-02-29 22:30:00",)],
    ),
    "a currency sign inside": european_case("amount", "1$2", counted={"amount_malformed": 1}),
    "dates all in the future": refused(
        every_value("ordered_at", lambda day: day.replace("2024", "2999")),
        "rows left out: after_as_of",
        decided_by=OWN_BUILD,
        as_of="default",
    ),
    "ids missing as NaN": parquet_case(
        frame().assign(
            customer_id=lambda data: data["customer_id"].astype("float64").where(data.index != 10)
        ),
        counted={"customer_id_missing": 1},
    ),
    "metrics named as words of SQL": metrics_case(
        METRICS.rename(columns={"visits": "Limit", "value": "Order"}),
        "metrics",
        says=["column Limit is a metric"],
    ),
    "a metric too large to add up": metrics_case(
        METRICS.assign(
            customer_id=range(100, 160), value=METRICS["value"].where(METRICS.index != 3, 1e19)
        ),
        "metrics",
        counted={"metric_malformed": 1},
    ),
    "an unknown var": refused(
        text(), "var thousand_sign is not known", decided_by=SETTINGS, thousand_sign="point"
    ),
    "a day that does not exist as as_of": refused(
        text(), "var as_of is", "2024-02-30", decided_by=SETTINGS, as_of="2024-02-30"
    ),
    "an unknown code of a date": refused(
        text(), "var date_format is", decided_by=SETTINGS, date_format="%d %Q %Y"
    ),
    "a status of five thousand letters": refused(
        text(
            [[*row, "paid" if number else "x" * 5000] for number, row in enumerate(ROWS)],
            [*COLUMNS, "status"],
        ),
        "xxx… (",
        decided_by=OWN_BUILD,
        statuses={"paid": "sale"},
    ),
    "a var of five thousand letters": refused(
        text(), "var currency_sign is", "xxx…", decided_by=SETTINGS, currency_sign="x" * 5000
    ),
    # Metrics.
    "an infinite metric": metrics_case(
        METRICS.assign(value=METRICS["value"].where(METRICS.index != 3, float("inf"))),
        fails=True,
        says=["feature 'metric_value' is infinite for 1 customers", "correct the input"],
    ),
    "metrics without a number": metrics_case(
        METRICS[["customer_id"]].assign(city="Ulm"), fails=True, says=["no column reads as numbers"]
    ),
    "a metric that the file has not": metrics_case(
        METRICS,
        fails=True,
        says=['"height" is no column of customer_metrics'],
        variables={"metrics": ["height"]},
    ),
}
# Of what the function says, these are shown to end a build with the same words.
ALSO_BUILT = (
    "path without a file",
    "another delimiter",
    "two columns mapped to one",
    "Parquet damaged at its end",
)

HOSTILE_VARS = [
    ("order_lines", "orders.csv'); drop schema orders cascade; --"),
    ("order_lines", "orders.csv') union all select * from read_text('/etc/passwd"),
    ("order_lines", "table:a.b.c; drop schema orders"),
    ("order_lines", "{{ run_query('drop schema orders cascade') }}"),
    ("customers", 'x.csv"; drop schema orders; --'),
    ("customer_metrics", "x.csv/* */'"),
    ("checksums", "sums'; drop schema orders; --"),
    ("columns", {"order_lines": "customer_id"}),
    ("columns", {"order_lines": {"customer_id": 'x"; drop schema orders cascade; --'}}),
    ("metrics", ['value"; drop schema orders; --']),
    ("profile_attributes", ['age", (select 1) as "x']),
    ("delimiter", "','); drop schema orders; --"),
    ("encoding", "utf-8', filename='/etc/passwd"),
    ("date_format", "%d%m%Y'); drop schema orders; --"),
    ("currency_sign", "'"),
    # Not hostile: a debit would be added as a credit is.
    ("currency_sign", "DR"),
    ("cancelled_order_pattern", "C.*') then 1 end; drop schema orders; --"),
    ("max_rejected_share", "1 or 1=1"),
    ("as_of", "2024-01-01'; drop schema orders cascade; --"),
    ("min_orders", "1; drop schema orders cascade"),
    ("k", "{{ env_var('HOME') }}"),
    ("report", "../../../../etc/x.html; rm -rf /"),
    ("report_title", "Shop'); drop schema orders; --"),
    ("report_language", "fr"),
    ("currency", "$'); drop"),
    ("statuses", {"paid": "sale' then 1 end; drop schema orders; --"}),
    ("exchange_rates", {"EUR": "1); drop schema orders; --"}),
    ("missing_customer_ids", "guest'); drop schema orders; --"),
    ("fold_customer_ids", "zeros'"),
    ("time_zone", "UTC'); drop schema orders; --"),
    ("times_without_zone", "local'"),
    ("amount_is", "order'"),
    ("order_header", "'"),
    ("order_versions", "latest_file'"),
    ("negative_amounts", "0"),
    ("return_amounts", "'"),
    ("identical_lines", "keep; --"),
    ("accepted_findings", ["thousands']); drop schema orders; --"]),
    ("title_lines", "1; drop schema orders"),
    ("warn_input_age_days", "1 or 1=1"),
    ("max_input_age_days", "-1"),
    # Not hostile, but they would stop each release, or never warn.
    ("drift_stop", 0),
    ("drift_warn", 0.3),
    ("share_shift_warn", 0.4),
    ("currency_sign", "Dr."),
    # What a var may be is no var.
    ("setting_kinds", {"order_lines": {"pattern": ".*"}}),
]


def settings_of(case: Case, folder: Path) -> dict[str, object]:
    settings = {"input": "files", "order_lines": "orders.csv", "as_of": AS_OF} | case.variables
    if case.decided_by in SHARED_BUILDS:
        settings |= SHARED_BUILDS[case.decided_by]
    for name in ("order_lines", "customers", "customer_metrics", "checksums"):
        if settings.get(name, "none") != "none":
            settings[name] = str(folder / settings[name])
    return settings


def number_of(name: str) -> str:
    return f"{list(CASES).index(name) + 1:03d}"


def run_case(name: str, folder: Path) -> Build:
    CASES[name].write(folder)
    return look_at(CASES[name], folder)


def run_shared(decided_by: str, folder: Path) -> Build:
    folder.mkdir()
    cases = {name: case for name, case in CASES.items() if case.decided_by == decided_by}
    for name, case in cases.items():
        case.write(folder / number_of(name), prefix=f"{number_of(name)}-")
    manifest(folder, *sorted(folder.glob("*/orders*")))
    return look_at(next(iter(cases.values())), folder)


def look_at(case: Case, folder: Path) -> Build:
    """What a build does before it fits; one that the fit decides goes on to it."""
    fits = "metrics.parquet" in case.files or "is_clustered" in case.says
    select = "+input_check +segment_model" if fits else "+input_check"
    return dbt_build(folder, select=select, tests=False, **settings_of(case, folder))


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Build]:
    """By the name of the input, or of the build that inputs share."""
    folder = tmp_path_factory.mktemp("cases")
    alone = [
        name for name, case in CASES.items() if case.decided_by == OWN_BUILD or name in ALSO_BUILT
    ]
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = {
            name: pool.submit(run_shared, name, folder / name.replace(" ", "-"))
            for name in SHARED_BUILDS
        }
        runs |= {name: pool.submit(run_case, name, folder / number_of(name)) for name in alone}
        return {name: run.result() for name, run in runs.items()}


def test_every_input_is_decided_somewhere() -> None:
    places = [PYTHON, SETTINGS, OWN_BUILD, *SHARED_BUILDS]
    assert {case.decided_by for case in CASES.values()} == set(places)
    assert all(CASES[name].decided_by == PYTHON for name in ALSO_BUILT)


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case.decided_by == PYTHON]
)
def test_a_file_that_cannot_be_read_is_refused_with_its_remedy(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    case.write(tmp_path / "input")
    settings = settings_of(case, tmp_path / "input")
    # As python_models/files__columns.py hands the vars over.
    paths = {
        name: settings.get(name, "none")
        for name in ("order_lines", "customers", "customer_metrics")
    }
    with pytest.raises(SegmentationError) as raised:
        file_columns(
            paths,
            parse_mapping(json.dumps(settings.get("columns", {}))),
            delimiter=settings.get("delimiter", ","),
            encoding=settings.get("encoding", "utf-8"),
            checksums=settings.get("checksums", "none"),
            copies=tmp_path / "copies",
        )
    for words in case.says:
        assert words in str(raised.value)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, case in CASES.items()
        if case.decided_by not in (PYTHON, SETTINGS) or name in ALSO_BUILT
    ],
)
def test_a_bad_input_ends_in_its_expected_way(name: str, builds: dict[str, Build]) -> None:
    case = CASES[name]
    is_shared = case.decided_by in SHARED_BUILDS
    build = builds[case.decided_by if is_shared else name]
    output = " ".join(build.output.split())
    if is_shared:
        # A screen does not hold what is said of so many cases at once.
        output += " ".join(finding for (finding,) in build.rows("select finding from input_check"))
    for words in case.says:
        if is_shared and words.startswith("orders"):
            words = f"{build.folder.name}/{number_of(name)}/{words}"
        assert words in output, build.output
    if case.fails:
        assert build.returncode != 0, build.output
        return
    assert build.returncode == 0, build.output
    with build.opened() as connection:
        if is_shared:
            see_only_files_below(build.folder / number_of(name), build, connection)

        def rows(sql: str) -> list[tuple]:
            return connection.sql(sql).fetchall()

        counted = rows("select reason, count(*) from rejected_rows group by reason")
        assert dict(counted) == case.counted
        # Nothing is lost: every row that was read is used or counted.
        if "metrics.parquet" not in case.files:
            used, read = rows(
                "select count(*) filter (reason is null), count(*) from checked_order_lines"
            )[0]
            of_lines = dict(
                rows(
                    "select reason, count(*) from rejected_rows "
                    "where source = 'order_lines' group by reason"
                )
            )
            assert used + sum(of_lines.values()) - of_lines.get("line_unreadable", 0) == read
            assert read + of_lines.get("line_unreadable", 0) == case.rows
        if case.query:
            assert rows(case.query) == case.gives


def see_only_files_below(folder: Path, build: Build, connection: duckdb.DuckDBPyConnection) -> None:
    """Hide the rows of other inputs of the build, and what makes the orders of this one its own."""
    for table, file in [("rejected_rows", "file"), ("checked_order_lines", "source_file")]:
        connection.execute(
            f"create temp view {table} as select * replace (regexp_replace(order_id, "
            f"'^{folder.name}-', '') as order_id) from {build.schema_of(table)}.{table} "
            f"where starts_with({file}, '{folder}/')"
        )


def outcome(case: Case) -> str:
    """What the tests above have shown to become of the input."""
    if case.fails:
        return "error: " + " … ".join(case.says)
    parts = [f"{count} row{'s' * (count > 1)} {reason}" for reason, count in case.counted.items()]
    parts += [f"said: {words}" for words in case.says]
    return "; ".join(parts) or "accepted"


def test_the_table_in_the_docs_is_true() -> None:
    lines = [
        "# Bad inputs, and what becomes of them",
        "",
        "Written by `SEGMART_WRITE_DOCS=1 uv run pytest -m slow tests/test_bad_inputs.py`. A row that",
        "is counted stands in `rejected_rows` with its file, line, column and value; every",
        "other row of the input is used. Of an error the table gives the words that a test looks for.",
        "",
        "| input | what becomes of it |",
        "|---|---|",
    ]
    for name, case in CASES.items():
        lines.append(f"| {name} | {outcome(case).replace('|', chr(92) + '|')} |")
    written = "\n".join(lines) + "\n"
    path = ROOT / "docs" / "bad-inputs.md"
    if os.environ.get("SEGMART_WRITE_DOCS"):
        path.write_text(written)
    assert path.read_text() == written


# Those that go through a build of their own; the name of a column is not refused before its file.
HOSTILE_BUILDS = (0, 3, 8, 17)
NAME_OF_A_COLUMN = 8
REFUSED_BEFORE = [number for number in range(len(HOSTILE_VARS)) if number != NAME_OF_A_COLUMN]


@pytest.fixture(scope="module")
def hostile_builds(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Build]:
    folder = tmp_path_factory.mktemp("hostile")

    def run(number: int) -> Build:
        name, value = HOSTILE_VARS[number]
        own = folder / str(number)
        own.mkdir()
        (own / "orders.csv").write_text(text())
        variables = {"input": "files", "order_lines": str(own / "orders.csv"), name: value}
        return dbt_build(own, select="+input_check", tests=False, as_users_do=True, **variables)

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(HOSTILE_BUILDS, pool.map(run, HOSTILE_BUILDS), strict=True))


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[object, Build]:
    """Builds in one process, which has parsed the project before; by number or by name of input."""
    folder = tmp_path_factory.mktemp("refusals")
    (folder / "orders.csv").write_text(text())
    good = {"input": "files", "order_lines": str(folder / "orders.csv")}
    wanted: dict[object, dict] = {number: dict([HOSTILE_VARS[number]]) for number in REFUSED_BEFORE}
    wanted |= {name: case.variables for name, case in CASES.items() if case.decided_by == SETTINGS}
    runs = []
    for number, variables in enumerate(wanted.values()):
        (folder / f"{number}").mkdir()
        runs.append((folder / f"{number}", good | variables))
    found = dbt_builds(folder, runs, "+input_check")
    return dict(zip(wanted, found, strict=True))


def assert_var_is_refused(name: str, value: object, build: Build) -> None:
    assert build.returncode != 0
    assert (
        f"var {name}" in build.output
        or repr(value.get("order_lines")) in build.output
        or (str(value["order_lines"]["customer_id"]) in build.output)
    )
    assert "root:" not in build.output
    # dbt makes the schemas before it asks for a var: none has been dropped.
    assert "Schema with name" not in build.output
    # Nothing was read: not one row of the input reached the warehouse.
    assert not build.has_table("checked_order_lines")


@pytest.mark.parametrize("number", REFUSED_BEFORE)
def test_a_hostile_var_never_runs(number: int, refusals: dict[object, Build]) -> None:
    assert_var_is_refused(*HOSTILE_VARS[number], refusals[number])


def test_a_var_that_is_a_template_is_refused_before_dbt_renders_it(
    refusals: dict[object, Build],
) -> None:
    templates = [at for at in REFUSED_BEFORE if "{{" in str(HOSTILE_VARS[at][1])]
    assert templates
    for number in templates:
        assert "a var is a value, not a template" in refusals[number].output


@pytest.mark.parametrize("number", HOSTILE_BUILDS)
def test_a_hostile_var_ends_a_build(number: int, hostile_builds: dict[int, Build]) -> None:
    assert_var_is_refused(*HOSTILE_VARS[number], hostile_builds[number])


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case.decided_by == SETTINGS]
)
def test_a_var_that_says_nothing_is_named(name: str, refusals: dict[object, Build]) -> None:
    build = refusals[name]
    assert build.returncode != 0
    for words in CASES[name].says:
        assert words in " ".join(build.output.split())
