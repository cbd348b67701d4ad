"""The one Spark session of a dbt process, as a connection of dbt's."""

import atexit
import datetime
import fcntl
import os
import re
import shutil
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from dbt.adapters.contracts.connection import Connection, ConnectionState, Credentials
from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.exceptions import FailedToConnectError
from dbt.adapters.spark.connections import SparkConnectionManager
from dbt_common.exceptions import DbtDatabaseError, DbtRuntimeError

logger = AdapterLogger("Spark")

# What a query means must not hang on how a cluster is configured.
SETTINGS = {
    # A cast or a division that fails ends the build, instead of giving null.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    # The type timestamp has no zone, as in other engines.
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.sources.default": "parquet",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # A build that was killed leaves files of a table that was never made: the next replaces them.
    "spark.sql.legacy.allowNonEmptyLocationInCTAS": "true",
}


@dataclass
class SparkSessionCredentials(Credentials):
    """An output of type ``sparksession`` in profiles.yml.

    With ``remote``, or the environment variable ``SPARK_REMOTE``, the session is one of a Spark
    Connect server. Without, a driver runs in this process, on ``master``.
    """

    schema: str = "default"
    database: str | None = None  # type: ignore[assignment]
    remote: str = ""
    master: str = "local[2]"
    # Folder of a local session's tables; each session has a folder of its own in it.
    warehouse: str = "spark-warehouse"
    config: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def __pre_deserialize__(cls, data: dict[str, Any]) -> dict[str, Any]:
        return {"database": None, **super().__pre_deserialize__(data)}

    @property
    def type(self) -> str:
        return "sparksession"

    @property
    def unique_field(self) -> str:
        return self.url

    @property
    def url(self) -> str:
        """Where the session runs: the URL of a Connect server, or a master."""
        return self.remote or os.environ.get("SPARK_REMOTE") or self.master

    @property
    def place(self) -> str:
        """The URL without its parameters, one of which may be a token."""
        return self.url.partition("/;")[0]

    def _connection_keys(self) -> tuple[str, ...]:
        return ("schema", "master")


class Session:
    """The session of this process, made when it is first asked for."""

    _lock = threading.Lock()
    _session: Any = None

    @classmethod
    def get(cls, credentials: SparkSessionCredentials) -> Any:
        """The session; made by the first caller."""
        with cls._lock:
            if cls._session is None:
                cls._session = _start(credentials)
                atexit.register(cls.stop)
            return cls._session

    @classmethod
    def stop(cls) -> None:
        """End the session; a local one leaves no file."""
        with cls._lock:
            if cls._session is not None:
                cls._session.stop()
                cls._session = None


def _start(credentials: SparkSessionCredentials) -> Any:
    with warnings.catch_warnings():
        # That it does not know pandas 3 yet: rows go through Arrow here.
        warnings.simplefilter("ignore", FutureWarning)
        return _start_quietly(credentials)


def _start_quietly(credentials: SparkSessionCredentials) -> Any:
    # Imported here: dbt loads the adapter also to parse, which needs neither Spark nor Java.
    from pyspark.sql import SparkSession

    settings = SETTINGS | {str(key): str(value) for key, value in credentials.config.items()}
    if credentials.url.startswith("sc://"):
        session = SparkSession.builder.remote(credentials.url).create()
        for key, value in settings.items():
            # A server's own settings, such as its memory, are not this session's to set.
            if session.conf.isModifiable(key):
                session.conf.set(key, value)
        return session
    builder = SparkSession.builder.master(credentials.url).appName("dbt")
    builder = builder.config("spark.sql.warehouse.dir", str(_own_folder(credentials.warehouse)))
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _own_folder(warehouse: str) -> Path:
    """A new folder for the tables of a local session, after those of sessions that are over.

    The catalog of a local session is in its memory, and ends with it: tables that it left could
    not be found again.
    """
    parent = Path(warehouse).absolute()
    parent.mkdir(parents=True, exist_ok=True)
    with (parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for folder in parent.glob("session-*"):
            if _hold(folder):
                shutil.rmtree(folder)
        folder = Path(tempfile.mkdtemp(prefix="session-", dir=parent))
        _hold(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


# Open as long as the process: the system frees the locks when it ends, however.
_held: list[TextIO] = []


def _hold(folder: Path) -> bool:
    """Whether no process held this folder; this one does now."""
    file = (folder / ".lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    _held.append(file)
    return True


class SparkSessionCursor:
    """What dbt asks of a cursor and of the connection that it comes from."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._frame: Any = None

    def cursor(self) -> "SparkSessionCursor":
        return SparkSessionCursor(self._session)

    def execute(self, sql: str, bindings: list[Any] | None = None) -> None:
        """Run one statement; %s stands for a binding."""
        if bindings:
            sql = sql % tuple(literal(value) for value in bindings)
        self._frame = self._session.sql(sql.strip().rstrip(";"))

    def fetchall(self) -> list[tuple]:
        return [tuple(row) for row in self._frame.collect()]

    @property
    def description(self) -> list[tuple]:
        if self._frame is None:
            return []
        return [
            (column.name, column.dataType.simpleString(), None, None, None, None, column.nullable)
            for column in self._frame.schema.fields
        ]

    def close(self) -> None:
        self._frame = None

    def cancel(self) -> None:
        """A statement that runs ends with the process."""

    def rollback(self) -> None:
        """Spark has no transactions."""


def literal(value: Any) -> str:
    """A value of Python as a literal of SQL."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, datetime.datetime):
        return f"timestamp_ntz '{value:%Y-%m-%d %H:%M:%S.%f}'"
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


class SparkSessionConnectionManager(SparkConnectionManager):
    TYPE = "sparksession"

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        if connection.state != ConnectionState.OPEN:
            try:
                session = Session.get(connection.credentials)
            # Java, a server, a missing module: what can fail here has no class in common.
            except Exception as error:
                raise FailedToConnectError(
                    f"no Spark session at {connection.credentials.place}: {error}. A local session "
                    "needs Java 17 or later on the PATH or in JAVA_HOME; a remote one a Spark "
                    "Connect server that answers"
                ) from error
            connection.handle = SparkSessionCursor(session)
            connection.state = ConnectionState.OPEN
        return connection

    @contextmanager
    def exception_handler(self, sql: str) -> Iterator[None]:
        try:
            yield
        except DbtRuntimeError:
            raise
        # Of a JVM, of a server, of Python: errors of Spark have no class in common.
        except Exception as error:
            logger.debug(f"Error while running:\n{sql}\n{error}")
            raise DbtDatabaseError(_first_part(str(error))) from error


def _first_part(message: str) -> str:
    """What went wrong and where, without the plan of the statement and the stack of the JVM."""
    return re.split(r";\n|JVM stacktrace:", message, maxsplit=1)[0].strip()
