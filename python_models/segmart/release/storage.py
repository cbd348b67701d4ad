"""Files and folders of releases: who may read them, their digests, and how they reach the disk."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb

from segmart import SegmentationError

# Its owner writes, its group reads, nobody else; a published file is written by no one.
FOLDER_MODE, FILE_MODE = 0o750, 0o440


@contextlib.contextmanager
def writing(setting: str, path: Path) -> Iterator[None]:
    """Has an error of the disk name the setting that says where to write, such as ``var serve``.

    Raises:
        SegmentationError: what is written inside cannot be.
    """
    try:
        yield
    except (OSError, duckdb.IOException) as error:
        raise SegmentationError(
            f"{setting}: {path} cannot be written: {getattr(error, 'strerror', None) or error}. "
            "Make room or give the right to write there, or name another place"
        ) from None


@contextlib.contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """The path of a file to write, which takes the name of the target when the block ends.

    So nobody meets half of it. Where the block fails the target stays as it was.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield aside
        os.replace(aside, target)
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()


def values(table: duckdb.DuckDBPyRelation, column: str) -> set:
    """The distinct values of a column."""
    return {value for (value,) in table.project(column).distinct().fetchall()}


def sha256(path: Path) -> str:
    """The digest of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Have a file or folder written to the disk before anything else is done."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def quote(text: object) -> str:
    """A text for between single quotes of SQL."""
    return str(text).replace("'", "''")
