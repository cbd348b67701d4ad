"""segmart: pure functions behind the dbt Python models.

Functions take and return frames and arrays, and can be tested alone. Those that touch the disk
stand in `files`, `releases`, `history`, `erasure`, `spreadsheet` and `exclusive_build`; only
`releases` reads the clock. `interpreter` sets up the process of a build.
"""


class SegmentationError(ValueError):
    """The data or the settings cannot be segmented; the message names the cause and the remedy."""
