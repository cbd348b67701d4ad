"""From a dbt relation to a frame or table of Python."""

from collections.abc import Mapping
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa


def ordered_frame(relation: Any, by: list[str] | None = None) -> pd.DataFrame:
    """The rows of a relation as a frame, sorted.

    Args:
        relation: what ``dbt.ref`` gives: a DuckDB relation, or a Spark frame.
        by: columns to sort by; they must identify a row. Default: all columns, in order.
    """
    if _is_of_spark(relation):
        # As DuckDB gives them: dates as timestamps.
        frame = relation.toArrow().to_pandas(date_as_object=False)
    else:
        frame = relation.df()
    return frame.sort_values(by or list(frame.columns), ignore_index=True)


def typed(rows: list[dict], columns: Mapping[str, str]) -> pd.DataFrame:
    """The rows as a frame with these columns and dtypes, also where there is none."""
    return pd.DataFrame(rows, columns=list(columns)).astype(dict(columns))


def as_lists(frames: Mapping[str, pd.DataFrame]) -> dict[str, pa.Array]:
    """A column for each frame, of one value: the list of its rows. SQL makes rows of it again."""
    columns = {}
    for name, frame in frames.items():
        rows = pa.Table.from_pandas(frame, preserve_index=False).to_struct_array()
        columns[name] = pa.ListArray.from_arrays([0, len(frame)], rows.combine_chunks())
    return columns


def arrow_table(relation: Any) -> pa.Table:
    """The rows of a relation as an Arrow table, with the engine's own types."""
    return relation.toArrow() if _is_of_spark(relation) else relation.to_arrow_table()


def duckdb_relation(relation: Any) -> duckdb.DuckDBPyRelation:
    """The relation as one of DuckDB: itself, or the rows of a Spark frame."""
    return duckdb.from_arrow(relation.toArrow()) if _is_of_spark(relation) else relation


def column_twice(relation: Any, column: str, name: str) -> Any:
    """A column of a relation and a copy of it under this name; its rows do not pass Python."""
    copy = f"{column} as {name}"
    if _is_of_spark(relation):
        return relation.selectExpr(column, copy)
    return relation.project(f"{column}, {copy}")


def threads_of(session: Any) -> int:
    """The threads of the engine on this machine: those of DuckDB, or one beside Spark."""
    if not hasattr(session, "execute"):
        return 1
    return int(session.sql("select current_setting('threads')").fetchall()[0][0])


def _is_of_spark(relation: Any) -> bool:
    """Whether it is a Spark frame, which takes any other name for one of a column."""
    return hasattr(relation, "toArrow")


def column_comments(session: Any, relations: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The comments of the columns, by table and column.

    Args:
        session: connection of DuckDB, or Spark session.
        relations: what ``dbt.ref`` gives, by table. A Spark frame knows its comments itself.
    """
    if not hasattr(session, "execute"):
        return {
            name: {
                column.name: column.metadata["comment"]
                for column in relation.schema.fields
                if "comment" in column.metadata
            }
            for name, relation in relations.items()
        }
    rows = session.sql(
        "select table_name, list(column_name order by column_index), "
        "list(comment order by column_index) from duckdb_columns() "
        "group by database_name, schema_name, table_name having count(comment) > 0"
    ).fetchall()
    # Another project may have a table of the same name in the file: not one of the same columns.
    return {
        name: {column: text for column, text in zip(columns, texts, strict=True) if text}
        for name, columns, texts in rows
        if name in relations and columns == relations[name].columns
    }


def relation_comments(session: Any, relations: Mapping[str, Any]) -> dict[str, str]:
    """The comments of the relations, by table; arguments as for ``column_comments``."""
    if not hasattr(session, "execute"):
        return {
            table.name: table.description
            for database in session.catalog.listDatabases()
            for table in session.catalog.listTables(database.name)
            if table.name in relations and table.description
        }
    rows = session.sql(
        """
        with relations as (
            select database_name, schema_name, table_name, comment from duckdb_tables()
            union all
            select database_name, schema_name, view_name, comment from duckdb_views()
        )
        select table_name, any_value(relations.comment), list(column_name order by column_index)
        from relations join duckdb_columns() using (database_name, schema_name, table_name)
        group by database_name, schema_name, table_name
        having any_value(relations.comment) is not null
        """
    ).fetchall()
    # As above.
    return {
        name: comment
        for name, comment, columns in rows
        if name in relations and columns == relations[name].columns
    }
