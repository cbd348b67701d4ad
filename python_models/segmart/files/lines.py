"""The lines of CSV files: those that cannot be read, and the one that each row begins at."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd

from segmart import SegmentationError, shown
from segmart.files.content import DELIMITERS, opened, parquet_columns, time_out_of_range
from segmart.files.queries import identifier

UNREADABLE_COLUMNS = {
    "source": "string",
    "source_file": "string",
    "line": "int64",
    "source_row": "int64",
    "problem": "string",
    "line_text": "string",
}


def unreadable_lines(
    files: pd.DataFrame,
    *,
    delimiter: str,
    encoding: str,
    title_lines: int = 0,
    is_text_shown: bool,
    threads: int,
) -> pd.DataFrame:
    """Read every file to its end and return the lines of CSV files that no column takes.

    Args:
        files: input, file, lines, source and unreadable_source, one row a file, as
            ``columns.file_columns`` gives them.
        delimiter: of CSV files, one character or ``tab``.
        encoding: of CSV files.
        title_lines: lines above the header of each CSV file.
        is_text_shown: whether the lines themselves are kept; where customers are to be forgotten
            they are not, since nobody can tell whose they are.
        threads: of DuckDB.

    Returns:
        ``UNREADABLE_COLUMNS``: source (the input), source_file, line (from 1, the header's counted;
        a row that spans lines counts as one), source_row (-1 for the first such line of the file,
        -2 for the second), problem, line_text.

    Raises:
        SegmentationError: DuckDB cannot read a file, or has not read all of its lines.
    """
    found = []
    with duckdb.connect(config={"threads": threads}) as connection:
        for file in files.itertuples():
            is_csv = pd.notna(file.unreadable_source)
            read = file.unreadable_source if is_csv else file.source
            # Of CSV every byte has been looked at. Statistics would answer for Parquet: the hash
            # makes DuckDB read its values.
            counted = "count(*)" if is_csv else "count(*), bit_xor(hash(columns(*)))"
            try:
                rows = connection.execute(f"select {counted} from {read}").fetchall()[0][0]  # noqa: S608 - counted is one of the two texts above, and queries.source quoted the path
            except duckdb.Error as error:
                if not is_csv:
                    _check_columns(connection, file.file, read)
                raise SegmentationError(_damaged(f"file {file.file}", error)) from None
            if not is_csv:
                continue
            unreadable = _of_last_scan(connection)
            if title_lines + 1 + rows + len(unreadable) != file.lines:
                records = _records(Path(file.file), delimiter, encoding, title_lines)
                _check_that_all_is_read(file.file, rows, unreadable, records)
            found += [
                (file.input, file.file, line, -number, problem, line_text)
                for number, (line, problem, line_text) in enumerate(unreadable, start=1)
            ]
    frame = pd.DataFrame(found, columns=list(UNREADABLE_COLUMNS)).astype(UNREADABLE_COLUMNS)
    return frame if is_text_shown else frame.assign(line_text="(a line that cannot be read)")


def _damaged(what: str, error: Exception) -> str:
    return (
        f"{what} cannot be read ({str(error).splitlines()[0]}): it is damaged or of another kind; "
        "copy or export it again"
    )


def _check_columns(connection: duckdb.DuckDBPyConnection, file: str, source: str) -> None:
    """Name the column of a Parquet file that cannot be read, and a time that is none to DuckDB."""
    for column, _ in parquet_columns(Path(file))[0]:
        try:
            connection.execute(f"select bit_xor(hash({identifier(column)})) from {source}")  # noqa: S608 - the name is quoted by identifier(), the path by queries.source
        except duckdb.Error as error:
            where = f"file {file}, column {shown(column)!r}"
            found = time_out_of_range(Path(file), column)
            if found is None:
                raise SegmentationError(_damaged(where, error)) from None
            row, value = found
            raise SegmentationError(
                f"{where}, row {row}: {value} milliseconds since 1970 is a time that no calendar "
                "reaches: write null or a real date there"
            ) from None


def _of_last_scan(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str, str]]:
    """Line, problem and text of what DuckDB could not read of a file; then it forgets them."""
    found = connection.execute(
        "select cast(line as bigint), min(cast(error_type as varchar)), min(csv_line) "
        "from reject_errors group by line order by line"
    ).fetchall()
    connection.execute("delete from reject_errors")
    return found


def _check_that_all_is_read(
    file: str,
    rows: int,
    unreadable: list[tuple[int, str, str]],
    records: Iterator[tuple[int, str]],
) -> None:
    """Hold what DuckDB has read against the file line by line, so that nothing is lost unseen.

    Their numbers may differ from that of the lines: blank lines are no rows, and a value in quotes
    may have several.
    """
    if any(problem == "UNQUOTED VALUE" for _, problem, _ in unreadable):
        # What is after an open quote is lost: the look at the input names the line.
        return
    expected = sum(kind != "blank" for _, kind in records)
    if rows + len(unreadable) != expected:
        raise SegmentationError(
            f"file {file}: it has {expected} rows below its header, and {rows} of them were read; "
            f"{len(unreadable)} more have too few or too many columns. The others would be lost: "
            "export the file again, in UTF-8"
        )


def line_numbers(
    rows: pd.DataFrame, *, delimiter: str, encoding: str, title_lines: int = 0
) -> pd.DataFrame:
    """The line of each row of a CSV file; a row may span lines, and blank lines are no rows.

    Args:
        rows: source_file and source_row (from 1, without the header) of CSV files, sorted by both.
            A negative row is an unreadable one: -1 the first of the file.
        delimiter: of CSV files.
        encoding: of CSV files, as ``content.known_encoding`` takes it.
        title_lines: lines above the header of each.

    Returns:
        source_file, source_row, line (from 1, the header's line counted).
    """
    found = []
    for name, of_file in rows.groupby("source_file"):
        wanted = set(of_file["source_row"].astype(int))
        missing = len(wanted)
        counts = {"row": 0, "unreadable": 0, "blank": 0}
        for line, kind in _records(Path(str(name)), delimiter, encoding, title_lines):
            counts[kind] += 1
            number = {"row": 1, "unreadable": -1, "blank": 0}[kind] * counts[kind]
            if number in wanted:
                found.append((str(name), number, line))
                missing -= 1
                if not missing:
                    break
    frame = pd.DataFrame(found, columns=["source_file", "source_row", "line"])
    return frame.astype({"source_file": "string", "source_row": "int64", "line": "int64"})


def _records(
    path: Path, delimiter: str, encoding: str, title_lines: int
) -> Iterator[tuple[int, str]]:
    """The line that each record below the header begins at, and whether it is a row."""
    csv.field_size_limit(sys.maxsize)
    with opened(path, encoding) as file:
        for _ in range(title_lines):
            next(file, None)
        reader = csv.reader(file, delimiter=DELIMITERS.get(delimiter, delimiter))
        width = len(next(reader))
        begins = title_lines + reader.line_num + 1
        for fields in reader:
            # DuckDB takes empty values after the last column as none at all.
            while len(fields) > width and not fields[-1]:
                fields.pop()
            # In a file of one column a blank line is a row.
            if len(fields) == width or (width == 1 and not fields):
                yield begins, "row"
            else:
                yield begins, "unreadable" if fields else "blank"
            begins = title_lines + reader.line_num + 1
