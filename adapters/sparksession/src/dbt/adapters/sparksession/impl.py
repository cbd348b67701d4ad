"""dbt-spark's adapter with Python models, and with rows that Python reads for SQL."""

import traceback
from importlib import import_module
from typing import Any

from dbt.adapters.base import PythonJobHelper, available
from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.spark import SparkAdapter
from dbt_common.exceptions import DbtRuntimeError

from dbt.adapters.sparksession.connections import Session, SparkSessionConnectionManager
from dbt.adapters.sparksession.python_jobs import SessionJob, temporary_view, write_table

logger = AdapterLogger("Spark")


class SparkSessionAdapter(SparkAdapter):
    ConnectionManager = SparkSessionConnectionManager

    @property
    def default_python_submission_method(self) -> str:
        return "session"

    @property
    def python_submission_helpers(self) -> dict[str, type[PythonJobHelper]]:
        return {"session": SessionJob}

    @available
    def rows_of_python(self, name: str, function: str, arguments: dict[str, Any]) -> str | None:
        """Make a relation of the rows that a function of Python returns.

        A macro calls it for what the workers of a cluster cannot see, such as a file of the machine
        that dbt runs on.

        Args:
            name: of a table, with its schema; without a schema, of a temporary view.
            function: module and name, such as ``package.module.function``; it returns what a
                Python model may return, or None.
            arguments: of the function, by name.

        Returns:
            The name; None where the function returned None, and nothing was made.
        """
        module, _, attribute = function.rpartition(".")
        try:
            rows = getattr(import_module(module), attribute)(**arguments)
            if rows is None:
                return None
            session = Session.get(self.config.credentials)
            (write_table if "." in name else temporary_view)(session, rows, name)
        except Exception as error:
            logger.debug(traceback.format_exc())
            raise DbtRuntimeError(f"{function}: {error}") from error
        return name
