"""segmart: pure functions behind the dbt Python models.

Every function takes and returns frames and arrays; nothing here reads a database or the clock, and
only `files`, `releases`, `erasure` and `exclusive_build` touch the disk: each can be tested alone and runs the same beside DuckDB
and Spark.
"""


class SegmentationError(ValueError):
    """The data or the settings cannot be segmented; the message names the cause and the remedy."""
