"""The demo built once by dbt, in a folder of its own, as a user builds it."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Build:
    """One run of ``dbt build`` and what it left in its folder."""

    folder: Path
    returncode: int
    output: str

    @property
    def warehouse(self) -> Path:
        return self.folder / "segmart.duckdb"

    @property
    def report(self) -> Path:
        return self.folder / "segments.html"

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            return connection.sql(sql).fetchall()


def dbt_build(
    folder: Path, *, threads: int = 2, command: str = "build", **variables: object
) -> Build:
    """Run dbt as a subprocess: after it ran in this process, DuckDB would not open the file."""
    pairs = {"report": str(folder / "segments.html"), **variables}
    environment = os.environ | {
        "SEGMART_WAREHOUSE": str(folder / "segmart.duckdb"),
        "SEGMART_THREADS": str(threads),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    finished = subprocess.run(
        ["dbt", "--no-use-colors", command, "--vars", repr(pairs)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return Build(folder, finished.returncode, finished.stdout + finished.stderr)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Build:
    build = dbt_build(tmp_path_factory.mktemp("demo"))
    assert build.returncode == 0, build.output
    return build
