"""``dbt build`` killed at any moment: what is published stays whole, the next build recovers."""

import functools
import hashlib
import json
import random
import time
from pathlib import Path

import pytest

from conftest import Build, slow_and_soak
from reader import reopened_once
from test_readers import build_of
from test_releases import STEPS, die_at

# A release is discarded when more than the last seven stand, which is tested without dbt.
AT_STEPS = [(*step, after) for step in STEPS if step[1] != "_discard" for after in (False, True)]
# Shares of the time that a build takes.
AT_RANDOM = [
    random.Random(seed).uniform(0.05, 1)  # noqa: S311 - moments of kills, no secret
    for seed in range(60 - len(AT_STEPS) - 10)
]
KILLS = [*AT_STEPS, *AT_STEPS[:10], *AT_RANDOM]


def whole_release(serve: Path) -> tuple:
    """What a new client sees, after every file of it has been held against its checksum."""
    folder = (serve / "current").resolve()
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, entry in manifest["tables"].items():
        contents = (folder / f"{name}.parquet").read_bytes()
        assert hashlib.sha256(contents).hexdigest() == entry["sha256"], name
    report = (folder / "report.html").read_bytes()
    assert hashlib.sha256(report).hexdigest() == manifest["report"]["sha256"]
    answer = reopened_once(str(serve / "segmart.duckdb"), "", "")
    assert len(set(answer[:3])) == 1, answer
    assert len(set(answer[3:])) == 1, answer
    return answer


def kill_and_recover(last: Build, kill: tuple[str, str, bool] | str | float) -> None:
    """A build of other customers, killed; then one that ends."""
    serve = last.folder / "serve" / "dev"
    before, reports = whole_release(serve), {last.report.read_bytes()}
    households = 50 if before[0] < 50 else 40
    if isinstance(kill, tuple):
        killed = build_of(last.folder, households, die=functools.partial(die_at, *kill))
    else:
        killed = build_of(last.folder, households, kill_after=kill)
    assert killed.returncode == -1, killed.output
    assert whole_release(serve)[0] in (before[0], households)
    reports.add((serve / "current/report.html").read_bytes())
    assert last.report.read_bytes() in reports
    again = build_of(last.folder, households)
    assert again.returncode == 0, again.output
    assert whole_release(serve)[0] == households
    assert last.report.read_bytes() == (serve / "current/report.html").read_bytes()
    assert not [*serve.rglob("*.part"), *last.folder.glob(".*.part")]


@pytest.fixture(scope="module")
def last(small: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return small.copied(tmp_path_factory.mktemp("killed"))


@pytest.fixture(scope="module")
def seconds(last: Build) -> float:
    """How many seconds the next builds take at least."""
    began = time.monotonic()
    build = build_of(last.folder, 50)
    assert build.returncode == 0, build.output
    return (time.monotonic() - began) * 0.9


@pytest.mark.parametrize(
    "kill",
    slow_and_soak(
        [(("segmart.release.pointers", "make_pointer", True),)], [("customer_segments",)]
    ),
)
def test_a_killed_build_leaves_a_whole_release(kill: tuple | str, last: Build) -> None:
    kill_and_recover(last, kill)


@pytest.mark.soak
@pytest.mark.parametrize("kill", KILLS, ids=str)
def test_sixty_killed_builds_leave_a_whole_release(
    kill: tuple | float, last: Build, seconds: float
) -> None:
    kill_and_recover(last, kill if isinstance(kill, tuple) else kill * seconds)
