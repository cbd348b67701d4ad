"""Clients that read while dbt builds: none is refused, none sees two releases at once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Build, dbt_build, write_households

PYTHON = [sys.executable]
# The newest client of the format before; it has an environment of its own.
OLDER = [
    os.environ.get("UV") or shutil.which("uv") or "uv",
    *("run", "--no-project", "--isolated", "--with", "duckdb==1.5.6", "python"),
]
READS = 1000
READERS = {
    "held": ("held", PYTHON),
    "reopened": ("reopened", PYTHON),
    "prepared": ("prepared", PYTHON),
    "sqlalchemy": ("sqlalchemy", PYTHON),
    "parquet": ("parquet", PYTHON),
    "held by 1.5.6": ("held", OLDER),
    "reopened by 1.5.6": ("reopened", OLDER),
}


def build_of(folder: Path, households: int, data: Path | None = None, **options: object) -> Build:
    """A build of the first households of the demo, whose files are written to ``data``."""
    data = data or folder
    write_households(data, households)
    return dbt_build(folder, complete_journey=str(data), k=2, max_k=4, **options)


def start(readers: dict, path: Path, folder: Path) -> dict[str, subprocess.Popen]:
    """The readers, as processes of their own."""
    return {
        name: subprocess.Popen(
            [
                *(*command, str(ROOT / "tests/reader.py"), kind),
                *(str(path), str(folder / "stop"), str(folder / f"{name}.json")),
            ],
            cwd=folder,
        )
        for name, (kind, command) in readers.items()
    }


def stop(processes: dict[str, subprocess.Popen], folder: Path) -> dict[str, dict]:
    (folder / "stop").touch()
    results = {}
    for name, process in processes.items():
        assert process.wait(60) == 0, name
        results[name] = json.loads((folder / f"{name}.json").read_text())
    (folder / "stop").unlink()
    return results


def number_in(path: Path) -> int:
    """Of a file that is written at the same time, and may be empty."""
    return int(path.read_text() or 0)


@pytest.mark.soak
def test_readers_through_three_builds(small: Build, tmp_path: Path) -> None:
    small.copied(tmp_path)
    processes = start(READERS, tmp_path / "serve/dev/segmart.duckdb", tmp_path)
    versions = []
    # Three builds, and further ones where a machine is so fast that few reads fell into these.
    for number, households in enumerate([50, 45, 60] * 4):
        if number >= 3 and sum(map(number_in, tmp_path.glob("*.reads"))) >= READS:
            break
        build = build_of(tmp_path, households, refit=True, accept_model="candidate")
        assert build.returncode == 0, build.output
        versions += build.rows("select distinct model_version from customer_segments")
    results = stop(processes, tmp_path)
    print({name: result["reads"] for name, result in results.items()})
    assert {name: result["errors"] for name, result in results.items()} == {
        name: [] for name in READERS
    }
    assert sum(result["torn"] for result in results.values()) == 0
    assert sum(result["reads"] for result in results.values()) >= READS
    assert len(set(versions)) >= 3
    for name, result in results.items():
        seen = {answer[3] for answer in result["seen"]}
        assert {version for (version,) in versions} <= seen, name


@pytest.mark.soak
def test_the_build_file_itself_serves_no_reader(small: Build, tmp_path: Path) -> None:
    """The control: a reader of the file that dbt writes is refused, and refuses the build."""
    build = small.copied(tmp_path)
    processes = start({"polling": ("build_file", PYTHON)}, build.warehouse, tmp_path)
    # A reader that holds the file just when a build begins ends it: then the next one begins.
    for _ in range(10):
        if (build := build_of(tmp_path, 50)).returncode == 0:
            break
    result = stop(processes, tmp_path)["polling"]
    assert build.returncode == 0, build.output
    assert result["errors"] or result["torn"]
    with duckdb.connect(build.warehouse, read_only=True):
        assert build_of(tmp_path, 60).returncode != 0
