"""Which release is the current one.

Each release has a pointer: a link in ``pointers/`` that leads to it. Its name is ``countdown=N``,
where N is the number of microseconds that are left until the year 2286 when the release begins. A
newer pointer has a smaller number and therefore sorts first; it must, because DuckDB takes the
columns of many files from the first one. Making the link is one atomic step. It is made a moment
before the release begins: a query finds all tables of the old release, or all of the new one.
"""

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

from segmart import SegmentationError
from segmart.release import storage

# Microseconds since 1970 of the year 2286, with which N has 16 digits until then.
END_OF_COUNTDOWN = 10**16
# Seconds from the making of a pointer to its beginning, far more than the making takes (10
# microseconds; beside 24 busy processes on two processors at most 56 milliseconds): no query whose
# time is past the beginning can find the pointer for one table and not for another.
NOTICE = 0.5


def point_to(serve: Path, release: str, *, notice: float = NOTICE) -> None:
    """Make a release the current one, in one atomic step; it begins after the notice.

    Args:
        serve: as for ``publish``.
        release: name of a release that stands.
        notice: seconds until it begins.

    Raises:
        SegmentationError: there is no such release, or the clock stands before the last one.
    """
    if not (serve / "releases" / release / "manifest.json").is_file():
        raise SegmentationError(
            f"there is no release {release!r} in {serve}; there are "
            f"{', '.join(standing(serve)) or 'none'}"
        )
    wait_until_begun(serve)
    make_pointer(serve, release, notice)
    link_current(serve, release)


def wait_until_begun(serve: Path) -> None:
    """Wait until the newest pointer has begun.

    Raises:
        SegmentationError: the clock stands long before that.
    """
    for pointer in newest_first(serve)[:1]:
        ahead = (begins(pointer) - now()) / 1e6
        if ahead > 2 * NOTICE:
            raise SegmentationError(
                f"release refused: the current one begins {ahead:.1f} seconds from now. Set "
                f"the clock of this machine; if it was ahead before, remove {pointer}"
            )
        while (left := begins(pointer) - now()) > 0:
            time.sleep(left / 1e6)


def make_pointer(serve: Path, release: str, notice: float) -> None:
    """The step: before it the last release is the current one, after it this one."""
    pointers = serve / "pointers"
    pointers.mkdir(exist_ok=True)
    pointers.chmod(storage.FOLDER_MODE)
    target = Path("..") / "releases" / release
    beginning = now() + round(notice * 1e6)
    (pointers / f"countdown={END_OF_COUNTDOWN - beginning}").symlink_to(target)
    storage.sync(pointers)


def standing(serve: Path) -> list[str]:
    """The names of the releases that stand, the oldest first."""
    return sorted(path.parent.name for path in (serve / "releases").glob("[!.]*/manifest.json"))


def now() -> int:
    """Microseconds since 1970, the clock that DuckDB's ``now()`` reads."""
    return time.time_ns() // 1000


def newest_first(serve: Path) -> list[Path]:
    """The pointers, the newest first."""
    return sorted((serve / "pointers").glob("countdown=*"))


def begins(pointer: Path) -> int:
    """Microseconds since 1970 from when on the release of a pointer is the current one."""
    return END_OF_COUNTDOWN - int(pointer.name.removeprefix("countdown="))


def manifest_of(folder: Path) -> dict:
    """The manifest of a release.

    Raises:
        SegmentationError: it cannot be read.
    """
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text())
        if "source" not in manifest:
            raise ValueError
        return manifest
    except (OSError, TypeError, ValueError):
        raise SegmentationError(
            f"{path} is not the manifest that was published: put it back, or remove its folder "
            f"{path.resolve().parent} and the link to that in pointers/"
        ) from None


def check_files(serve: Path, folder: Path, manifest: dict) -> None:
    """Hold the files of a release against their digests: DuckDB reads a changed one as other rows.

    Raises:
        SegmentationError: one is missing or changed.
    """
    for table, entry in manifest["tables"].items():
        path = folder / f"{table}.parquet"
        if not path.is_file() or storage.sha256(path) != entry["sha256"]:
            raise SegmentationError(
                f"{path} is not the file that was published: put it back, or make another "
                f"release the current one with python -m segmart.release {serve} RELEASE"
            )


def last_manifest(serve: Path, source: str) -> tuple[Path, dict] | None:
    """The folder and the manifest of the release that was the last current one of an input.

    Raises:
        SegmentationError: no link says which of the releases was the current one.
    """
    found = newest_first(serve)
    if not found and was_published(serve) and (releases := standing(serve)):
        raise SegmentationError(
            f"{serve / 'pointers'} has no link to a release, as after a copy without links: name "
            f"the one that is to be current with python -m segmart.release {serve} {releases[-1]}; "
            f"there are {', '.join(releases)}. The next build removes those that were not named"
        )
    for pointer in found:
        manifest = manifest_of(pointer)
        if manifest["source"] == source:
            return pointer, manifest
    return None


def standing_manifests(serve: Path) -> list[dict]:
    """The manifests of all releases that stand, the oldest first."""
    return [manifest_of(serve / "releases" / name) for name in standing(serve)]


def newest_of_earlier_date(manifests: Iterable[dict], last: dict) -> dict | None:
    """The newest of these releases that is of the same input as the last one and of a date before.

    The builds of a date go on from it, however many there are: each is held against the day before.
    """
    earlier = [
        manifest
        for manifest in manifests
        if manifest["source"] == last["source"]
        and manifest["as_of"] < last["as_of"]
        and manifest["release"] < last["release"]
    ]
    return max(earlier, key=lambda manifest: manifest["release"], default=None)


def was_published(serve: Path) -> bool:
    """Whether a release was ever current here: without a pointer only links have been lost."""
    return (serve / "segmart.duckdb").exists() or (serve / "current").is_symlink()


def current_manifest(serve: Path) -> dict | None:
    """The newest release that a pointer leads to; it begins within the notice."""
    for pointer in newest_first(serve):
        return manifest_of(pointer)
    return None


def link_current(serve: Path, release: str) -> None:
    """Make ``current``, for those who read files, lead to the release."""
    aside = serve / ".current.part"
    aside.unlink(missing_ok=True)
    aside.symlink_to(Path("releases") / release)
    os.replace(aside, serve / "current")
    storage.sync(serve)


def target(pointer: Path) -> str:
    """The name of the release that a pointer leads to."""
    return pointer.readlink().name
