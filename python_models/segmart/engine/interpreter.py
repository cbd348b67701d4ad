"""A plugin of dbt-duckdb: how Python's interpreter runs a build."""

import atexit
import gc
import sys
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

# Seconds. DuckDB asks for Python's lock again and again while it runs a query. With Python's own
# 5 ms a query waits that long each time that the other thread of dbt is busy in Python.
SWITCH_INTERVAL = 0.001


class Plugin(BasePlugin):
    def initialize(self, plugin_config: dict[str, Any]) -> None:
        sys.setswitchinterval(SWITCH_INTERVAL)
        if gc.get_freeze_count():
            # What another build in this process has left goes first.
            gc.unfreeze()
            gc.collect()
        # The project, which dbt has loaded, stays to the end: no collection need look through it.
        gc.freeze()
        # Else DuckDB's binding, nanobind, reports as leaks what was never collected.
        atexit.register(gc.unfreeze)
