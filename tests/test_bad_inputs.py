"""Every way in which files are bad, read by dbt: an error, a counted row, or accepted as it is.

The table of them in docs/bad-inputs.md is written by these tests, with SEGMART_WRITE_DOCS=1.
"""

import gzip
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from conftest import ROOT, Build, dbt_build

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
    rows = [list(values) for values in ROWS]
    rows[row][COLUMNS.index(column)] = value
    return text(rows)


def every_value(column: str, change: Callable[[str], str]) -> str:
    at = COLUMNS.index(column)
    return text([[*row[:at], change(row[at]), *row[at + 1 :]] for row in ROWS])


def european(day: str) -> str:
    year, month, date = day.split("-")
    return f"{date}/{month}/{year}"


def frame() -> pd.DataFrame:
    data = pd.DataFrame(ROWS, columns=COLUMNS)
    data["ordered_at"] = pd.to_datetime(data["ordered_at"])
    return data.astype({"amount": "float64", "quantity": "float64", "discount_amount": "float64"})


def parquet(folder: Path, data: pd.DataFrame) -> None:
    data.to_parquet(folder / "orders.parquet", index=False)


def flip(path: Path, at: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 0x10
    path.write_bytes(content)


def manifest(folder: Path, *names: str) -> None:
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in names
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")


@dataclass
class Case:
    """One bad input: how its files are written, the vars, and what must become of it.

    ``counted`` is the number of rows by reason in rejected_rows; all others must be used.
    ``says`` are words of the build's output; with ``fails`` they are words of an error.
    """

    write: Callable[[Path], object] | str | bytes
    fails: bool = False
    says: list[str] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    variables: dict = field(default_factory=dict)
    query: str = ""
    gives: list[tuple] = field(default_factory=list)
    select: str = "+input_check"
    rows: int = len(ROWS)


def write_two(first: str, second: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "orders-1.csv").write_text(first)
        (folder / "orders-2.csv").write_text(second)

    return write


def write_damaged(folder: Path) -> None:
    parquet(folder, frame())
    flip(folder / "orders.parquet", 0.9999)


def write_flipped_under_manifest(folder: Path) -> None:
    parquet(folder, frame())
    manifest(folder, "orders.parquet")
    flip(folder / "orders.parquet", 0.3)


def write_without_sum(folder: Path) -> None:
    parquet(folder, frame())
    (folder / "SHA256SUMS").write_text("")


def write_with_sum(folder: Path) -> None:
    parquet(folder, frame())
    manifest(folder, "orders.parquet")


def write_customers(customers: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "orders.csv").write_text(text())
        (folder / "customers.csv").write_text(customers)

    return write


def write_metrics(metrics: pd.DataFrame) -> Callable[[Path], None]:
    return lambda folder: metrics.to_parquet(folder / "metrics.parquet", index=False)


METRICS = pd.DataFrame(
    {
        "customer_id": range(60),
        "visits": [float(n % 17) for n in range(60)],
        "value": [float(n * n % 31) for n in range(60)],
    }
)
MALFORMED = "select line, column_name, rejected_value from accounting.rejected_rows"
ALL_GLOB = {"order_lines": "orders-*.csv"}
IN_PARQUET = {"order_lines": "orders.parquet"}
HEAD = ",".join(COLUMNS)
HALF = len(ROWS) // 2
RENAMED = text(columns=["CustNo", *COLUMNS[1:]])
AMOUNT = "select amount from orders.checked_order_lines where order_id = 'o10'"
CUSTOMER = "select customer_id from orders.checked_order_lines where order_id = 'o10'"
ORDERED = (
    "select cast(ordered_at as varchar) from orders.checked_order_lines where order_id = 'o10'"
)


def malformed(column: str, value: str, reason: str | None = None) -> Case:
    return Case(
        with_value(column, f'"{value}"'),
        counted={reason or f"{column}_malformed": 1},
        query=MALFORMED,
        gives=[(12, column, value)],
    )


def identifier(value: str, kept: str | None = None) -> Case:
    return Case(with_value("customer_id", f'"{value}"'), query=CUSTOMER, gives=[(kept or value,)])


CASES = {
    # The file.
    "path without a file": Case(
        "",
        True,
        ["no file matches", "correct the path"],
        variables={"order_lines": "nothing-*.csv"},
    ),
    "neither order lines nor metrics": Case(
        text(), True, ["give the var order_lines"], variables={"order_lines": "none"}
    ),
    "order lines and metrics at once": Case(
        text(), True, ["not both"], variables={"customer_metrics": "orders.csv"}
    ),
    "empty file": Case("", True, ["orders.csv is empty", "export it again"]),
    "header only": Case(HEAD + "\n", True, ["no row can be used, of 0"]),
    "header only, without a line end": Case(HEAD, True, ["no row can be used, of 0"]),
    "an unknown ending": Case(
        lambda folder: (folder / "orders.xlsx").write_text("x"),
        True,
        ["orders.xlsx", "give one of .csv"],
        variables={"order_lines": "orders.xlsx"},
    ),
    "CSV and Parquet under one glob": Case(
        lambda folder: (parquet(folder, frame()), (folder / "orders.csv").write_text(text())),
        True,
        ["matches CSV and Parquet"],
        variables={"order_lines": "orders.*"},
    ),
    "gzip": Case(
        lambda folder: (folder / "orders.csv.gz").write_bytes(gzip.compress(text().encode())),
        variables={"order_lines": "orders.csv.gz"},
    ),
    "gzip cut short": Case(
        lambda folder: (folder / "orders.csv.gz").write_bytes(gzip.compress(text().encode())[:-20]),
        True,
        ["orders.csv.gz is cut short"],
        variables={"order_lines": "orders.csv.gz"},
    ),
    "CSV cut short in its last line": Case(
        text()[:-8],
        counted={"line_unreadable": 1},
        query=MALFORMED.replace("column_name, rejected_value", "file is not null"),
        gives=[(401, True)],
    ),
    "another delimiter": Case(
        text(delimiter=";"), True, ["seem to be separated by ';'", "set the var delimiter"]
    ),
    "another delimiter, declared": Case(text(delimiter=";"), variables={"delimiter": ";"}),
    "tabulators, declared": Case(text(delimiter="\t"), variables={"delimiter": "tab"}),
    "Latin-1 as UTF-8": Case(
        with_value("customer_id", "Müller").encode("latin-1"),
        True,
        ["orders.csv, line 12", "byte 0xfc", "set the var encoding"],
    ),
    "Latin-1, declared": Case(
        with_value("customer_id", "Müller").encode("latin-1"),
        variables={"encoding": "latin-1"},
        query=CUSTOMER,
        gives=[("Müller",)],
    ),
    "UTF-16 as UTF-8": Case(
        text().encode("utf-16"), True, ["orders.csv, line 1", "set the var encoding"]
    ),
    "UTF-16, declared": Case(text().encode("utf-16"), variables={"encoding": "utf-16"}),
    "a byte order mark": Case(b"\xef\xbb\xbf" + text().encode()),
    "a character 0": Case(
        with_value("customer_id", "a\0b"), True, ["orders.csv, line 12", "character 0"]
    ),
    # Lines and quotes.
    "CR LF": Case(text().replace("\n", "\r\n").encode()),
    "mixed line ends": Case(
        text().replace("\n", "\r\n", 5).encode(),
        True,
        ["orders.csv, line 6: the line ends with LF, those before with CR LF"],
    ),
    "LF inside quotes in a CR LF file": Case(
        with_value("order_id", '"a\nb"').replace("\n", "\r\n").replace("a\r\nb", "a\nb").encode()
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
    "a quote that is not closed": Case(
        with_value("order_id", '"open'),
        True,
        ["orders.csv, line 12: a quote is not closed", "export the file again"],
    ),
    "text after a closing quote": Case(
        with_value("order_id", '"o"10'),
        True,
        ["orders.csv, line 12: a quote is not closed or stands inside a value"],
    ),
    "a line with too few columns": Case(
        text().replace(",".join(ROWS[10]), "0010,2024-01-01", 1),
        counted={"line_unreadable": 1},
        query="select line, rejected_value from accounting.rejected_rows",
        gives=[(12, "missing columns")],
    ),
    "a line with too many columns": Case(
        with_value("discount_amount", "1,2"),
        counted={"line_unreadable": 1},
        query="select line from accounting.rejected_rows",
        gives=[(12,)],
    ),
    # Columns.
    "a required column is missing": Case(
        text([row[1:] for row in ROWS], COLUMNS[1:]),
        True,
        ["no column 'customer_id'", "the file has 'ordered_at'"],
    ),
    "an optional column is missing": Case(
        text([row[:5] for row in ROWS], COLUMNS[:5]),
        says=["switched off: Discount share, because", "no segment can be named price-sensitive"],
    ),
    "a further column": Case(
        text([[*row, "x"] for row in ROWS], [*COLUMNS, "store"]), says=["column store is ignored"]
    ),
    "lines that differ in a further column only": Case(
        text([*[[*row, "x"] for row in ROWS], [*ROWS[0], "y"]], [*COLUMNS, "store"]), rows=401
    ),
    "a renamed column": Case(RENAMED, True, ["no column 'customer_id'", "'CustNo'", "Map it"]),
    "a renamed column, mapped": Case(
        RENAMED,
        variables={"columns": {"order_lines": {"customer_id": "CustNo"}}},
        says=["column CustNo is customer_id"],
    ),
    "a column mapped to a name that the file has not": Case(
        text(),
        True,
        ["no column 'Nr'", "is to be order_id"],
        variables={"columns": {"order_lines": {"order_id": "Nr"}}},
    ),
    "a mapping of an unknown column": Case(
        text(),
        True,
        ["'price' is no column of the input contract"],
        variables={"columns": {"order_lines": {"price": "amount"}}},
    ),
    "two columns mapped to one": Case(
        text(),
        True,
        ["both mapped to 'amount'"],
        variables={"columns": {"order_lines": {"unit_price": "amount"}}},
    ),
    "columns in another order": Case(
        text([row[::-1] for row in ROWS], COLUMNS[::-1]),
        query=AMOUNT,
        gives=[(float(ROWS[10][3]),)],
    ),
    "names in other letters": Case(text(columns=[f" {name.upper()} " for name in COLUMNS])),
    "a column twice": Case(
        text([[*row, row[3]] for row in ROWS], [*COLUMNS, "amount"]), True, ["'amount' twice"]
    ),
    "a column without a name": Case(
        text([[*row, "x"] for row in ROWS], [*COLUMNS, ""]), True, ["column 7 has no name"]
    ),
    "files of one glob in another order": Case(
        write_two(text(ROWS[:HALF]), text([row[::-1] for row in ROWS[HALF:]], COLUMNS[::-1])),
        variables=ALL_GLOB,
    ),
    "files of one glob, one without a column": Case(
        write_two(text(ROWS[:HALF]), text([row[:5] for row in ROWS[HALF:]], COLUMNS[:5])),
        variables=ALL_GLOB,
        says=["only 1 of 2 files have it"],
    ),
    # Dates.
    "a date that does not exist": malformed("ordered_at", "2024-02-30"),
    "a date in words": malformed("ordered_at", "yesterday"),
    "a date without its zeros": malformed("ordered_at", "2024-1-5"),
    "a missing date": Case(with_value("ordered_at", ""), counted={"ordered_at_missing": 1}),
    "day/month dates": Case(
        every_value("ordered_at", european),
        True,
        ["400 of 400 rows are malformed", "date_format", "ordered_at = "],
    ),
    "day/month dates, declared": Case(
        every_value("ordered_at", european), variables={"date_format": "%d/%m/%Y"}
    ),
    "day/month dates, declared the wrong way": Case(
        every_value("ordered_at", european),
        True,
        ["rows are malformed", "ordered_at_malformed"],
        variables={"date_format": "%m/%d/%Y"},
    ),
    "a time zone": Case(
        with_value("ordered_at", "2024-03-01T00:30:00+02:00"),
        query=ORDERED,
        gives=[("2024-02-29 22:30:00",)],
    ),
    "a time in Z": Case(
        with_value("ordered_at", "2024-03-01T00:30:00Z"),
        query=ORDERED,
        gives=[("2024-03-01 00:30:00",)],
    ),
    "a date in the future": Case(
        with_value("ordered_at", "2999-01-01"),
        variables={"as_of": "default"},
        counted={"after_as_of": 1},
        query="select cast(as_of as varchar) from orders.as_of_date",
        gives=[("2024-12-27",)],
    ),
    # Numbers.
    "a word for an amount": malformed("amount", "abc"),
    "NaN": malformed("amount", "NaN"),
    "infinity": malformed("amount", "inf"),
    "a huge amount": malformed("amount", "1e20"),
    "an exponent": Case(with_value("amount", "1.5e2"), query=AMOUNT, gives=[(150,)]),
    "a negative amount": Case(
        with_value("amount", "-5"),
        query="select is_return from orders.checked_order_lines where order_id = 'o10'",
        gives=[(True,)],
    ),
    "a decimal comma": malformed("amount", "1,5"),
    "a decimal comma, declared": Case(
        every_value("amount", lambda value: f'"{value.replace(".", ",")}"'),
        variables={"decimal_sign": "comma"},
        query=AMOUNT,
        gives=[(float(ROWS[10][3]),)],
    ),
    "signs of thousands": malformed("amount", "1,234.50"),
    "signs of thousands, declared": Case(
        with_value("amount", '"1,234.50"'),
        variables={"thousands_sign": "comma"},
        query=AMOUNT,
        gives=[(1234.5,)],
    ),
    "a decimal comma where thousands are declared": Case(
        with_value("amount", '"1,5"'),
        variables={"thousands_sign": "comma"},
        counted={"amount_malformed": 1},
    ),
    "a currency sign": malformed("amount", "$5.00"),
    "a currency sign, declared": Case(
        with_value("amount", "$5.00"), variables={"currency_sign": "$"}, query=AMOUNT, gives=[(5,)]
    ),
    "a word for a quantity": malformed("quantity", "two"),
    "a quantity that is no number of units": Case(
        with_value("quantity", "5000"),
        query="select is_quantity_set_aside from orders.checked_order_lines where order_id = 'o10'",
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
        query="select count(distinct customer_id) from orders.checked_order_lines where lower(customer_id) = 'abc'",
        gives=[(2,)],
    ),
    "ids in unicode": identifier("Ж-客户-é"),
    "ids that carry SQL": identifier("'; drop schema cleaning cascade; --"),
    "ids too long for a number": identifier("123456789012345678901234567890"),
    "a missing id": Case(with_value("customer_id", " "), counted={"customer_id_missing": 1}),
    "duplicate lines": Case(
        text([*ROWS, ROWS[0], ROWS[1], ROWS[1]]), counted={"duplicate_row": 3}, rows=403
    ),
    "cancelled orders": Case(
        with_value("order_id", "C10"),
        variables={"cancelled_order_pattern": "C.*"},
        counted={"cancelled_order": 1},
    ),
    "conflicting customers": Case(
        write_customers("customer_id,country\n0001,DE\n0001,AT\n0002,DE\n0002,DE\n"),
        variables={"customers": "customers.csv"},
        counted={"superseded_row": 1, "duplicate_row": 1},
        query="select attribute_value from customers.customer_attributes where customer_id = '0001' and attribute = 'country'",
        gives=[("DE",)],
    ),
    "conflicting customers with dates": Case(
        write_customers("customer_id,country,updated_at\n0001,DE,2024-01-01\n0001,AT,2024-02-01\n"),
        variables={"customers": "customers.csv"},
        counted={"superseded_row": 1},
        query="select attribute_value from customers.customer_attributes where customer_id = '0001' and attribute = 'country'",
        gives=[("AT",)],
    ),
    "customers with a name each": Case(
        write_customers("customer_id,name\n" + "".join(f"{n:04d},n{n}\n" for n in range(60))),
        variables={"customers": "customers.csv"},
        says=["switched off: the profile by name"],
    ),
    "one customer": Case(
        text([["0001", *row[1:]] for row in ROWS]),
        True,
        ["is constant", "is_clustered"],
        select="+segment_fit",
    ),
    "one order each": Case(
        text([[f"{at:04d}", *row[1:]] for at, row in enumerate(ROWS)]),
        True,
        ["feature 'orders' is constant", "is_clustered"],
        select="+segment_fit",
    ),
    # Parquet.
    "Parquet": Case(lambda folder: parquet(folder, frame()), variables=IN_PARQUET),
    "Parquet that is none": Case(
        lambda folder: (folder / "orders.parquet").write_text(text()),
        True,
        ["cannot be read as Parquet"],
        variables=IN_PARQUET,
    ),
    "Parquet damaged at its end": Case(
        write_damaged, True, ["cannot be read as Parquet"], variables=IN_PARQUET
    ),
    "Parquet with a flipped bit, under a manifest": Case(
        write_flipped_under_manifest,
        True,
        ["has the sha256", "damaged or has changed"],
        variables=IN_PARQUET | {"checksums": "SHA256SUMS"},
    ),
    "a file that the manifest does not name": Case(
        write_without_sum,
        True,
        ["is not in the manifest"],
        variables=IN_PARQUET | {"checksums": "SHA256SUMS"},
    ),
    "Parquet as the manifest says": Case(
        write_with_sum, variables=IN_PARQUET | {"checksums": "SHA256SUMS"}
    ),
    "Parquet with a time zone": Case(
        lambda folder: parquet(
            folder,
            frame().assign(
                ordered_at=lambda data: data["ordered_at"].dt.tz_localize("Europe/Berlin")
            ),
        ),
        variables=IN_PARQUET,
        query=ORDERED,
        gives=[(str(pd.Timestamp(ROWS[10][1]) - pd.Timedelta(hours=1)),)],
    ),
    "Parquet with ids as floats": Case(
        lambda folder: parquet(
            folder, frame().assign(customer_id=lambda data: data["customer_id"].astype("float64"))
        ),
        variables=IN_PARQUET,
        query=CUSTOMER,
        gives=[("10",)],
    ),
    "Parquet with dates as numbers": Case(
        lambda folder: parquet(
            folder, frame().assign(ordered_at=lambda data: data["ordered_at"].astype("int64"))
        ),
        True,
        ["column 'ordered_at': its type is integer"],
        variables=IN_PARQUET,
    ),
    "Parquet with NaN and infinity": Case(
        lambda folder: parquet(
            folder,
            frame().assign(
                amount=lambda data: data["amount"].where(data.index != 10, float("inf"))
            ),
        ),
        variables=IN_PARQUET,
        counted={"amount_malformed": 1},
        query=MALFORMED,
        gives=[(11, "amount", "inf")],
    ),
    "a bad value after a line with an empty column too many": Case(
        with_value("amount", "abc").replace("\n", ",\n").replace(",\n", "\n", 1),
        counted={"amount_malformed": 1},
        query=MALFORMED,
        gives=[(12, "amount", "abc")],
    ),
    "an unreadable line after a value of two lines": Case(
        text().replace(",".join(ROWS[10]), "0010,2024-01-01", 1).replace("o3,", '"o\n3",', 1),
        counted={"line_unreadable": 1},
        query="select line from accounting.rejected_rows",
        gives=[(13,)],
    ),
    "the contents of two columns swapped": Case(
        text([[row[1], row[0], *row[2:]] for row in ROWS]),
        True,
        ["400 of 400 rows are malformed", "ordered_at_malformed, such as file"],
    ),
    "a mapped id beside a column of the contract's name": Case(
        write_customers("customer_id,CustNo,city\nx0,0000,Ulm\nx1,0001,Bonn\n"),
        variables={
            "customers": "customers.csv",
            "columns": {"customers": {"customer_id": "CustNo"}},
        },
        query="select customer_id, attribute_value from customers.customer_attributes where attribute = 'city' order by 1",
        gives=[("0000", "Ulm"), ("0001", "Bonn")],
    ),
    "a malformed row beside a good one of the same customer": Case(
        write_customers(
            "customer_id,country,updated_at\n0001,DE,2024-01-01\n0001,ZZ,soon\n"
            + "".join(f"c{n},DE,2024-01-01\n" for n in range(200))
        ),
        variables={"customers": "customers.csv"},
        counted={"updated_at_malformed": 1},
        query="select attribute_value from customers.customer_attributes where customer_id = '0001' and attribute = 'country'",
        gives=[("DE",)],
    ),
    "attributes named as columns of our own": Case(
        write_customers("customer_id,reason,version\n0001,moved,1\n0002,moved,2\n"),
        variables={"customers": "customers.csv"},
        query="select count(*) from customers.customer_attributes where attribute_value = 'moved'",
        gives=[(2,)],
    ),
    "a file name with a bracket": Case(
        lambda folder: (folder / "orders[1].csv").write_text(text()),
        True,
        ["its path holds one of * ? [", "rename it"],
        variables={"order_lines": "orders*.csv"},
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
        query="select line from accounting.rejected_rows",
        gives=[(12,)],
    ),
    "a negative price": Case(
        text(
            [[*row[:3], "", row[4], row[5], "-2" if row[2] == "o10" else "2"] for row in ROWS],
            [*COLUMNS, "unit_price"],
        ),
        query="select is_return from orders.checked_order_lines where order_id = 'o10'",
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
    "a currency sign inside": Case(
        with_value("amount", "1$2"),
        variables={"currency_sign": "$"},
        counted={"amount_malformed": 1},
    ),
    "dates all in the future": Case(
        every_value("ordered_at", lambda day: day.replace("2024", "2999")),
        True,
        ["no row can be used"],
        variables={"as_of": "default"},
    ),
    "ids missing as NaN": Case(
        lambda folder: parquet(
            folder,
            frame().assign(
                customer_id=lambda data: (
                    data["customer_id"].astype("float64").where(data.index != 10)
                )
            ),
        ),
        variables=IN_PARQUET,
        counted={"customer_id_missing": 1},
    ),
    "metrics named as words of SQL": Case(
        write_metrics(METRICS.rename(columns={"visits": "Limit", "value": "Order"})),
        variables={"order_lines": "none", "customer_metrics": "metrics.parquet"},
        says=["column Limit is a metric"],
        select="+segment_fit",
    ),
    "a metric too large to add up": Case(
        write_metrics(METRICS.assign(value=METRICS["value"].where(METRICS.index != 3, 1e19))),
        variables={
            "order_lines": "none",
            "customer_metrics": "metrics.parquet",
            "max_rejected_share": 0.05,
        },
        counted={"metric_malformed": 1},
        select="+segment_fit",
    ),
    "an unknown var": Case(
        text(), True, ["var thousand_sign is not known"], variables={"thousand_sign": "point"}
    ),
    "a day that does not exist as as_of": Case(
        text(), True, ["var as_of is", "2024-02-30"], variables={"as_of": "2024-02-30"}
    ),
    "an unknown code of a date": Case(
        text(), True, ["var date_format is"], variables={"date_format": "%d %Q %Y"}
    ),
    # Metrics.
    "an infinite metric": Case(
        write_metrics(
            METRICS.assign(value=METRICS["value"].where(METRICS.index != 3, float("inf")))
        ),
        True,
        ["feature 'metric_value' is infinite for 1 customers", "correct the input"],
        variables={"order_lines": "none", "customer_metrics": "metrics.parquet"},
        select="+segment_fit",
    ),
    "metrics without a number": Case(
        write_metrics(METRICS[["customer_id"]].assign(city="Ulm")),
        True,
        ["no column reads as numbers"],
        variables={"order_lines": "none", "customer_metrics": "metrics.parquet"},
    ),
    "a metric that the file has not": Case(
        write_metrics(METRICS),
        True,
        ['"height" is no column of customer_metrics'],
        variables={
            "order_lines": "none",
            "customer_metrics": "metrics.parquet",
            "metrics": ["height"],
        },
    ),
}

HOSTILE_VARS = [
    ("order_lines", "orders.csv'); drop schema cleaning cascade; --"),
    ("order_lines", "orders.csv') union all select * from read_text('/etc/passwd"),
    ("order_lines", "table:a.b.c; drop schema cleaning"),
    ("order_lines", "ref:orders') }} drop schema cleaning"),
    ("customers", "ref:a.b.c"),
    ("order_lines", "{{ run_query('drop schema cleaning cascade') }}"),
    ("customers", 'x.csv"; drop schema cleaning; --'),
    ("customer_metrics", "x.csv/* */'"),
    ("checksums", "sums'; drop schema cleaning; --"),
    ("columns", {"order_lines": "customer_id"}),
    ("columns", {"order_lines": {"customer_id": 'x"; drop schema cleaning cascade; --'}}),
    ("metrics", ['value"; drop schema cleaning; --']),
    ("profile_attributes", ['age", (select 1) as "x']),
    ("delimiter", "','); drop schema cleaning; --"),
    ("encoding", "utf-8', filename='/etc/passwd"),
    ("date_format", "%d%m%Y'); drop schema cleaning; --"),
    ("currency_sign", "'"),
    ("cancelled_order_pattern", "C.*') then 1 end; drop schema cleaning; --"),
    ("max_rejected_share", "1 or 1=1"),
    ("as_of", "2024-01-01'; drop schema cleaning cascade; --"),
    ("min_orders", "1; drop schema cleaning cascade"),
    ("k", "{{ env_var('HOME') }}"),
    ("report", "../../../../etc/x.html; rm -rf /"),
    # Not hostile, but they would stop each release, or never warn.
    ("drift_stop", 0),
    ("drift_warn", 0.3),
    ("share_shift_warn", 0.4),
]


def run_case(case: Case, folder: Path) -> Build:
    folder.mkdir()
    if callable(case.write):
        case.write(folder)
    elif isinstance(case.write, bytes):
        (folder / "orders.csv").write_bytes(case.write)
    else:
        (folder / "orders.csv").write_bytes(case.write.encode())
    variables = {"input": "files", "order_lines": "orders.csv", "as_of": AS_OF} | case.variables
    for name in ("order_lines", "customers", "customer_metrics", "checksums"):
        if variables.get(name, "none") != "none":
            variables[name] = str(folder / variables[name])
    return dbt_build(folder, select=case.select, tests=False, **variables)


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Build]:
    folder = tmp_path_factory.mktemp("cases")
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = {
            name: pool.submit(run_case, case, folder / f"case-{number}")
            for number, (name, case) in enumerate(CASES.items(), start=1)
        }
        return {name: run.result() for name, run in runs.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_input_ends_in_its_expected_way(name: str, builds: dict[str, Build]) -> None:
    case, build = CASES[name], builds[name]
    output = " ".join(build.output.split())
    for words in case.says:
        assert words in output, build.output
    if case.fails:
        assert build.returncode != 0, build.output
        return
    assert build.returncode == 0, build.output
    counted = build.rows("select reason, count(*) from accounting.rejected_rows group by reason")
    assert dict(counted) == case.counted
    # Nothing is lost: every row that was read is used or counted.
    if case.variables.get("customer_metrics", "none") == "none":
        used, read = build.rows(
            "select count(*) filter (reason is null), count(*) from orders.checked_order_lines"
        )[0]
        of_lines = dict(
            build.rows(
                "select reason, count(*) from accounting.rejected_rows "
                "where source = 'order_lines' group by reason"
            )
        )
        assert used + sum(of_lines.values()) - of_lines.get("line_unreadable", 0) == read
        assert read + of_lines.get("line_unreadable", 0) == case.rows
    if case.query:
        assert build.rows(case.query) == case.gives


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
        "is counted stands in `accounting.rejected_rows` with its file, line, column and value; every",
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


@pytest.fixture(scope="module")
def hostile_builds(tmp_path_factory: pytest.TempPathFactory) -> list[Build]:
    folder = tmp_path_factory.mktemp("hostile")

    def run(number: int) -> Build:
        name, value = HOSTILE_VARS[number]
        own = folder / str(number)
        own.mkdir()
        (own / "orders.csv").write_text(text())
        variables = {"input": "files", "order_lines": str(own / "orders.csv"), name: value}
        return dbt_build(own, select="+input_check", tests=False, **variables)

    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(run, range(len(HOSTILE_VARS))))


@pytest.mark.parametrize("number", range(len(HOSTILE_VARS)))
def test_a_hostile_var_never_runs(number: int, hostile_builds: list[Build]) -> None:
    name, value = HOSTILE_VARS[number]
    build = hostile_builds[number]
    assert build.returncode != 0
    assert (
        f"var {name}" in build.output
        or repr(value.get("order_lines")) in build.output
        or (str(value["order_lines"]["customer_id"]) in build.output)
    )
    assert "root:" not in build.output
    # Nothing was read: not one row of the input reached the warehouse.
    assert (
        not build.warehouse.exists()
        or build.rows(
            "select table_name from information_schema.tables where table_name = 'checked_order_lines'"
        )
        == []
    )
