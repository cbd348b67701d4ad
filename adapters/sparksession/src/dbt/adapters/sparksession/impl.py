"""dbt-spark's adapter with Python models, and with rows that Python reads for SQL."""

import threading
import traceback
from importlib import import_module
from typing import Any

from dbt.adapters.base import PythonJobHelper, available
from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.spark import SparkAdapter
from dbt_common.exceptions import DbtRuntimeError
from dbt_common.invocation import get_invocation_id

from dbt.adapters.sparksession.connections import Session, SparkSessionConnectionManager
from dbt.adapters.sparksession.python_jobs import SessionJob, temporary_view, write_table

logger = AdapterLogger("Spark")

# What rows_of_python has made, by run of dbt and arguments.
_made: dict[tuple[str, ...], str | None] = {}
_lock = threading.Lock()


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
        that dbt runs on. Called again in the same run of dbt, it returns what it did before.

        Args:
            name: of a table, with its schema; without a schema, of a temporary view.
            function: module and name, such as ``package.module.function``; it returns what a
                Python model may return, or None.
            arguments: of the function, by name.

        Returns:
            The name; None where the function returned None, and nothing was made.
        """
        call = (get_invocation_id(), name, function, repr(arguments))
        with _lock:
            if call not in _made:
                _made[call] = self._make(name, function, arguments)
        return _made[call]

    def _make(self, name: str, function: str, arguments: dict[str, Any]) -> str | None:
        module, _, attribute = function.rpartition(".")
        try:
            rows = getattr(import_module(module), attribute)(**arguments)
            if rows is None:
                return None
            session = Session.get(self.config.credentials)
            (write_table if "." in name else temporary_view)(session, rows, name)
        # The function is another package's: it may raise anything, and dbt is to say what.
        except Exception as error:
            logger.debug(traceback.format_exc())
            raise DbtRuntimeError(f"{function}: {error}") from error
        return name
