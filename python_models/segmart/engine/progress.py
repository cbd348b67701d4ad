"""How far a long statement of DuckDB is, said while it runs."""

import atexit
import threading
import weakref

import duckdb
from dbt_common.events.contextvars import get_node_info

from segmart.engine.words import say

# Seconds from one line to the next. A statement that takes less says nothing.
EVERY = 10.0


class Progress:
    """Looks at the statements of all cursors in turn, on a thread that ends with the process."""

    def __init__(self) -> None:
        # Each cursor, the node whose statements it runs, and how far it was at the last look.
        self._watched: list[tuple[weakref.ref, str, float]] = []
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()

    def watch(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Look at a cursor of the node that is being built on this thread, until it is closed."""
        node = get_node_info().get("node_name")
        if not node:
            return
        # DuckDB measures where it has a bar, and draws none.
        cursor.execute("set enable_progress_bar_print = false")
        cursor.execute("set enable_progress_bar = true")
        self._watched.append((weakref.ref(cursor), node, 0.0))
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_on, daemon=True)
            self._thread.start()
            # What the thread holds would outlive DuckDB's module, which complains.
            atexit.register(self._end)

    def _look_on(self) -> None:
        while not self._is_over.wait(EVERY):
            self.look()

    def _end(self) -> None:
        self._is_over.set()
        self._thread.join()

    def look(self) -> None:
        """Say how far the statements are that ran at the last look too."""
        for _ in range(len(self._watched)):
            seen, node, before = self._watched.pop(0)
            cursor = seen()
            try:
                percent = cursor.query_progress() if cursor is not None else None
            except duckdb.Error:
                percent = None
            if percent is None:
                # The node is done.
                continue
            if 0 < before <= percent < 100:
                say(f"{node}: {percent:.0f} % of a long statement is done")
            self._watched.append((seen, node, percent))
