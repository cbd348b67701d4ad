"""Python models, run in the process and the session of dbt."""

import traceback
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from dbt.adapters.base import PythonJobHelper
from dbt.adapters.events.logging import AdapterLogger
from dbt_common.exceptions import DbtRuntimeError

from dbt.adapters.sparksession.connections import Session, SparkSessionCredentials

logger = AdapterLogger("Spark")

# Spark has no unsigned numbers: each becomes the next wider one.
UNSIGNED = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20, 0),
}


class SessionJob(PythonJobHelper):
    """Executes a Python model; its code ends with the call that writes what the model returns."""

    def __init__(self, parsed_model: dict[str, Any], credentials: SparkSessionCredentials) -> None:
        self._name = parsed_model["name"]
        self._credentials = credentials

    def submit(self, compiled_code: str) -> None:
        names = {"spark": Session.get(self._credentials), "write_table": write_table}
        try:
            # The macros that lead here leave spaces before the first line.
            code = compile(compiled_code.lstrip(), f"<model {self._name}>", "exec")
            exec(code, names)  # noqa: S102 - a model of the project, which dbt is asked to run
        # A model may raise anything, and dbt is to say what.
        except Exception as error:
            logger.debug(traceback.format_exc())
            raise DbtRuntimeError(
                f"Python model failed: {type(error).__name__}: {error}"
            ) from error


def write_table(session: Any, rows: Any, name: str) -> None:
    """Write what a Python model returned as a Parquet table, over one of that name.

    Args:
        session: the Spark session.
        rows: a Spark frame, an Arrow table, a pandas frame, or an iterable of Arrow tables with the
            same schema, which are written one after the other.
        name: of the table, with its schema.
    """
    mode = "overwrite"
    for part in _parts(rows):
        _frame(session, part).write.mode(mode).format("parquet").saveAsTable(name)
        mode = "append"


def temporary_view(session: Any, rows: Any, name: str) -> None:
    """Make what a function returned a temporary view of the session: no file holds its rows."""
    (part,) = _parts(rows)
    _frame(session, part).createOrReplaceTempView(name)


def _parts(rows: Any) -> Iterable[Any]:
    if isinstance(rows, pa.Table) or hasattr(rows, "toArrow"):
        return [rows]
    if hasattr(rows, "columns"):
        return [pa.Table.from_pandas(rows, preserve_index=False)]
    return rows


def _frame(session: Any, part: Any) -> Any:
    """A Spark frame of an Arrow table, or what is one already."""
    if not isinstance(part, pa.Table):
        return part
    from pyspark.sql.pandas.types import from_arrow_schema

    table = _for_spark(part)
    # Of rows that are none a Connect server learns no types.
    schema = from_arrow_schema(table.schema, prefer_timestamp_ntz=True)
    return session.createDataFrame(table if len(table) else [], schema)


def _for_spark(table: pa.Table) -> pa.Table:
    """The table with the types that Spark has."""
    kinds = [pa.field(column.name, _spark_type(column.type)) for column in table.schema]
    # Nanoseconds are cut to microseconds.
    return table.cast(pa.schema(kinds), safe=False)


def _spark_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _spark_type(kind.value_type)
    # A column of nulls alone, as pandas has it, is text.
    if pa.types.is_null(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    return UNSIGNED.get(kind, kind)
