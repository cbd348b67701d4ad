"""Files that a build makes again only when what they are made of has changed."""

import hashlib
import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from segmart.release.storage import sha256


def keep(file: Path, folder: Path, made_of: str, make: Callable[[], object]) -> None:
    """Make a file, unless it stands as it was made of the same.

    Args:
        file: what ``make`` writes.
        folder: of the note that says what the file was made of, and its checksum then.
        made_of: as ``digest_of`` gives it.
        make: writes the file.
    """
    note = folder / f"{file.name}.made_of"
    if file.is_file() and note.is_file() and note.read_text() == f"{made_of} {sha256(file)}":
        return
    folder.mkdir(parents=True, exist_ok=True)
    make()
    note.write_text(f"{made_of} {sha256(file)}")


def digest_of(
    frames: Mapping[str, pd.DataFrame], code: Sequence[Path], packages: Sequence[str]
) -> str:
    """A digest of all that a file is made of.

    Args:
        frames: by name.
        code: folders of the modules that make the file.
        packages: distributions that they make it with, whose versions count.
    """
    digest = hashlib.sha256()
    for package in packages:
        digest.update(f"{package} {importlib.metadata.version(package)}\n".encode())
    for folder in code:
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            digest.update(f"{path.name}\n".encode() + path.read_bytes())
    for name, frame in sorted(frames.items()):
        table = pa.Table.from_pandas(frame)
        digest.update(f"{name}\n".encode())
        with pa.ipc.new_stream(sink := pa.BufferOutputStream(), table.schema) as stream:
            stream.write_table(table)
        digest.update(sink.getvalue())
    return digest.hexdigest()
