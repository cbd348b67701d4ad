"""segmart as a package in a dbt project of somebody else, which has models of the same names."""

import functools
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Build, run_in_fork, slow_and_soak

# Neither the smallest nor the largest id: of these DuckDB may keep one beside the tables of others.
FORGOTTEN = "c0030qzkvhwx"
HOST = ROOT / "tests" / "host_project"


@dataclass(frozen=True)
class Host:
    """A copy of the project in a folder of its own, with segmart installed by ``dbt deps``."""

    folder: Path

    def environment(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
        return {**others, "TZ": "America/New_York"}

    def dbt(self, *words: str) -> Build:
        """Run dbt there, in a fork of the server that has imported it."""
        output = self.folder.with_name("output.txt")
        words = ("--no-use-colors", *words)
        returncode = run_in_fork([*words], self.environment(), self.folder, output)
        return Build(self.folder, returncode, output.read_text())

    def manifest(self) -> dict:
        return json.loads((self.folder / "target" / "manifest.json").read_text())

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(self.folder / "shop.duckdb") as connection:
            return connection.execute(sql).fetchall()

    def releases(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "serve/prod/releases").glob("*"))


def installed(folder: Path) -> Host:
    shutil.copytree(HOST, folder, ignore=shutil.ignore_patterns("dbt_packages", "target", "logs"))
    packages = folder / "packages.yml"
    packages.write_text(packages.read_text().replace("../..", str(ROOT)))
    host = Host(folder)
    # Without the web: git and http would fail.
    deps = host.dbt("deps")
    assert deps.returncode == 0, deps.output
    buyer = (
        f"case when number = 30 then '{FORGOTTEN}' else 'c' || lpad(number::varchar, 4, '0') end"
    )
    duckdb.sql(
        f"copy (select {buyer} as buyer, 'o' || number || '-' || line as order_id, "
        "date '2024-01-01' + cast(hash(number, line) % 180 as integer) as ordered_at, "
        "cast(5 + number * 3 % 50 + line as decimal(18, 2)) as amount "
        "from range(600) as customers (number), range(8) as lines (line) "
        f"where line < 2 + number % 7 order by all) to '{folder}/sales.parquet'"
    )
    return host


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Host:
    host = installed(tmp_path_factory.mktemp("parsed") / "shop")
    parse = host.dbt("parse")
    assert parse.returncode == 0, parse.output
    assert "depends on the root project node" not in parse.output
    return host


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Host:
    host = installed(tmp_path_factory.mktemp("built") / "shop")
    # As a user does, in a process that has imported nothing.
    variables = "{a_var_of_the_shop: 2024-01-31, as_of: 2024-06-29}"
    build = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "build", "--vars", variables],
        cwd=host.folder,
        env=host.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout
    return host


