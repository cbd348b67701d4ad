"""The same project on Spark: in a local session, and on a cluster through Spark Connect."""

import math
import re
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from conftest import Build, dbt_build, write_households
from spark_cluster import NEEDS_SPARK, Cluster, cluster
from test_own_data import AS_OF, SHOP_COLUMNS, shop_lines

pytestmark = NEEDS_SPARK


def released(build: Build, target: str) -> dict[str, pa.Table]:
    """The public tables of a build, by name."""
    folder = build.folder / "serve" / target / "current"
    return {path.stem: pq.read_table(path) for path in sorted(folder.glob("*.parquet"))}


def differences(expected: pa.Table, found: pa.Table) -> list[str]:
    """Where two tables differ: keys, labels and decimals at all, others by more than 1e-9."""
    types = [[(field.name, field.type) for field in table.schema] for table in (expected, found)]
    if types[0] != types[1]:
        return [f"columns {types[1]}, expected {types[0]}"]
    doubles = [field.name for field in expected.schema if pa.types.is_floating(field.type)]
    exact = [name for name in expected.column_names if name not in doubles]
    order = [(name, "ascending") for name in [*exact, *doubles]]
    expected, found = expected.sort_by(order), found.sort_by(order)
    rows = [table.select(exact).to_pylist() for table in (expected, found)]
    if rows[0] != rows[1]:
        first = next((pair for pair in zip(*rows, strict=False) if pair[0] != pair[1]), None)
        return [f"{len(rows[1])} rows, expected {len(rows[0])}; first {first}"]
    return [
        f"{name}, row {number}: {is_} expected {was}"
        for name in doubles
        for number, (was, is_) in enumerate(
            zip(expected[name].to_pylist(), found[name].to_pylist(), strict=True)
        )
        if (was is None) != (is_ is None)
        or (was is not None and not math.isclose(was, is_, rel_tol=1e-9, abs_tol=1e-12))
    ]


def assert_equal_to_duckdb(on_spark: Build, on_duckdb: Build) -> None:
    assert on_spark.returncode == 0, on_spark.output
    expected, found = released(on_duckdb, "dev"), released(on_spark, "spark")
    assert list(found) == list(expected)
    wrong = {name: differences(expected[name], found[name])[:3] for name in expected}
    assert {name: lines for name, lines in wrong.items() if lines} == {}


def test_differences_are_found() -> None:
    one = pa.table({"id": [1, 2], "x": [1.0, None]})
    assert differences(one, one.slice(1).cast(one.schema)) != []
    for other in ({"x": [1.0 + 1e-8, None]}, {"x": [1.0, 2.0]}, {"id": [1, 3]}, {"id": ["1", "2"]}):
        assert differences(one, pa.table(one.to_pydict() | other)) != []
    assert differences(one, pa.table(one.to_pydict() | {"x": [1.0 + 1e-12, None]})) == []


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


def test_forty_households_in_a_local_session_equal_duckdb(small: Build, tmp_path: Path) -> None:
    variables = {"complete_journey": str(small.folder), "k": 2, "max_k": 6}
    assert_equal_to_duckdb(dbt_build(tmp_path, target="spark", **variables), small)


@pytest.mark.soak
def test_the_demo_in_a_local_session_equals_duckdb(demo: Build, tmp_path: Path) -> None:
    assert_equal_to_duckdb(dbt_build(tmp_path, target="spark"), demo)
    with duckdb.connect(tmp_path / "serve/spark/segmart.duckdb", read_only=True) as connection:
        assert (
            connection.sql(
                "select view_name from duckdb_views() where comment is null and not internal"
            ).fetchall()
            == []
        )


# What a file of a shop is called that has the names of these.
SHOP_NAMES = {
    contract: {"customer_id": "CustNo"}.get(contract, contract) for contract in SHOP_COLUMNS
}
FAULTY = {
    "first.csv": (
        "CustNo,ordered_at,order_id,amount,quantity,product_id,note\n"
        "1,2024-01-05,A1,10.5,1,x,n\n"
        "1,2024-01-05,A1,10.5,1,x,n\n"
        "1,2024-01-05,A1,10.5,1,x,other\n"
        '2,2024-01-06T10:00:00+02:00,A2,"7",2,"two\nlines",n\n'
        "\n"
        "3,2024-01-07,A3,5,1,x\n"
        "4,2024-01-08,A4,5,1,x,n,more,still more\n"
        '"it\'s ""5""\\",2024-01-09 08:30,C5,5,1,x,n\n'
        "6,soon,A6,5,1,x,n\n"
        "7,2024-01-10,A7,1e3,1,x,n\n"
        "8,2024-01-10,A8,five,1,x,n\n"
        " ,2024-01-10,A9,5,1,x,n\n"
        "forgotten,2024-01-10,A10,5,1,secret,n\n"
    ),
    "second.csv": "ordered_at,CustNo,amount\n2024-01-11,1,3\n2099-01-01,2,3\n,2,3\n",
}


