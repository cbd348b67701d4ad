"""One row for each column of each file of an input, and the SQL that reads the file."""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import pandas as pd

from segmart import SegmentationError, shown
from segmart.files import content, contract, guesses, queries

# To look into each of a thousand files would take longer than to read them.
MOST_FILES_GUESSED_FROM = 50
# What is called so is no column of the file: it is told by its name or those of its folders.
NAME_OF_FILE = "(name of the file)"
COLUMN_TYPES = {
    "input": "string",
    "file_number": "Int64",
    "file": "string",
    "file_format": "string",
    "lines": "Int64",
    "sha256": "string",
    "file_version": "string",
    "rows_query": "string",
    "source": "string",
    "unreadable_source": "string",
    "position": "int64",
    "column_name": "string",
    "column_type": "string",
    "contract_column": "string",
    "role": "string",
    "is_wanted": "bool",
}


def file_columns(
    paths: dict[str, str],
    columns: dict[str, dict[str, str]],
    *,
    delimiter: str,
    encoding: str,
    title_lines: int = 0,
    copies: Path,
    checksums: str = "none",
    threads: int = 1,
) -> pd.DataFrame:
    """One row for each column of each file, in order.

    Args:
        paths: path or glob by input (a key of ``contract.CONTRACT``); ``none`` for an input that
            is not given, ``table:`` or ``ref:`` and a name for one that is a table or a model.
        columns: by input, the file's name of each contract column that is named otherwise.
        delimiter: of CSV files, one character or ``tab``.
        encoding: of CSV files, as ``content.known_encoding`` takes it.
        title_lines: lines above the header of each CSV file.
        copies: folder of the copies in UTF-8 of files that DuckDB does not read in their encoding;
            it is emptied of all others.
        checksums: path of a manifest as ``sha256sum`` writes it, or ``none``.
        threads: on which the lines of a CSV file are typed.

    Returns:
        input, file_number (from 1), file, file_format (csv or parquet), lines (of a CSV file, the
        header and blank ones counted; rows of a Parquet file), sha256 (missing without
        ``checksums``), file_version (a digest of how the file is read, its size, the time of its
        last change and its sha256), rows_query (see ``queries.rows_query``), source and
        unreadable_source (see ``queries.source``; the latter, for CSV alone, lists the lines that
        cannot be read), position (from 1), column_name, column_type (text for CSV), contract_column
        (missing for a column that the contract does not name), role (as for ``queries.Column``),
        is_wanted (whether the input must have it). Of an input that is a table or a model, whose
        columns SQL looks up, one row for each column of the contract, without a file.

    Raises:
        SegmentationError: a file or a column is missing or cannot be read; the message names the
            file, the line or column, and the remedy.
    """
    given = {name: path for name, path in paths.items() if path != "none"}
    contract.check_inputs(given)
    contract.check_mapping(columns, given)
    manifest = content.manifest_of(Path(checksums)) if checksums != "none" else None
    encoding = content.known_encoding(encoding)
    settings = {"delimiter": delimiter, "encoding": encoding, "title_lines": title_lines}
    rows: list[dict] = []
    read_from: set[Path] = set()
    for name, pattern in given.items():
        renamed = columns.get(name, {})
        if pattern.startswith(("table:", "ref:")):
            rows += _wanted(name, renamed)
            continue
        paths_of_input = content.matching(name, pattern)
        sums = [
            None if manifest is None else content.check_sum(path, manifest, checksums)
            for path in paths_of_input
        ]
        files = [_look_at(name, path, renamed, copies, **settings) for path in paths_of_input]
        read_from |= {file.read_from for file in files}
        _check_formats(name, files)
        if name == "order_lines":
            files = _guessed(files, renamed, settings)
        names = queries.names_of(files)
        parts = max(1, threads // len(files)) if files[0].format == "csv" else 1
        for number, (file, digest) in enumerate(zip(files, sums, strict=True), start=1):
            of_file = _reading(name, file, names, parts, settings, digest)
            of_file |= {"input": name, "file_number": number}
            rows += [of_file | row for row in _columns(file, renamed, name)]
    for copy in copies.glob("*"):
        if copy not in read_from:
            copy.unlink()
    return pd.DataFrame(rows, columns=list(COLUMN_TYPES)).astype(COLUMN_TYPES)


def _wanted(name: str, renamed: dict[str, str]) -> list[dict]:
    """The columns that a table is to have."""
    required, _ = contract.CONTRACT[name]
    return [
        {
            "input": name,
            "position": position,
            "column_name": renamed.get(column, column),
            "contract_column": column,
            "role": "contract",
            "is_wanted": column in required or column in renamed,
        }
        for position, column in enumerate(contract.known(name), start=1)
        if renamed.get(column) != contract.LEFT_OUT
    ]


def _look_at(
    name: str,
    path: Path,
    renamed: dict[str, str],
    copies: Path,
    *,
    delimiter: str,
    encoding: str,
    title_lines: int,
) -> queries.File:
    file_format = content.format_of(path)
    read_from = path
    sign = content.DELIMITERS.get(delimiter, delimiter)
    if file_format == "csv":
        lines = content.csv_lines(path, encoding)
        header = content.csv_header(path, sign, encoding, title_lines)
        # A column without a name is called as pandas calls it.
        found = [(column or f"Unnamed: {at}", "text") for at, column in enumerate(header)]
        read_from = content.copied_in_utf8(path, encoding, copies, title_lines) or path
    else:
        found, lines = content.parquet_columns(path)
        if any(not column for column, _ in found):
            raise SegmentationError(
                f"file {path}: a column has an empty name. Write the file again with a name for it"
            )
    own = {column.casefold() for column, _ in found}
    of_folders = {
        key: value
        for key, value in content.values_of_folders(path).items()
        if key.casefold() not in own
    }
    try:
        mapped = contract.mapped(
            name, path, [*(column for column, _ in found), *of_folders], renamed
        )
    except SegmentationError:
        required = [renamed.get(column, column) for column in contract.CONTRACT[name][0]]
        if file_format == "csv":
            _check_place_of_header(path, sign, encoding, title_lines, required)
            _check_that_header_is_no_row(path, header, title_lines)
        raise
    columns = []
    for column, kind in contract.told_apart(found):
        contract_column = mapped.get(column)
        if contract_column:
            contract.check_type(path, column, kind, contract_column)
            if kind == "floating" and contract_column in contract.IDENTIFIERS:
                _check_that_ids_are_told_apart(path, column, contract_column)
            role = "contract"
        elif contract.is_index(column):
            role = "index"
        elif name in contract.OPEN_INPUTS and column.casefold() not in contract.known(name):
            role = "further"
        else:
            # Also a column of a contract's name for which another one is mapped.
            role = "ignored"
        columns.append(queries.Column(column, kind, contract_column, role))
    # The value of a folder is read only where the contract or the var columns asks for its name.
    for key in [key for key in of_folders if key in mapped]:
        columns.append(queries.Column(key, "text", mapped[key], "folder", of_folders[key]))
    return queries.File(path, read_from, file_format, lines, columns)


def _check_that_ids_are_told_apart(path: Path, column: str, contract_column: str) -> None:
    if found := content.id_out_of_range(path, column):
        bits, value = found
        raise SegmentationError(
            f"file {path}, column {shown(column)!r}: {value:.0f} is larger than floating point "
            f"numbers of {bits} bits can tell from its neighbours, and several {contract_column} "
            "may have become one: write the column as whole numbers or as text"
        )


def _check_place_of_header(
    path: Path, sign: str, encoding: str, title_lines: int, required: list[str]
) -> None:
    """Refuse a header in another line than is declared, with the vars that help."""
    # That with the declared sign first.
    for word, other in sorted(content.DELIMITERS.items(), key=lambda item: item[1] != sign):
        line = content.line_with(path, other, encoding, required)
        if line is not None and line != title_lines + 1:
            also = "" if other == sign else f", and delimiter to {word!r}"
            raise SegmentationError(
                f"file {path}: the names of the columns stand in line {line}: set the var "
                f"title_lines to {line - 1}{also}"
            ) from None


def _check_that_header_is_no_row(path: Path, header: list[str], title_lines: int) -> None:
    """Refuse a row in place of the names of the columns: none is called by a day or a price."""
    values = [name for name in header if contract.is_value(name)]
    if values:
        raise SegmentationError(
            f"file {path}, line {title_lines + 1}: {shown(values[0])!r} stands where the names of "
            "the columns should, as in a row: write a line with the names above the first row, or "
            "set the var title_lines to the number of lines above the names"
        ) from None


def _guessed(
    files: list[queries.File], renamed: dict[str, str], settings: dict[str, Any]
) -> list[queries.File]:
    """The files, with what the values of some let guess of columns that are ignored.

    Of several columns that look like one, and where that one is taken, the others are likely: their
    values are read and counted. So are those that look like a refund.
    """
    taken = {column.contract for file in files for column in file.columns} | set(renamed)
    left_out = {column for column, name in renamed.items() if name == contract.LEFT_OUT}
    sample: dict[str, list[str | None]] = {}
    for file in files[:: max(1, len(files) // MOST_FILES_GUESSED_FROM)]:
        ignored = [column.name for column in file.columns if column.role == "ignored"]
        if ignored:
            for name, values in queries.sample(queries.source(file, **settings), ignored).items():
                sample.setdefault(name.casefold(), []).extend(values)
    found: dict[str, tuple[str, str]] = {}
    for contract_column, names in guesses.guessed(sample).items():
        if contract_column in left_out:
            continue
        for name in names:
            if contract_column == "refunded_amount":
                # Never taken off unasked: what was given back may be in the amount already.
                if contract_column not in taken:
                    found[name] = (f"unread_refund_{len(found) + 1}", "likely")
            elif contract_column not in taken:
                found[name] = (contract_column, "guessed")
                taken.add(contract_column)
            elif contract_column == "status":
                found[name] = (f"likely_{len(found) + 1}", "likely")
    told = {
        contract_column: values
        for contract_column, values in guesses.told_by_names([file.path for file in files]).items()
        if contract_column not in taken | left_out
    }
    return [
        dataclasses.replace(
            file,
            columns=[
                *(
                    dataclasses.replace(column, contract=what[0], role=what[1])
                    if column.role == "ignored" and (what := found.get(column.name.casefold()))
                    else column
                    for column in file.columns
                ),
                *(
                    queries.Column(NAME_OF_FILE, "text", contract_column, "guessed", values[number])
                    for contract_column, values in told.items()
                ),
            ],
        )
        for number, file in enumerate(files)
    ]


def _check_formats(name: str, files: list[queries.File]) -> None:
    if len({file.format for file in files}) > 1:
        raise SegmentationError(
            f"var {name} matches CSV and Parquet files: {files[0].path} and others; give a path "
            "that matches one kind"
        )


def _reading(
    name: str,
    file: queries.File,
    names: list[str],
    parts: int,
    settings: dict[str, Any],
    sha256: str | None,
) -> dict:
    """How a file is read, in SQL."""
    read = queries.source(file, **settings)
    query = queries.rows_query(file, names, read)
    state = file.path.stat()
    version = f"{query} {state.st_size} bytes of {state.st_mtime_ns} {sha256}"
    digest = hashlib.md5(version.encode(), usedforsecurity=False).hexdigest()
    if name == "order_lines":
        query = queries.in_parts(query, file.lines, parts, digest)
    unreadable = None
    if file.format == "csv":
        listed = "store_rejects = true, rejects_limit = 0"
        unreadable = queries.source(file, **settings, rejects=listed)
    return {
        "file": str(file.path),
        "file_format": file.format,
        "lines": file.lines,
        "sha256": sha256,
        "file_version": digest,
        "rows_query": query,
        "source": read,
        "unreadable_source": unreadable,
    }


def _columns(file: queries.File, renamed: dict[str, str], name: str) -> list[dict]:
    required, _ = contract.CONTRACT[name]
    return [
        {
            "position": position,
            "column_name": column.name,
            "column_type": column.kind,
            "contract_column": column.contract,
            "role": column.role,
            "is_wanted": column.contract in required or column.contract in renamed,
        }
        for position, column in enumerate(file.columns, start=1)
    ]
