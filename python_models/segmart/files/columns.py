"""What stands in a user's files, checked before SQL reads them.

SQL reads the rows. What it cannot do is said here: which file is none, cut short, in another
encoding or of mixed line ends, and which column of a file is which column of the input contract.
"""

import codecs
import csv
import glob
import gzip
import hashlib
import json
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from segmart import SegmentationError

# The input contract: columns that must be there, and those that may be.
CONTRACT = {
    "order_lines": (
        ("customer_id", "ordered_at"),
        (
            *("order_id", "amount", "quantity", "unit_price", "discount_amount"),
            *("product_id", "category", "is_return"),
        ),
    ),
    "customers": (("customer_id",), ("updated_at",)),
    "customer_metrics": (("customer_id",), ()),
}
# Inputs whose further columns are attributes or metrics; those of order_lines are ignored.
OPEN_INPUTS = ("customers", "customer_metrics")
FORMATS = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet"}
ENCODINGS = {"utf-8": "utf-8-sig", "latin-1": "latin-1", "utf-16": "utf-16"}
IDENTIFIERS = ("customer_id", "order_id", "product_id", "category")
NUMBERS = ("amount", "quantity", "unit_price", "discount_amount")
DELIMITERS = {"tab": "\t"}
CHUNK = 1 << 20
ROWS_A_PART = 1_000_000
COLUMN_TYPES = {
    "input": "string",
    "file_number": "int64",
    "file": "string",
    "file_format": "string",
    "lines": "int64",
    "bytes": "int64",
    "modified_at": "int64",
    "sha256": "string",
    "position": "int64",
    "column_name": "string",
    "column_type": "string",
    "contract_column": "string",
    "role": "string",
}


def file_columns(
    paths: dict[str, str],
    columns: dict[str, dict[str, str]],
    *,
    delimiter: str,
    encoding: str,
    checksums: str = "none",
) -> pd.DataFrame:
    """One row for each column of each file, in order.

    Args:
        paths: path or glob by input (a key of ``CONTRACT``); ``none`` for an input that is not
            given, and ``table:`` and its name for one that is a table.
        columns: by input, the file's name of each contract column that is named otherwise.
        delimiter: of CSV files, one character or ``tab``.
        encoding: of CSV files, a key of ``ENCODINGS``.
        checksums: path of a manifest as ``sha256sum`` writes it, or ``none``.

    Returns:
        input, file_number (from 1), file, file_format (csv or parquet), lines (of a CSV file, the
        header and blank ones counted; rows of a Parquet file), bytes, modified_at (nanoseconds
        since 1970), sha256 (None without ``checksums``), position (from 1), column_name,
        column_type (text for CSV), contract_column (None for a column that the contract does not
        name), role (contract, further or ignored).

    Raises:
        SegmentationError: a file or a column is missing or cannot be read; the message names the
            file, the line or column, and the remedy.
    """
    given = {name: path for name, path in paths.items() if path != "none"}
    _check_inputs(given)
    _check_mapping(columns, given)
    manifest = _manifest(Path(checksums)) if checksums != "none" else None
    rows = []
    for name, pattern in given.items():
        if pattern.startswith("table:"):
            continue
        for number, path in enumerate(_matching(name, pattern), start=1):
            file_format = _format(path)
            digest = None if manifest is None else _check_sum(path, manifest, checksums)
            if file_format == "csv":
                header, lines = _csv_header(path, DELIMITERS.get(delimiter, delimiter), encoding)
                found = [(column, "text") for column in header]
            else:
                found, lines = _parquet_columns(path)
            contract = _mapped(name, path, [column for column, _ in found], columns.get(name, {}))
            for position, (column, column_type) in enumerate(found, start=1):
                contract_column = contract.get(column)
                if contract_column:
                    _check_type(path, column, column_type, contract_column)
                    role = "contract"
                elif name in OPEN_INPUTS and column.casefold() not in _known(name):
                    role = "further"
                else:
                    # Also a column of a contract's name for which another one is mapped.
                    role = "ignored"
                rows.append(
                    {
                        "input": name,
                        "file_number": number,
                        "file": str(path),
                        "file_format": file_format,
                        "lines": lines,
                        "bytes": path.stat().st_size,
                        "modified_at": path.stat().st_mtime_ns,
                        "sha256": digest,
                        "position": position,
                        "column_name": column,
                        "column_type": column_type,
                        "contract_column": contract_column,
                        "role": role,
                    }
                )
    frame = pd.DataFrame(rows, columns=list(COLUMN_TYPES)).astype(COLUMN_TYPES)
    _check_formats(frame)
    return frame


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


