"""A full disk: the release that was published stands, and once there is room the next run succeeds.

The disk is a small tmpfs; to mount one takes root.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from segmart import SegmentationError
from test_killed_builds import whole_release
from test_readers import build_of
from test_releases import publish, published

MEGABYTE = 1 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    # A container may lack the right, which no test can give itself; pytest names the skip.
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int) -> None:
    """Leave so many bytes of the disk."""
    free = os.statvfs(disk)
    with (disk / "filler").open("wb") as file:
        file.write(bytes(max(free.f_bavail * free.f_frsize - left, 0)))


def free(disk: Path) -> None:
    (disk / "filler").unlink()


@pytest.mark.slow
def test_a_publication_fails_whole_wherever_the_disk_is_full(disk: Path) -> None:
    serve = disk / "serve"
    customers = 5000
    publish(serve, "r00000", customers)
    failures = 0
    # Page by page, until there is room for all of a release.
    for pages in range(200):
        fill(disk, left=pages * 4096)
        standing = published(serve)
        try:
            # Other comments make another catalog, which is written when the release is current.
            comments = {"segments": {"customers": f"With {pages // 9} pages."}}
            publish(serve, f"r{pages:05}a", customers + failures + 1, comments=comments)
        except (OSError, duckdb.IOException, SegmentationError):
            failures += 1
        else:
            break
        finally:
            free(disk)
        new = (f"r{pages:05}a", customers + failures, customers + failures)
        assert published(serve) == standing or (pages % 9 == 0 and published(serve) == new)
        publish(serve, f"r{pages:05}b", customers + failures, comments=comments)
        assert published(serve)[:2] == (f"r{pages:05}b", customers + failures)
    assert failures >= 6
    assert published(serve)[1:] == (customers + failures + 1, customers + failures + 1)


@pytest.mark.soak
def test_a_build_on_a_full_disk_leaves_the_release(disk: Path, tmp_path: Path) -> None:
    first = build_of(disk, 40, data=tmp_path)
    assert first.returncode == 0, first.output
    serve = disk / "serve" / "dev"
    before = whole_release(serve)
    # No room at the beginning, in the middle and near the end of a build.
    for left in (0, MEGABYTE, 6 * MEGABYTE):
        fill(disk, left)
        failed = build_of(disk, 50, data=tmp_path)
        assert failed.returncode != 0, f"{left} bytes were enough"
        assert whole_release(serve) == before
        free(disk)
    again = build_of(disk, 50, data=tmp_path)
    assert again.returncode == 0, again.output
    assert whole_release(serve)[0] == 50