@pytest.mark.slow
def test_each_project_reads_its_own_models(parsed: Host) -> None:
    manifest = parsed.manifest()
    others = set()
    for kind in ("nodes", "exposures", "unit_tests"):
        for node_id, node in manifest[kind].items():
            for read in node.get("depends_on", {}).get("nodes", []):
                if node["package_name"] != read.split(".")[1]:
                    others.add((node_id, read))
    assert others == {
        ("model.segmart.files__order_lines", "model.shop.shop_order_lines"),
        ("model.segmart.files__columns_left_out", "model.shop.shop_order_lines"),
        ("model.segmart.suspicious_columns", "model.shop.shop_order_lines"),
        ("model.segmart.files__customers", "model.shop.customers"),
        ("model.shop.large_customers", "model.segmart.customer_segments"),
        ("model.shop.large_customers", "model.segmart.segments"),
    }
    tests = {
        node["name"]: node["depends_on"]["nodes"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["package_name"] == "shop"
    }
    assert sorted(map(tuple, tests.values())) == [
        ("model.shop.orders",),
        ("model.shop.segments",),
        ("model.shop.segments",),
    ]
    assert not manifest["unit_tests"]


@pytest.mark.slow
def test_schemas_follow_the_rule_of_the_project(parsed: Host, tmp_path: Path) -> None:
    def schema(host: Host, node: str) -> str:
        return host.manifest()["nodes"][node]["schema"]

    assert schema(parsed, "model.segmart.orders") == "shop__orders"
    assert schema(parsed, "model.shop.orders") == "shop__marts"
    plain = Host(shutil.copytree(parsed.folder, tmp_path / "shop", symlinks=True))
    shutil.rmtree(plain.folder / "target")
    (plain.folder / "macros" / "generate_schema_name.sql").unlink()
    parse = plain.dbt("parse")
    assert parse.returncode == 0, parse.output
    assert schema(plain, "model.segmart.orders") == "shop_orders"
    assert schema(plain, "seed.segmart.segment_names") == "shop_staging"
    assert schema(plain, "model.shop.orders") == "shop_marts"


@pytest.mark.slow
def test_the_tests_that_can_stop_a_release_are_counted(parsed: Host) -> None:
    macro = (ROOT / "dbt_project/macros/refuse_partial_build.sql").read_text()
    stopping = [
        node
        for node in parsed.manifest()["nodes"].values()
        if node["resource_type"] == "test"
        and node["package_name"] == "segmart"
        and node["config"]["severity"].lower() == "error"
    ]
    assert int(re.search(r"all_that_stop = (\d+)", macro)[1]) == len(stopping)


@pytest.mark.slow
def test_the_look_before_a_build_runs_the_tests_of_what_it_builds(parsed: Host) -> None:
    look = parsed.dbt("build", "--select", "+input_check", "--indirect-selection", "buildable")
    assert look.returncode == 0, look.output
    assert "input: order_lines: 2995 rows, 600 customers" in look.output
    assert parsed.releases() == []


@pytest.mark.slow
def test_a_build_of_both_publishes(built: Host) -> None:
    assert len(built.releases()) == 1
    assert (built.folder / "reports/out/segments.html").is_file()
    assert built.rows("select count(*) from shop__segments.customer_segments") == [(600,)]
    assert built.rows("select count(*) from shop__marts.large_customers") == [(600,)]
    # 2, 3, ... 8 orders of 600 customers.
    orders = sum(2 + number % 7 for number in range(600))
    assert built.rows("from shop__marts.orders") == [(orders,)]
    assert built.rows("select count(*) from shop__orders.orders") == [(orders,)]


@pytest.mark.parametrize(
    ("words", "data_tests", "reason"),
    slow_and_soak(
        [
            (
                ("--exclude", "accounting_adds_up"),
                None,
                "release refused: 1 models, seeds and tests are not part of this build, such as"
                " accounting_adds_up",
            ),
            ((), "{segmart: {+enabled: false}}", "release refused: 61 data tests of segmart are"),
            (
                (),
                # A host softens one test of segmart: the release of that build must be refused.
                "{segmart: {labels_equal_scikit_learn: {+severity: warn}}}",  # what must be refused
                "release refused: 1 data tests of segmart are switched off or softened",
            ),
            ((), "{+where: 1 = 0}", "data tests of segmart are switched off or softened"),
        ],
        [
            (
                ("--exclude-resource-type", "test"),
                None,
                "models, seeds and tests are not part of this build",
            )
        ],
    ),
)
def test_a_build_without_a_test_of_segmart_is_refused(
    words: tuple[str, ...], data_tests: str | None, reason: str, built: Host
) -> None:
    before = built.releases()
    project = built.folder / "dbt_project.yml"
    text = project.read_text()
    try:
        if data_tests:
            project.write_text(f"{text}\ndata_tests: {data_tests}\n")
            # What is asked for here is the reason: the rest stands from the build before.
            words = ("--select", "releases")
        build = built.dbt("build", *words)
    finally:
        project.write_text(text)
    assert build.returncode != 0
    assert reason in " ".join(build.output.split())
    assert built.releases() == before


@pytest.mark.slow
def test_a_build_of_segmart_alone_publishes_and_erases_in_its_own_tables(built: Host) -> None:
    releases = len(built.releases())
    # Large tables of others, one of them in a schema of segmart, between what is erased.
    large = "create or replace table {} as select md5(range::varchar) as x from range(300000)"
    by_hand = (["by_hand", "shop__segments.by_hand"], ["shop__orders.by_hand"])
    for names in by_hand:
        for name in names:
            built.rows(large.format(name))
        build = built.dbt("build", "--select", "package:segmart", "--full-refresh")
        assert build.returncode == 0, build.output
    assert len(built.releases()) == releases + len(by_hand)
    held = functools.partial(holds, built.folder)
    assert "shop.duckdb" in held()

    (built.folder / "forgotten.csv").write_text(f"customer_id\n{FORGOTTEN}\n")
    build = built.dbt("build", "--vars", "{forgotten_customers: forgotten.csv}")
    assert build.returncode == 0, build.output
    # The inputs hold it, compressed or not.
    assert set(held()) <= {"forgotten.csv", "sales.parquet"}
    for name in itertools.chain(*by_hand):
        assert built.rows(f"select count(*) from {name}") == [(300000,)]
    assert built.rows("select count(*) from shop__segments.customer_segments") == [(599,)]
    assert built.rows("select count(*) from shop__marts.segments") == [(2,)]


def holds(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        # dbt_packages leads to segmart itself.
        if path.is_file() and FORGOTTEN.encode() in path.read_bytes()
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    slow_and_soak(
        [("profiles.yml", "UTC", "Europe/Berlin", "the setting TimeZone is not UTC")],
        [
            ("dbt_project.yml", "input: files", "k: 3", "segmart has no input"),
            # As one copied from an earlier version would lack the kinds of later vars.
            (
                "dbt_project.yml",
                "input: files",
                "input: files\n    setting_kinds: {k: {from: 1, to: 9}}",
                "take setting_kinds out of your dbt_project.yml",
            ),
            (
                "dbt_project.yml",
                "ref:shop_order_lines",
                "ref:segmart.no.such",
                "var order_lines is",
            ),
        ],
    ),
)
def test_what_is_amiss_is_said_when_segmart_is_built(
    file: str, old: str, new: str, reason: str, tmp_path: Path
) -> None:
    host = installed(tmp_path / "shop")
    path = host.folder / file
    path.write_text(path.read_text().replace(old, new, 1))
    build = host.dbt("build", "--select", "package:segmart")
    assert build.returncode != 0
    assert reason in " ".join(build.output.split())
    if file == "profiles.yml":
        # Who builds models of the shop alone is not bothered; a name alone selects those of both.
        build = host.dbt("build", "--select", "+shop.orders")
        assert build.returncode == 0, build.output
