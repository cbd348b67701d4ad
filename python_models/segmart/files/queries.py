"""The SQL that reads a file, for DuckDB. Where another engine builds, DuckDB reads for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from segmart.files.contract import IDENTIFIERS

ROWS_A_PART = 1_000_000
# Roles of columns that are no column of the input.
UNREAD = ("ignored", "index")


@dataclass(frozen=True)
class Column:
    """A column of a file.

    Attributes:
        name: in the file.
        kind: text for CSV; for Parquet as ``content.parquet_columns`` has it.
        contract: the column of the contract that it is, or None.
        role: contract, further (an attribute or a metric), ignored, index (the row numbers that
            pandas writes, which tell no two rows apart), guessed (its values look like the contract
            column), likely (ignored too, but its values are looked at, under a name of their own:
            they look like a column that another one is), or folder: a column of the contract that
            the file does not have, and a folder ``name=value`` above it has.
        of_folder: the value of that folder, or what the name of the file tells.
    """

    name: str
    kind: str
    contract: str | None
    role: str
    of_folder: str | None = None


@dataclass(frozen=True)
class File:
    """A file of an input.

    Attributes:
        path: of the file.
        read_from: the file that DuckDB reads, which is a copy where ``content.copied_in_utf8`` made
            one.
        format: csv or parquet.
        lines: of a CSV file, the header and blank ones counted; rows of a Parquet file.
        columns: in order.
    """

    path: Path
    read_from: Path
    format: str
    lines: int
    columns: Sequence[Column]


def source(
    file: File, *, delimiter: str, encoding: str, title_lines: int = 0, rejects: str = ""
) -> str:
    """The call that reads a file as it is, as SQL for a FROM; every column of CSV as text.

    Args:
        file: a file.
        delimiter: of CSV files, one character or ``tab``.
        encoding: of CSV files.
        title_lines: lines above the header of CSV files.
        rejects: options for lines that have no place in the columns, which else are passed over.
    """
    path = text(file.read_from)
    # With hive_partitioning DuckDB puts the value of a folder in place of a column of that name.
    if file.format == "parquet":
        return f"read_parquet({path}, file_row_number = true, hive_partitioning = false)"
    if file.read_from != file.path:
        encoding = "utf-8"
    columns = ", ".join(
        f"{text(column.name)}: 'VARCHAR'" for column in file.columns if column.of_folder is None
    )
    return (
        f"read_csv({path}, auto_detect = false, header = true, columns = {{{columns}}}, "
        f"delim = {'chr(9)' if delimiter == 'tab' else text(delimiter)}, quote = '\"', "
        f"escape = '\"', strict_mode = true, encoding = {text(encoding)}, skip = {title_lines}, "
        "hive_partitioning = false, "
        f"{rejects or 'ignore_errors = true'})"
    )


def rows_query(file: File, names: Sequence[str], read: str) -> str:
    """The rows of a file in the names of the contract, and from where each comes.

    Args:
        file: a file.
        names: of the columns of all files of its input; one that the file does not have is null.
        read: what ``source`` returned.

    Returns:
        A SELECT of the names, ignored_values (a digest of the columns that are ignored: rows that
        differ there are no duplicates), source_file and source_row (from 1, without the header).
    """
    own = {
        (column.contract or column.name).casefold(): _value(column)
        for column in file.columns
        if column.role not in UNREAD
    }
    ignored = [column.name for column in file.columns if column.role in ("ignored", "likely")]
    row = "row_number() over ()" if file.format == "csv" else "file_row_number + 1"
    selected = [f"{own.get(name.casefold(), 'null')} as {identifier(name)}" for name in names]
    selected += [
        f"{_digest(ignored)} as ignored_values",
        f"{text(file.path)} as source_file",
        f"{row} as source_row",
    ]
    return f"select {', '.join(selected)} from {read}"  # noqa: S608 - names and values are quoted


def names_of(files: Sequence[File]) -> list[str]:
    """The names of the columns of an input: those of all its files, each once, in order."""
    names: dict[str, str] = {}
    for file in files:
        for column in file.columns:
            if column.role not in UNREAD:
                name = column.contract or column.name
                names.setdefault(name.casefold(), name)
    return list(names.values())


def in_parts(query: str, lines: int, parts: int, version: str) -> str:
    """The rows of a file, with its version, as parts that are typed at the same time.

    One thread alone can number the lines of a CSV file. To read a line takes little of the time of
    typing it: each thread reads the whole file and types its part.

    Args:
        query: what ``rows_query`` returned.
        lines: of the file.
        parts: how many.
        version: of the file.
    """
    limits = [lines * part // parts for part in range(parts + 1)]
    selects = []
    for part in range(parts):
        until = f" and source_row <= {limits[part + 1]}" if part + 1 < parts else ""
        selects.append(
            f"select *, {text(version)} as segmart_file_version from ({query}) as rows_of_file "  # noqa: S608 - text() quotes
            f"where source_row > {limits[part]}{until}"
        )
    return " union all ".join(selects)


def _value(column: Column) -> str:
    """Identifiers as text; other columns as they are."""
    if column.of_folder is not None:
        return text(column.of_folder)
    name = identifier(column.name)
    if column.contract in IDENTIFIERS and column.kind == "floating":
        # A whole number that came as a DOUBLE, as pandas writes a column with gaps, loses its .0.
        return (
            f"case when {name} = floor({name}) and abs({name}) < 1e15 "
            f"then cast(try_cast({name} as bigint) as varchar) "
            f"when not isnan({name}) then cast({name} as varchar) end"
        )
    is_read_as_text = column.contract in IDENTIFIERS or (
        column.contract == "is_return" and column.kind == "integer"
    )
    if column.kind == "null" or (is_read_as_text and column.kind != "text"):
        return f"cast({name} as varchar)"
    if column.kind == "instant":
        # DuckDB 2.0 has no way from nanoseconds with a zone to a time without one.
        instant = f"cast({name} as timestamp with time zone)"
        return instant if column.contract else f"cast({instant} as timestamp)"
    if column.kind in ("date", "timestamp"):
        # A date may be millions of years away, which no time is.
        return f"try_cast({name} as timestamp)"
    return name


def _digest(columns: Sequence[str]) -> str:
    if not columns:
        return "cast(null as varchar)"
    values = ", ".join(
        f"coalesce(cast({identifier(column)} as varchar), chr(30))" for column in columns
    )
    return f"md5(concat_ws(chr(31), {values}))"


def text(value: object) -> str:
    """A value as a literal of SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name from outside as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def rows(query: str) -> Iterator[pa.Table]:
    """The rows of a query in parts, for an engine that does not read the files itself."""
    with duckdb.connect() as connection:
        # A time with a zone is converted to UTC, wherever the machine stands.
        connection.execute("set TimeZone = 'UTC'")
        reader = connection.sql(query).to_arrow_reader(ROWS_A_PART)
        yield reader.schema.empty_table()
        for batch in reader:
            yield pa.Table.from_batches([batch])


def sample(read: str, columns: Sequence[str]) -> dict[str, list[str | None]]:
    """The first thousand values of columns of a file, as text.

    Args:
        read: what ``source`` returned.
        columns: names of columns of the file.
    """
    names = [identifier(column) for column in columns]
    selected = ", ".join(f"cast({name} as varchar) as {name}" for name in names)
    query = f"select {selected} from {read} limit 1000"  # noqa: S608 - identifier() quotes names
    try:
        return pa.concat_tables(rows(query)).to_pydict()
    except duckdb.Error:
        # Whoever reads the whole file says what is wrong with it.
        return {}


def parquet_rows(path: str) -> Iterator[pa.Table]:
    """The rows of a Parquet file, or of those that a glob matches."""
    yield from rows(f"select * from read_parquet({text(path)})")  # noqa: S608 - text() quotes the path