def csv_rows(path: str, columns: list[str], *, delimiter: str, encoding: str) -> Iterator[pa.Table]:
    """The rows of a CSV file in parts, for an engine that cannot number them itself.

    Args:
        path: of the file.
        columns: names, in order.
        delimiter: one character or ``tab``.
        encoding: a key of ``ENCODINGS``.

    Yields:
        The columns as text, and file_row_number (from 0), without the rows that
        ``unreadable_lines`` has.
    """
    query = csv_query(columns, "ignore_errors = true")
    yield from _parts(
        f"select *, row_number() over () - 1 as file_row_number from {query}",  # noqa: S608 - names are quoted
        _csv_parameters(path, delimiter, encoding),
    )


def parquet_rows(path: str) -> Iterator[pa.Table]:
    """The rows of a Parquet file, or of those that a glob matches, and file_row_number (from 0)."""
    yield from _parts("select * from read_parquet(?, file_row_number = true)", [path])


def unreadable_lines(files: list[dict], *, delimiter: str, encoding: str) -> pa.Table:
    """The lines of CSV files that have no place in the columns.

    Args:
        files: path and columns of each file.
        delimiter, encoding: as for ``csv_rows``.

    Returns:
        source_file, line (from 1, the header's line counted; a row that spans lines counts as one),
        problem, line_text.
    """
    with duckdb.connect() as connection:
        for file in files:
            query = csv_query(file["columns"], "store_rejects = true, rejects_limit = 0")
            connection.execute(
                f"select count(columns(*)) from {query}",  # noqa: S608 - names are quoted
                _csv_parameters(file["path"], delimiter, encoding),
            ).fetchall()
        return connection.sql(
            "select scans.file_path as source_file, cast(errors.line as bigint) as line, "
            "min(cast(errors.error_type as varchar)) as problem, "
            "min(errors.csv_line) as line_text "
            "from reject_errors as errors inner join reject_scans as scans "
            "on errors.scan_id = scans.scan_id and errors.file_id = scans.file_id "
            "group by scans.file_path, errors.line order by all"
        ).to_arrow_table()


def csv_query(columns: list[str], rejects: str) -> str:
    """The call that reads a CSV file, as the macro file_source writes it.

    Its three parameters are path, delimiter and encoding.
    """
    names = ", ".join(f"'{name.replace(chr(39), 2 * chr(39))}': 'VARCHAR'" for name in columns)
    return (
        f"read_csv(?, auto_detect = false, header = true, columns = {{{names}}}, delim = ?, "
        f"quote = '\"', escape = '\"', strict_mode = true, encoding = ?, {rejects})"
    )


def _csv_parameters(path: str, delimiter: str, encoding: str) -> list[str]:
    return [path, "\t" if delimiter == "tab" else delimiter, encoding]


def _parts(query: str, parameters: list[str]) -> Iterator[pa.Table]:
    with duckdb.connect() as connection:
        reader = connection.sql(query, params=parameters).to_arrow_reader(ROWS_A_PART)
        yield reader.schema.empty_table()
        for batch in reader:
            yield pa.Table.from_batches([batch])


def parse_mapping(text: str) -> dict[str, dict[str, str]]:
    """The var ``columns`` from JSON text, checked: names of columns by contract column by input.

    Raises:
        SegmentationError: it is not of that shape.
    """
    mapping = json.loads(text)
    well_formed = isinstance(mapping, dict) and all(
        isinstance(of_input, dict)
        and all(isinstance(column, str) and column.strip() for column in of_input.values())
        for of_input in mapping.values()
    )
    if not well_formed:
        raise SegmentationError(
            f"var columns is {text}: give the name in the file of each contract column, by input, "
            "such as {order_lines: {customer_id: CustNo}}"
        )
    return mapping


def _known(name: str) -> list[str]:
    required, optional = CONTRACT[name]
    return [*required, *optional]


def _check_inputs(given: dict[str, str]) -> None:
    both = [name for name in ("order_lines", "customer_metrics") if name in given]
    if len(both) != 1:
        raise SegmentationError(
            "input is files: give the var order_lines or the var customer_metrics, "
            + ("not both" if both else "the path of a CSV or Parquet file")
        )


