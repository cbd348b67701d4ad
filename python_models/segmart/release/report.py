"""The report of a release: kept with it, and shown where the var report says once it stands."""

import contextlib
import errno
import html
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from segmart import SegmentationError, sentences
from segmart.release import storage

# Its name in the folder of a release.
NAME = "report.html"
# Readable on a light page and on a dark one.
STYLE = "padding: 1rem 1.5rem; background: #8a1020; color: #ffffff; font: 1rem/1.5 sans-serif"


def of_release(drawn: Path, release: str) -> bytes:
    """The report with the name of its release, for which its header has a hidden place.

    Args:
        drawn: the report that the build has drawn, before the release had a name: the same tables
            give the same one.
        release: the name.
    """
    name = html.escape(release).encode()
    return re.sub(
        rb'(<div id="release") hidden(><dt>[^<]*</dt><dd>)',
        lambda place: place[1] + place[2] + name,
        drawn.read_bytes(),
        count=1,
    )


@contextlib.contextmanager
def made_ready(drawn: Path, release: str, place: Path) -> Iterator[Callable[[], None]]:
    """A copy of the report beside its place, and what puts it there in one step.

    A place that cannot be written is found out before anything is published.

    Args:
        drawn, release: as for ``of_release``.
        place: where people open it; it stays as it is until the function that is given is called,
            which also removes the page of a build that was refused.

    Raises:
        SegmentationError: the place cannot be written.
    """
    aside = place.with_name(f".{place.name}.part")
    try:
        with storage.writing("var report", place):
            if place.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            place.parent.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(of_release(drawn, release))
            storage.sync(aside)
        yield lambda: _show(aside, place)
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()


def _show(aside: Path, place: Path) -> None:
    os.replace(aside, place)
    refused_page(place).unlink(missing_ok=True)


def refused_page(place: Path) -> Path:
    """Where the page of a build stands whose release was refused."""
    return place.with_name("refused.html")


@contextlib.contextmanager
def explained(drawn: Path, place: Path) -> Iterator[None]:
    """Has a refusal write a page of its own, the reason on top, and say where it is.

    Args:
        drawn: the report that the build has drawn.
        place: of the report, which stays as it is.

    Raises:
        SegmentationError: what is done inside was refused.
    """
    try:
        yield
    except SegmentationError as error:
        page = refused_page(place)
        try:
            page.parent.mkdir(parents=True, exist_ok=True)
            with storage.written_whole(page) as aside:
                aside.write_text(with_reason(drawn.read_text(), str(error)))
        except OSError:
            # The reason counts, which may be that nothing can be written there.
            raise error from None
        raise SegmentationError(f"{error}. {sentences.refused_page(page)}") from None


def with_reason(report: str, reason: str) -> str:
    """A report, as HTML, that says on top why it is none of a release."""
    said = html.escape(sentences.not_released(reason))
    banner = f'<section lang="en" aria-label="Not released" style="{STYLE}"><p>{said}</p></section>'
    report = report.replace("<title>", "<title>Not released: ", 1)
    return re.sub(r"<body[^>]*>", lambda body: f"{body[0]}\n{banner}", report, count=1)
