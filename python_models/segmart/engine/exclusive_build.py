"""A plugin of dbt-duckdb: one build at a time, in the project's folder, and in how much memory.

A build whose file another build or a client holds stops at once, with a sentence.
"""

import atexit
import gc
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags

from segmart import SegmentationError
from segmart.engine import debug_events
from segmart.engine.progress import Progress
from segmart.engine.words import say_failed_tests_last
from segmart.release.storage import quote, writing


class Plugin(BasePlugin):
    def initialize(self, plugin_config: dict[str, Any]) -> None:
        # What dbt has read of the project stays until the build ends: to look for garbage in it
        # again and again takes a twentieth of a build of the demo. Once a process, which may build
        # again and again: what is frozen is never freed.
        if not gc.get_freeze_count():
            gc.freeze()
            # DuckDB's module complains of what is left when the process ends.
            atexit.register(gc.unfreeze)
        debug_events.leave_out()
        self.memory_limit = plugin_config.get("memory_limit")
        self.progress = Progress()
        say_failed_tests_last()
        # dbt prints a RuntimeError as its message alone, any other error with its stack.
        project = get_flags().PROJECT_DIR
        if not os.path.isabs(project) and not os.path.samefile(project, "."):
            raise RuntimeError(
                f"--project-dir {project} is relative: give it as {os.path.abspath(project)}"
            )
        for extension in self.creds.extensions or ():
            if isinstance(extension, str):
                require_extension(extension)
        # Paths of the profile and of the vars mean the same wherever dbt is started.
        os.chdir(project)
        path = Path(self.creds.path)
        if path.is_dir():
            raise RuntimeError(f"SEGMART_WAREHOUSE: {path} is a folder: name a file in it")
        if not path.is_file():
            # dbt makes it, with the storage version of the profile, but not its folder.
            try:
                with writing("SEGMART_WAREHOUSE", path):
                    path.parent.mkdir(parents=True, exist_ok=True)
            except SegmentationError as error:
                raise RuntimeError(str(error)) from None
            return
        try:
            duckdb.connect(self.creds.path).close()
            # What a build that was killed had moved out of memory: nobody reads it any more.
            shutil.rmtree(f"{self.creds.path}.tmp", ignore_errors=True)
        except duckdb.IOException as error:
            raise RuntimeError(
                f"{self.creds.path} cannot be opened to build. If another build runs or a client "
                "holds the file, wait until it has ended or close it; clients read the catalog in "
                f"serve/ instead. DuckDB says: {error}"
            ) from None

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        # Not a setting of the profile, which must have a value: before DuckDB 2.0 no value
        # means the default, a share of the machine.
        if self.memory_limit:
            conn.execute(f"set memory_limit = '{quote(self.memory_limit)}'")

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self.progress.watch(cursor)


def require_extension(extension: str) -> None:
    """Refuse an extension of the profile that is not on this machine and cannot be fetched."""
    with duckdb.connect() as connection:
        try:
            connection.load_extension(extension)
        except duckdb.Error:
            try:
                connection.install_extension(extension)
            except duckdb.Error as error:
                raise RuntimeError(
                    f"profiles.yml: the extension {extension} of DuckDB is not on this machine and "
                    f"cannot be fetched ({str(error).splitlines()[0]}). Install it where there is "
                    "a network, or remove it from extensions"
                ) from None
