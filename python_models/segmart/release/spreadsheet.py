"""A published table as a CSV file that a spreadsheet opens and that cannot act there.

``python -m segmart.release.spreadsheet serve/dev customer_segments customers.csv``
"""

import csv
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

# A cell that begins so is a formula to a spreadsheet, also with the wide signs of East Asia:
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def inert(value: Any) -> Any:
    """The value; a text that a spreadsheet would run as a formula gets an apostrophe in front."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


def write_spreadsheet(table: Path, target: Path) -> int:
    """Write a Parquet file as CSV, in UTF-8 with the mark that spreadsheets want; return its rows.

    Raises:
        FileNotFoundError: there is no such table.
    """
    rows = pq.read_table(table)
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(rows.column_names)
        for row in rows.to_pylist():
            writer.writerow([inert(value) for value in row.values()])
    return len(rows)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit("usage: python -m segmart.release.spreadsheet FOLDER TABLE FILE")
    folder = Path(sys.argv[1], "current").resolve()
    try:
        print(write_spreadsheet(folder / f"{sys.argv[2]}.parquet", Path(sys.argv[3])), "rows")
    except FileNotFoundError as error:
        raise SystemExit(f"{error.filename}: there is no such published table") from None