def in_build(build: Build, target: str, table: str, two_workers: Cluster) -> pa.Table:
    """A table of a build: of its DuckDB file, or of the files of the cluster."""
    if target == "dev":
        with build.opened() as connection:
            return connection.sql(f"from {table}").to_arrow_table()
    (folder,) = (two_workers.folder / "warehouse").glob(f"*.db/{table}")
    return pq.read_table(folder)


@pytest.mark.soak
def test_files_with_much_wrong_equal_duckdb(
    two_workers: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few lines with every fault, and many of a shop, from the bytes to the names of segments."""
    for name, content in FAULTY.items():
        (tmp_path / name).write_text(content)
    names = {SHOP_COLUMNS[contract]: name for contract, name in SHOP_NAMES.items()}
    shop_lines()[:50_000].rename(columns=names).to_csv(tmp_path / "shop.csv", index=False)
    (tmp_path / "forgotten.txt").write_text("customer_id\nforgotten\n")
    (tmp_path / "audiences.txt").write_text(
        "name,condition,starts_on,ends_on,holdout_share\n"
        "it's \\ often,orders >= 2 and margin is not null,2000-01-01,2100-01-01,0.3\n"
        "inner,is_outlier = false and segment_id in (1.0),2000-01-01,2100-01-01,0.1\n"
        "nobody,segment_name <> 'it''s \\ none',2000-01-01,2100-01-01,0.1\n"
    )
    builds = {}
    for target in ("dev", "spark"):
        (tmp_path / target).mkdir()
        builds[target] = dbt_build(
            tmp_path / target,
            target=target,
            select="+rejected_rows +customer_accounting +segment_model +segments +rfm_scores "
            "+segment_products +segment_months +audience_members",
            tests=False,
            input="files",
            order_lines=str(tmp_path / "*.csv"),
            columns={"order_lines": {"customer_id": "CustNo"}},
            cancelled_order_pattern="C.*",
            max_rejected_share=1,
            k=4,
            max_k=4,
            forgotten_customers=str(tmp_path / "forgotten.txt"),
            audiences=str(tmp_path / "audiences.txt"),
            as_of=str(AS_OF.date()),
        )
        assert builds[target].returncode == 0, builds[target].output
        monkeypatch.setenv("SPARK_REMOTE", two_workers.remote)
    for table in (
        *("rejected_rows", "customer_accounting", "stored_order_lines", "customer_features"),
        *("segment_model", "customer_segments", "segments", "rfm_scores"),
        *("segment_months", "audience_definitions", "audience_members"),
    ):
        expected, found = (
            in_build(builds[target], target, table, two_workers) for target in builds
        )
        # Digests of an engine's own.
        own = {"row_digest", "file_version"} & set(expected.column_names)
        expected, found = expected.drop_columns(list(own)), found.drop_columns(list(own))
        assert expected.num_rows > 0
        assert differences(expected, found) == []
    files = [path for path in (two_workers.folder / "warehouse").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"secret" in path.read_bytes()]


@pytest.mark.soak
def test_what_an_audience_brought_equals_duckdb(
    two_workers: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins on DuckDB, whose release either goes on from when 7 and 14 days are over."""
    write_households(tmp_path, 60)
    (tmp_path / "audiences.csv").write_text(
        "name,condition,starts_on,ends_on,holdout_share,action,priority,read_after_days\n"
        "all,orders >= 1,2017-10-01,2017-12-01,0.4,,,14\n"
        "some,spend >= 500,2017-10-01,2017-12-01,0.2,,2,7\n"
        "later,orders >= 2,2017-10-16,2017-12-01,0.2,,,7\n"
    )
    (tmp_path / "forgotten.csv").write_text("customer_id\n7\n")
    given = {"complete_journey": str(tmp_path), "k": 2, "max_k": 6, "min_customers_a_feature": 1}
    given |= {"audiences": str(tmp_path / "audiences.csv")}
    first = dbt_build(tmp_path, as_of="2017-10-01", **given)
    assert first.returncode == 0, first.output
    builds = {}
    for target in ("dev", "spark"):
        folder = tmp_path / f"on_{target}"
        shutil.copytree(tmp_path / "serve/dev", folder / "serve" / target, symlinks=True)
        builds[target] = dbt_build(
            folder,
            target=target,
            select="+audience_outcomes",
            tests=False,
            as_of="2017-10-16",
            forgotten_customers=str(tmp_path / "forgotten.csv"),
            **given,
        )
        assert builds[target].returncode == 0, builds[target].output
        monkeypatch.setenv("SPARK_REMOTE", two_workers.remote)
    for table in ("audience_definitions", "audience_members", "audience_outcomes"):
        expected, found = (
            in_build(builds[target], target, table, two_workers) for target in builds
        )
        assert expected.num_rows > 0
        assert differences(expected, found) == []
    told = expected.filter(pc.field("difference").is_valid()).to_pylist()
    assert {row["days"] for row in told} == {7, 14}
    assert {row["audience"] for row in expected.to_pylist()} == {"all", "some", "later"}


def assert_scored_as_by_duckdb(session, demo: Build) -> None:
    """A session that has the customers labels them by the statement that the release has for it."""
    with duckdb.connect(demo.folder / "serve/dev/segmart.duckdb", read_only=True) as reader:
        ((statement,),) = reader.sql(
            "select statement from scoring_sql where dialect = 'spark'"
        ).fetchall()
        ((case,),) = reader.sql("select distinct sql_case from segment_rules").fetchall()
        customers = reader.sql(
            "select customer_id, recency_days, orders, spend, discount_share from customer_features"
        ).to_arrow_table()
        labelled = "customer_id, segment_id, segment_name, distance, runner_up_segment_id, margin"
        labelled += ", silhouette, is_outlier"
        expected = reader.sql(f"select {labelled} from customer_segments").to_arrow_table()
        by_rules = reader.sql(
            f"select customer_id, {case} as segment_id from customer_features"
        ).to_arrow_table()
    session.createDataFrame(customers).createOrReplaceTempView("customers")
    assert expected.num_rows == 2469
    for text, of_duckdb in (
        (statement, expected),
        (f"select customer_id, {case} as segment_id from customers", by_rules),
    ):
        found = session.sql(text).toArrow().select(of_duckdb.column_names)
        assert differences(of_duckdb, found.cast(of_duckdb.schema)) == []


@pytest.mark.soak
def test_a_table_of_the_catalog_is_an_input(
    demo: Build, two_workers: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyspark.sql import SparkSession

    monkeypatch.setenv("SPARK_REMOTE", two_workers.remote)
    # pyspark sets it for all of the process, whose later builds are not of the cluster.
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    session = SparkSession.builder.remote(two_workers.remote).create()
    session.sql("create schema sales")
    session.sql(
        "create table sales.orders using parquet as select id % 7 as customer, "
        "timestampadd(day, cast(id as int), timestamp_ltz '2024-01-01 10:00:00Z') as Day, "
        "cast(id as decimal(10, 2)) as amount, 'x' as note from range(100)"
    )
    assert_scored_as_by_duckdb(session, demo)
    session.stop()
    build = dbt_build(
        tmp_path,
        target="spark",
        select="+stored_order_lines",
        tests=False,
        input="files",
        order_lines="table:spark_catalog.sales.orders",
        columns={"order_lines": {"customer_id": "customer", "ordered_at": "day"}},
        time_zone="America/Los_Angeles",
    )
    assert build.returncode == 0, build.output
    lines = in_build(build, "spark", "stored_order_lines", two_workers)
    assert sorted(lines["customer_id"].to_pylist()) == sorted(str(id % 7) for id in range(100))
    assert sum(lines["amount"].to_pylist()) == sum(range(100))
    assert str(max(lines["ordered_at"].to_pylist())) == "2024-04-09 03:00:00"


@pytest.mark.soak
def test_the_next_build_on_two_workers_equals_duckdb_though_one_dies(
    demo: Build, two_workers: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on from a release of DuckDB, with its model: who moves to Spark keeps the history.

    The last test of the cluster: it leaves one worker.
    """
    for target in ("dev", "spark"):
        shutil.copytree(demo.folder / "serve/dev", tmp_path / "serve" / target, symlinks=True)
    on_duckdb = dbt_build(tmp_path)
    assert "no refit, nothing calls for one" in on_duckdb.output
    assert two_workers.live_workers() == 2
    before, until_then = two_workers.finished_tasks(), []
    monkeypatch.setenv("SPARK_REMOTE", two_workers.remote)
    (tmp_path / "output.txt").write_text("")

    def kill_in_the_middle() -> None:
        while not re.search(r"START .*\bcustomer_segments ", text(tmp_path / "output.txt")):
            time.sleep(0.1)
        until_then.extend(two_workers.finished_tasks())
        two_workers.kill_worker(1)

    killer = threading.Thread(target=kill_in_the_middle, daemon=True)
    killer.start()
    on_spark = dbt_build(tmp_path, target="spark")
    assert not killer.is_alive()
    assert two_workers.live_workers() == 1
    assert "no refit, nothing calls for one" in on_spark.output
    assert_equal_to_duckdb(on_spark, on_duckdb)
    # Both had worked for this build, and one alone has ended it.
    done = [now - then for now, then in zip(until_then, before, strict=True)]
    assert min(done) > 50, done
    assert two_workers.finished_tasks()[0] > until_then[0]


def text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
