"""Customers who are to be forgotten, and the releases that still hold them."""

from collections.abc import Collection
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from segmart import SegmentationError
from segmart.files.content import ENCODINGS, known_encoding


def folded(customer_id: str, fold: str) -> str:
    """An id in the form that the var fold_customer_ids says, as the macro folded writes it."""
    if "case" in fold:
        customer_id = customer_id.lower()
    return (customer_id.lstrip("0") or customer_id[:1]) if "zeros" in fold else customer_id


def forgotten_ids(path: str, *, delimiter: str, encoding: str, fold: str = "none") -> set[str]:
    """The ids of the list that the var ``forgotten_customers`` names.

    Args:
        path: a CSV file with the column customer_id, or ``none``.
        delimiter: of the file, one character or ``tab``.
        encoding: of the file; one that DuckDB does not read stands for UTF-8.
        fold: the var fold_customer_ids. An id is there as it is, and folded: older releases may
            have either form.
    """
    if path == "none":
        return set()
    encoding = known_encoding(encoding)
    # Read as the macro forgotten_customers_file reads it; the signs that SQL trims, and no other.
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select customer_id from read_csv(?, header = true, all_varchar = true, delim = ?, "
            "quote = '\"', escape = '\"', comment = '', skip = 0, strict_mode = true, "
            "encoding = ?)",
            [
                path,
                "\t" if delimiter == "tab" else delimiter,
                encoding if encoding in ENCODINGS else "utf-8",
            ],
        ).fetchall()
    ids = {(value or "").strip(" \t\n\r") for (value,) in rows} - {""}
    return ids | {folded(customer_id, fold) for customer_id in ids}


def forgotten_table(path: str, *, delimiter: str, encoding: str) -> pa.Table:
    """The same ids as a table, of one column: forgotten_id.

    Raises:
        SegmentationError: there is no such file, or it has no column customer_id.
    """
    try:
        ids = forgotten_ids(path, delimiter=delimiter, encoding=encoding)
    except duckdb.IOException:
        raise SegmentationError(f"var forgotten_customers: there is no file {path}") from None
    except duckdb.BinderException:
        raise SegmentationError(
            f"var forgotten_customers: the file {path} has no column customer_id in its first "
            "line; write the name of the column there"
        ) from None
    return pa.table({"forgotten_id": pa.array(sorted(ids), pa.string())})


def holds(table: duckdb.DuckDBPyRelation, ids: Collection[str]) -> bool:
    """Whether a row of the table is one of these customers."""
    if not ids or "customer_id" not in table.columns:
        return False
    customers = table.project("cast(customer_id as varchar) as customer_id")
    return bool(pc.any(_is_one_of(customers.to_arrow_table(), ids)).as_py())


def without(table: pa.Table, ids: Collection[str]) -> pa.Table:
    """The table without the rows of these customers."""
    return table.filter(pc.invert(_is_one_of(table, ids))) if ids else table


def _is_one_of(table: pa.Table, ids: Collection[str]) -> pa.ChunkedArray:
    return pc.is_in(table["customer_id"].cast(pa.string()), value_set=pa.array(sorted(ids)))


def release_holds(folder: Path, ids: Collection[str]) -> bool:
    """Whether a table of a release, in this folder, has a row of one of these customers."""
    with duckdb.connect() as connection:
        return any(
            holds(connection.read_parquet(str(path)), ids)
            for path in sorted(folder.glob("*.parquet"))
        )
