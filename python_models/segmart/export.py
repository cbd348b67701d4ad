"""The current release as one file that needs no other, for a laptop or another machine.

``python -m segmart.export one-file.duckdb``; ``--help`` has the options.
"""

import argparse
import os
import tempfile
from pathlib import Path

import duckdb

from segmart import SegmentationError
from segmart.release import catalog, pointers, storage


def export(serve: Path, target: Path) -> dict:
    """Write the current release as a file of DuckDB, in one step; return its manifest.

    All tables are read from the folder of that release, whatever is published meanwhile.

    Args:
        serve: folder of the releases of one target. It may be a copy, and is only read.
        target: a file that is not there yet.

    Raises:
        SegmentationError: there is no release, it is removed meanwhile, one of its files is not the
            one that was published, or the target is there already or cannot be written.
    """
    if os.path.lexists(target):
        raise SegmentationError(f"{target} is there already: remove it first, or name another file")
    found = pointers.newest_first(serve)
    if not found:
        raise SegmentationError(
            f"{serve} has no current release: name the folder serve/TARGET, or if this is a copy "
            f"without its links, first run python -m segmart.release {serve} RELEASE"
        )
    folder = found[0].resolve()
    manifest = pointers.manifest_of(folder)
    with (
        storage.writing("export", target),
        # Nobody else may enter the folder: until it is whole, the file has the rights of any other.
        tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as aside,
    ):
        made = Path(aside, "export.duckdb")
        try:
            pointers.check_files(serve, folder, manifest)
            catalog.write_file(made, catalog.of_one_release(manifest["tables"], folder))
        except (SegmentationError, duckdb.IOException):
            if folder.is_dir():
                raise
            raise SegmentationError(
                f"release {folder.name} was removed while it was read: run the command again"
            ) from None
        made.chmod(storage.FILE_MODE)
        storage.sync(made)
        os.replace(made, target)
        storage.sync(target.parent)
    return manifest


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m segmart.export", description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path, help="the file to write, which is not there yet")
    parser.add_argument(
        "--serve",
        type=Path,
        default=Path("serve/dev"),
        help="folder of the releases of a target. Default: serve/dev",
    )
    arguments = parser.parse_args()
    try:
        exported = export(arguments.serve, arguments.file)
    except SegmentationError as error:
        raise SystemExit(str(error)) from None
    print(f"release {exported['release']}, {len(exported['tables'])} tables")
