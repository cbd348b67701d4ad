"""The line of each row of a CSV file."""

import csv
import gzip
import sys
from pathlib import Path

import pandas as pd

from segmart.files.content import DELIMITERS, ENCODINGS


def line_numbers(rows: pd.DataFrame, *, delimiter: str, encoding: str) -> pd.DataFrame:
    """The line of each row of a CSV file; a row may span lines, and blank lines are no rows.

    Args:
        rows: source_file and source_row (from 1, without the header) of CSV files, sorted by both.
            A negative row is an unreadable one: -1 the first of the file.
        delimiter: of CSV files.
        encoding: of CSV files, a key of ``ENCODINGS``.

    Returns:
        source_file, source_row, line (from 1, the header's line counted).
    """
    csv.field_size_limit(sys.maxsize)
    found = []
    for name, of_file in rows.groupby("source_file"):
        path = Path(str(name))
        wanted = set(of_file["source_row"].astype(int))
        missing = len(wanted)
        opened = gzip.open if path.name.lower().endswith(".gz") else open
        with opened(path, "rt", encoding=ENCODINGS[encoding], newline="") as file:
            reader = csv.reader(file, delimiter=DELIMITERS.get(delimiter, delimiter))
            width = len(next(reader))
            row, unreadable, begins = 0, 0, reader.line_num + 1
            for fields in reader:
                # DuckDB takes empty values after the last column as none at all.
                while len(fields) > width and not fields[-1]:
                    fields.pop()
                # In a file of one column a blank line is a row.
                if len(fields) == width or (width == 1 and not fields):
                    row += 1
                    number = row
                elif fields:
                    unreadable -= 1
                    number = unreadable
                else:
                    number = 0
                if number in wanted:
                    found.append((str(name), number, begins))
                    missing -= 1
                    if not missing:
                        break
                begins = reader.line_num + 1
    frame = pd.DataFrame(found, columns=["source_file", "source_row", "line"])
    return frame.astype({"source_file": "string", "source_row": "int64", "line": "int64"})