def _check_mapping(columns: dict[str, dict[str, str]], paths: dict[str, str]) -> None:
    for name, of_input in columns.items():
        if name not in CONTRACT:
            raise SegmentationError(
                f"var columns names the input {name!r}: inputs are {', '.join(CONTRACT)}"
            )
        if name not in paths:
            raise SegmentationError(
                f"var columns maps columns of {name}, but no file of it is given: set the var "
                f"{name}, or remove the mapping"
            )
        known = _known(name)
        for column in of_input:
            if column not in known:
                raise SegmentationError(
                    f"var columns, input {name}: {column!r} is no column of the input contract: "
                    f"allowed are {', '.join(known)}"
                )


def _matching(name: str, pattern: str) -> list[Path]:
    paths = [Path(path) for path in sorted(glob.glob(pattern, recursive=True))]
    paths = [path for path in paths if path.is_file()]
    for path in paths:
        if glob.has_magic(str(path)):
            raise SegmentationError(
                f"file {path}: its path holds one of * ? [, which stand for others; rename it"
            )
    if not paths:
        raise SegmentationError(
            f"var {name}: no file matches {pattern!r}, seen from {Path.cwd()}: correct the path"
        )
    return paths


def _format(path: Path) -> str:
    for ending, file_format in FORMATS.items():
        if path.name.lower().endswith(ending):
            return file_format
    raise SegmentationError(
        f"file {path}: the ending says nothing that can be read; give one of {', '.join(FORMATS)}"
    )


def _check_formats(frame: pd.DataFrame) -> None:
    for name, rows in frame.groupby("input"):
        if rows["file_format"].nunique() > 1:
            raise SegmentationError(
                f"var {name} matches CSV and Parquet files: {rows['file'].iloc[0]} and others; "
                "give a path that matches one kind"
            )


def _manifest(path: Path) -> dict[Path, str]:
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise SegmentationError(f"var checksums: {path} cannot be read: {error.strerror}") from None
    sums = {}
    for number, line in enumerate(lines, start=1):
        match = re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line)
        if not match:
            raise SegmentationError(
                f"file {path}, line {number}: {line!r} is no line of a manifest; write it with "
                "sha256sum"
            )
        sums[(path.parent / match[2]).resolve()] = match[1]
    return sums


def _check_sum(path: Path, manifest: dict[Path, str], checksums: str) -> str:
    expected = manifest.get(path.resolve())
    if expected is None:
        raise SegmentationError(f"file {path} is not in the manifest {checksums}: write it anew")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise SegmentationError(
            f"file {path} has the sha256 {found}, and the manifest {checksums} says {expected}: "
            "the file is damaged or has changed; copy it again, or write the manifest anew"
        )
    return found


def _chunks(path: Path) -> Iterator[bytes]:
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SegmentationError(
            f"file {path} is cut short or damaged ({error}): copy or export it again"
        ) from None


def _csv_header(path: Path, delimiter: str, encoding: str) -> tuple[list[str], int]:
    """The names in the first line of a CSV file and its lines, after a look at every byte of it."""
    decoder = codecs.getincrementaldecoder(ENCODINGS[encoding])()
    first_line, lines, seen = "", 0, False
    kinds = {"\r\n": 0, "\n": 0, "\r": 0}
    tail, is_ended = "", False
    for chunk in _chunks(path):
        seen = True
        try:
            text = tail + decoder.decode(chunk)
        except UnicodeError as error:
            before = getattr(error, "object", b"")[: getattr(error, "start", 0)]
            line = lines + _count_line_ends(before.decode("latin-1"))
            raise SegmentationError(
                f"file {path}, line {line + 1}: {_bad_bytes(error)} is not in the encoding "
                f"{encoding}: set the var encoding to one of {', '.join(ENCODINGS)}"
            ) from None
        if "\0" in text:
            line = lines + _count_line_ends(text[: text.index("\0")]) + 1
            raise SegmentationError(
                f"file {path}, line {line}: there is a character 0: if the file is UTF-16, set "
                "the var encoding to utf-16; else export it again"
            )
        # A line end may be cut in two by the end of the chunk.
        is_ended = text.endswith(("\r", "\n"))
        tail = "\r" if text.endswith("\r") else ""
        text = text.removesuffix("\r") if tail else text
        line_feeds, returns = text.count("\n"), text.count("\r")
        pairs = text.count("\r\n") if returns else 0
        kinds["\r\n"] += pairs
        kinds["\n"] += line_feeds - pairs
        kinds["\r"] += returns - pairs
        if not lines and "\n" not in first_line and "\r" not in first_line:
            first_line += text
        # As _count_line_ends has it, without a second count.
        lines += max(line_feeds, returns)
    kinds["\r"] += len(tail)
    if not seen or not first_line.strip():
        raise SegmentationError(
            f"file {path} is empty: it has not even a header; remove it, or export it again"
        )
    if sum(count > 0 for count in kinds.values()) > 1:
        _check_line_ends(path, encoding)
    header = re.split(r"[\r\n]", first_line, maxsplit=1)[0]
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
    return names, sum(kinds.values()) + (not is_ended)


