"""A build that cannot give segments ends with the remedy, and the last good ones stand."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import DATA, ROOT, Build, dbt_build, slow_and_soak
from segmart.engine.exclusive_build import require_extension

SEGMENTS = "from customer_segments order by customer_id"

# What becomes of the transactions of the first households, and what the error must say.
BAD_INPUTS = {
    "all customers identical": (
        "select distinct on (household_id) * replace (timestamp '2017-06-01' as"
        " transaction_timestamp, 1 as sales_value, 0 as retail_disc, 0 as coupon_disc,"
        " 0 as coupon_match_disc) from transactions",
        {},
        ["feature 'recency_days' is constant", "is_clustered"],
    ),
    "a constant feature": (
        "select * replace (0 as retail_disc, 0 as coupon_disc, 0 as coupon_match_disc)"
        " from transactions",
        {},
        ["feature 'discount_share' is constant", "is_clustered"],
    ),
    "a feature missing for everyone": (
        "select * replace (cast(null as double) as retail_disc) from transactions",
        {},
        ["feature 'discount_share' is missing for every customer", "is_clustered"],
    ),
    "k above the distinct customers": (
        "from transactions where household_id <= 5",
        {"k": 6},
        ["k is 6, but only 5 customers differ", "lower k"],
    ),
    "no customer left": (
        "from transactions",
        {"min_orders": 100000},
        ["no customers are left", "min_orders"],
    ),
    "no row at all": ("from transactions limit 0", {}, ["no row can be used"]),
}


@pytest.fixture(scope="module")
def good(small: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Segments of the first households, well built, for bad builds to come after."""
    return small.copied(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def published(demo: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The segments of the demo, for builds that end before their first model."""
    return demo.copied(tmp_path_factory.mktemp("published"))


def write_data(folder: Path, transactions: str) -> None:
    with duckdb.connect() as connection:
        connection.sql(
            f"create view transactions as from '{DATA}/transactions.parquet'"
            " where household_id <= 40"
        )
        connection.sql(f"copy ({transactions}) to '{folder}/transactions.parquet'")
        for name in ("products", "demographics"):
            connection.sql(f"copy (from '{DATA}/{name}.parquet') to '{folder}/{name}.parquet'")


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD_INPUTS)
def test_the_error_names_the_remedy_and_the_last_segments_stand(name: str, good: Build) -> None:
    transactions, variables, words = BAD_INPUTS[name]
    before, released = good.rows(SEGMENTS), checksums(good.folder / "serve")
    assert len(before) > 30
    assert len(released) > 10
    write_data(good.folder, transactions)
    settings = {"complete_journey": str(good.folder), "k": 2, "max_k": 6, "history": "anew"}
    settings |= variables
    build = dbt_build(good.folder, select="+customer_segments", tests=False, **settings)
    assert build.returncode != 0
    last_word = build.output.splitlines()[-1]
    for word in words:
        assert word in last_word
    assert "Traceback" not in build.output
    assert good.rows(SEGMENTS) == before
    assert checksums(good.folder / "serve") == released


def checksums(folder: Path) -> dict[Path, str]:
    """The checksum of every published file."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"k": "0"}, ["var k", "allowed is auto or a whole number"]),
        ({"as_of": "2018-01-01'; drop schema segments cascade; --"}, ["var as_of", "allowed is"]),
        pytest.param({"complete_journey": "/nowhere"}, ["/nowhere/"], marks=pytest.mark.slow),
        # What YAML makes of yes and no without quotes.
        pytest.param(
            {"statuses": {False: "sale"}},
            ["var statuses", "yes and no stand in quotes"],
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"forgotten_customers": "/nowhere.csv"},
            ["var forgotten_customers", "/nowhere.csv"],
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_bad_var_is_named(variables: dict, words: list[str], published: Build) -> None:
    before = published.rows(SEGMENTS)
    build = dbt_build(published.folder, as_users_do=True, **variables)
    assert build.returncode != 0
    for word in words:
        assert word in build.output
    assert "Traceback" not in build.output
    assert published.rows(SEGMENTS) == before


@pytest.mark.slow
def test_a_refused_release_leaves_the_report_and_all_that_is_published(good: Build) -> None:
    write_data(good.folder, "from transactions where household_id <= 20")
    before = checksums(good.folder / "serve"), good.report.read_bytes()
    settings = {"complete_journey": str(good.folder), "k": 2, "max_k": 4}
    build = dbt_build(good.folder, accept_model="candidate", **settings)
    assert build.returncode != 0
    page = good.folder / "refused.html"
    assert "the var max_drop allows" in build.output
    # The reason is also the last word.
    last = build.output.splitlines()[-1]
    assert "  release refused: of 40 customers of the last release" in last
    assert last.endswith(
        f"{page} shows what was refused; the last release and its report stand as they were"
    )
    assert (checksums(good.folder / "serve"), good.report.read_bytes()) == before
    assert "are gone: more than the share of 0.2" in page.read_text()
    # Amounts that are far too large: nothing is fitted.
    write_data(
        good.folder, "select * replace (sales_value * 1000 as sales_value) from transactions"
    )
    page.unlink()
    build = dbt_build(good.folder, **settings)
    assert build.returncode != 0
    assert (checksums(good.folder / "serve"), good.report.read_bytes()) == before
    assert "drift: spend has drifted since the fit" in page.read_text()
    write_data(good.folder, "from transactions")
    build = dbt_build(good.folder, **settings)
    assert build.returncode == 0, build.output
    assert not page.exists()
    assert good.report.read_bytes() == (good.folder / "serve/dev/current/report.html").read_bytes()


def shown_elsewhere(
    tmp_path: Path, warehouse: str, project: str
) -> subprocess.CompletedProcess[str]:
    """``dbt show`` as a process that is started in the empty folder ``tmp_path / "elsewhere"``."""
    (elsewhere := tmp_path / "elsewhere").mkdir()
    command = [sys.executable, "-m", "dbt.cli.main", "show", "--quiet"]
    command += ["--project-dir", project, "--profiles-dir", str(ROOT)]
    command += ["--inline", "select 1 as one", "--target-path", str(tmp_path / "target")]
    environment = os.environ | {"SEGMART_WAREHOUSE": warehouse}
    return subprocess.run(
        command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_dbt_may_be_started_in_another_folder(tmp_path: Path) -> None:
    # As a path of the profile is, it is relative to the project.
    warehouse = os.path.relpath(tmp_path / "segmart.duckdb", ROOT)
    shown = shown_elsewhere(tmp_path, warehouse, str(ROOT))
    assert shown.returncode == 0, shown.stdout
    assert (tmp_path / "segmart.duckdb").exists()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    ("warehouse", "project", "words"),
    slow_and_soak(
        [("file/segmart.duckdb", str(ROOT), "file/segmart.duckdb cannot be written: ")],
        [
            ("elsewhere", str(ROOT), "elsewhere is a folder: name a file in it"),
            ("segmart.duckdb", "relative", f"is relative: give it as {ROOT}"),
        ],
    ),
)
def test_a_place_that_dbt_cannot_use_is_named(
    warehouse: str, project: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    if project == "relative":
        project = os.path.relpath(ROOT, tmp_path / "elsewhere")
    shown = shown_elsewhere(tmp_path, str(tmp_path / warehouse), project)
    assert shown.returncode != 0
    assert words in shown.stdout
    assert "Traceback" not in shown.stdout + shown.stderr


def test_an_extension_that_is_not_there_is_named() -> None:
    with pytest.raises(RuntimeError, match=r"profiles\.yml: the extension no_such_one of DuckDB"):
        require_extension("no_such_one")
    require_extension("parquet")


@pytest.mark.slow
def test_an_infinite_amount_is_counted_and_reaches_no_feature(good: Build) -> None:
    write_data(
        good.folder,
        "select * replace (case when row_number() over () = 1 then cast('inf' as double)"
        " else sales_value end as sales_value) from transactions",
    )
    build = dbt_build(
        good.folder,
        select="+customer_accounting +rejected_rows",
        complete_journey=str(good.folder),
    )
    assert build.returncode == 0, build.output
    assert build.rows(
        "select column_name, rejected_value from rejected_rows where reason = 'amount_malformed'"
    ) == [("amount", "inf")]
    assert build.rows("select count(*) from customer_features where isinf(spend)") == [(0,)]
