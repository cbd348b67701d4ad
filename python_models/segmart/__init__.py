"""segmart: pure functions behind the dbt Python models.

Functions take and return frames and arrays, and can be tested alone. ``files`` reads the disk,
``release`` reads and writes it, ``engine`` knows DuckDB and Spark, ``model`` does neither, and
``sentences`` says in words what the others have found.
"""


class SegmentationError(ValueError):
    """The data or the settings cannot be segmented; the message names the cause and the remedy."""

    # dbt-duckdb prints the stack of what a model raises; people need the message alone.
    __traceback__ = property(lambda self: None, lambda self, stack: None)


def shown(value: str, most: int = 80) -> str:
    """A value from outside as messages have it: of a long one the beginning, with a sign for it."""
    return value if len(value) <= most else value[: most - 1] + "…"