def _count_line_ends(text: str) -> int:
    return max(text.count("\n"), text.count("\r"))


def _bad_bytes(error: UnicodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte 0x{error.object[error.start : error.start + 1].hex()}"
    return "what it begins with"


def _check_line_ends(path: Path, encoding: str) -> None:
    """Line ends inside quotes are part of a value; the others must be of one kind."""
    text = b"".join(_chunks(path)).decode(ENCODINGS[encoding])
    quoted, line, first = False, 1, None
    for match in re.finditer(r'"|\r\n|\n|\r', text):
        if match[0] == '"':
            quoted = not quoted
            continue
        if not quoted:
            first = first or match[0]
            if match[0] != first:
                names = {"\r\n": "CR LF", "\n": "LF", "\r": "CR"}
                raise SegmentationError(
                    f"file {path}, line {line}: the line ends with {names[match[0]]}, those before "
                    f"with {names[first]}: write the file with one kind of line end"
                )
        line += 1


def _parquet_columns(path: Path) -> tuple[list[tuple[str, str]], int]:
    try:
        metadata = pq.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError) as error:
        raise SegmentationError(
            f"file {path} cannot be read as Parquet ({str(error).splitlines()[0]}): it is damaged "
            "or of another kind; copy or export it again"
        ) from None
    return [(field.name, _kind(field.type)) for field in schema], metadata.num_rows


def _kind(arrow_type: pa.DataType) -> str:
    if pa.types.is_dictionary(arrow_type):
        arrow_type = arrow_type.value_type
    kinds = {
        "text": ("is_string", "is_large_string", "is_string_view"),
        "boolean": ("is_boolean",),
        "integer": ("is_integer",),
        "floating": ("is_floating",),
        "decimal": ("is_decimal",),
        "date": ("is_date",),
        "timestamp": ("is_timestamp",),
    }
    for kind, tests in kinds.items():
        if any(getattr(pa.types, test)(arrow_type) for test in tests):
            return kind
    return str(arrow_type)


def _mapped(name: str, path: Path, found: list[str], renamed: dict[str, str]) -> dict[str, str]:
    """The contract column of each column of the file that has one."""
    by_name: dict[str, str] = {}
    for position, column in enumerate(found, start=1):
        if not column:
            raise SegmentationError(
                f"file {path}: column {position} has no name in the header; name it"
            )
        if column.casefold() in by_name:
            raise SegmentationError(
                f"file {path}: the header has the column {column!r} twice; rename or remove one"
            )
        by_name[column.casefold()] = column
    required, optional = CONTRACT[name]
    contract: dict[str, str] = {}
    for column in (*required, *optional):
        wanted = renamed.get(column, column)
        there = by_name.get(wanted.strip().casefold())
        if there is not None:
            if there in contract:
                raise SegmentationError(
                    f"var columns, input {name}: {contract[there]} and {column} are both mapped to "
                    f"{there!r}; map each to a column of its own"
                )
            contract[there] = column
        elif column in required or column in renamed:
            raise SegmentationError(
                f"file {path}: no column {wanted!r}, which is to be {column}; the file has "
                f"{', '.join(map(repr, found))}. {_hint(name, column, found)}"
            )
    return contract


def _hint(name: str, column: str, found: list[str]) -> str:
    delimiters = [sign for sign in ";\t|," if len(found) == 1 and sign in found[0]]
    if delimiters:
        return f"The columns seem to be separated by {delimiters[0]!r}: set the var delimiter"
    return f"Map it: --vars '{{columns: {{{name}: {{{column}: NAME IN THE FILE}}}}}}'"


def _check_type(path: Path, column: str, column_type: str, contract_column: str) -> None:
    if contract_column in NUMBERS:
        allowed: tuple[str, ...] = ("text", "integer", "floating", "decimal")
    elif contract_column in IDENTIFIERS:
        allowed = ("text", "integer", "floating", "decimal")
    elif contract_column == "is_return":
        allowed = ("text", "boolean")
    else:
        allowed = ("text", "date", "timestamp")
    if column_type not in allowed:
        raise SegmentationError(
            f"file {path}, column {column!r}: its type is {column_type}, and {contract_column} "
            f"must be one of {', '.join(allowed)}: write the file with one of them"
        )
