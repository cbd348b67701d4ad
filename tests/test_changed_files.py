"""Lines of files that have not changed are kept; the tables are those of a build from nothing."""

import hashlib
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from conftest import DATA, ROOT, Build, copied_project, dbt_build, slow_and_soak, write_households

LINES = """
    select
        'c' || customer as customer_id,
        timestamp '2024-01-01'
        + to_days(cast(hash(customer, number) % 160 as integer)) as ordered_at,
        'o' || customer || '-' || (number // 2) as order_id,
        cast(1 + hash(number, customer) % 5000 as decimal(18, 2)) / 100 as amount,
        cast(hash(customer + number) % 3 as integer) as quantity,
        cast(hash(number + 7 * customer) % 100 as decimal(18, 2)) / 100 as discount_amount,
        'p' || (number % 5) as product_id,
        'category ' || (hash(number, 2, customer) % 4) as category
    from range({first}, {last}) as customers(customer)
    cross join range(0, 40) as numbers(number)
    where number < 4 + hash(customer) % 36
"""


def write(path: Path, sql: str) -> None:
    kind = "parquet" if path.suffix == ".parquet" else "csv, header"
    duckdb.sql(f"copy ({sql}) to '{path}' (format {kind})")


def whole_build(folder: Path, tests: bool = True, **variables: object) -> Build:
    settings = {"input": "files", "order_lines": str(folder.parent / "input" / "*"), **variables}
    settings |= {"k": 3, "max_k": 4, "max_rejected_share": 0.1, "max_drop": 0.9}
    built = dbt_build(folder, tests=tests, **settings)
    assert built.returncode == 0, built.output
    return built


def build_twice(kept: Path, **variables: object) -> Build:
    """Build upon the build file and, for comparison, without it; both go on from one release.

    The tables compared are those that are published. Of the other build they are not: without tests
    none would be, and they are no less its tables.
    """
    anew = kept.with_name("anew")
    shutil.rmtree(anew, ignore_errors=True)
    anew.mkdir()
    if (kept / "serve").exists():
        shutil.copytree(kept / "serve", anew / "serve", symlinks=True)
    first = whole_build(kept, **variables)
    second = whole_build(anew, tests=False, **variables)
    tables = {path.stem for path in (kept / "serve/dev/current").glob("*.parquet")}
    # It names the moment of each release.
    tables -= {"releases"}
    assert len(tables) > 20
    for table in tables:
        names = {"first": first.relation(table), "second": second.relation(table)}
        with duckdb.connect() as connection:
            for name, build in (("first", first), ("second", second)):
                connection.execute(f"attach '{build.warehouse}' as {name} (read_only)")
                names[name] = names[name].replace('"segmart"', name, 1)
            for one, other in (("first", "second"), ("second", "first")):
                differing = connection.sql(f"from {names[one]} except all from {names[other]}")
                assert differing.fetchall() == [], f"{table} of {one}"
    return first


@pytest.mark.parametrize("kind", slow_and_soak([("parquet",)], [("csv",)]))
def test_tables_equal_those_of_a_build_from_nothing(tmp_path: Path, kind: str) -> None:
    folder, kept = tmp_path / "input", tmp_path / "kept"
    folder.mkdir()
    kept.mkdir()
    lines = LINES.format(first=0, last=400)
    write(folder / f"2024-01.{kind}", f"{lines} and customer % 3 = 0")
    write(folder / f"2024-02.{kind}", f"{lines} and customer % 3 > 0")
    whole_build(kept)

    # New customers and orders, late lines of old orders, lines of other files once more, bad ones;
    # in Parquet a column of another type, which then is that of all files.
    write(
        folder / f"2024-03.{kind}",
        f"""
        {LINES.format(first=390, last=430)}
        union all ({lines} and number = 3 and customer < 40)
        union all select 'c5', timestamp '2024-01-02', 'o5-1', 77, 1.5, 0, 'p1', 'category 9'
        union all select null, timestamp '2024-01-03', 'o9', 1, 1, 0, 'p1', 'category 1'
        """,
    )
    build_twice(kept)

    # Corrected: other amounts, and lines that are no more, so that their copies come to count. A
    # file before all others makes copies of what stood first.
    write(
        folder / f"2024-02.{kind}",
        f"""
        select * replace (amount + 1 as amount)
        from ({lines} and customer % 3 > 0 and number > 2)
        """,
    )
    write(folder / f"2023-12.{kind}", f"{lines} and customer % 3 = 1 and number > 20")
    build_twice(kept)

    # A file less; other settings read every line anew; a date in the past; two customers forgotten.
    (folder / f"2024-01.{kind}").unlink()
    forgotten = tmp_path / "forgotten.csv"
    forgotten.write_text("customer_id\nc7\nc8\n")
    built = build_twice(
        kept,
        cancelled_order_pattern="o1.*",
        as_of="2024-05-01",
        history="anew",
        forgotten_customers=str(forgotten),
    )
    assert built.rows(
        "select count(*) from stored_order_lines where customer_id in ('c7', 'c8')"
    ) == [(0,)]


@pytest.mark.soak
def test_a_line_of_a_file_that_has_not_changed_is_not_read_again(
    small: Build, tmp_path: Path
) -> None:
    first, second = (tmp_path / "input" / f"{number}.csv" for number in (1, 2))
    first.parent.mkdir()
    write(first, LINES.format(first=0, last=200))
    lines = {"select": "+stored_order_lines", "tests": False}
    settings = {"input": "files", "order_lines": str(first.parent / "*"), **lines}
    # Lines of another input do not stay.
    small.copied(tmp_path)
    build = dbt_build(tmp_path, **settings)
    assert build.rows("select distinct source_file from stored_order_lines") == [(str(first),)]
    # The same size and time: only who reads the file sees what is in it now.
    stat = first.stat()
    text = first.read_text()
    first.write_text(text.replace("category 1", "category X"))
    os.utime(first, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    write(second, LINES.format(first=200, last=210))
    query = """
        select count(*) filter (category = 'category X'), count(distinct source_file)
        from stored_order_lines
    """
    build = dbt_build(tmp_path, **settings)
    assert build.returncode == 0, build.output
    assert build.rows(query) == [(0, 2)]
    os.utime(first)
    build = dbt_build(tmp_path, **settings)
    assert build.rows(query) == [(text.count("category 1"), 2)]


@pytest.mark.slow
def test_only_rows_that_new_lines_change_are_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "input"
    folder.mkdir()
    days = "select 'c' || n as customer_id, timestamp '2024-01-01' + to_days(n) as ordered_at"
    days += ", 'x' as category"
    numbers = "(unnest(range(0, 6))) as numbers(n)"
    settings = {"input": "files", "order_lines": f"{folder}/*"}
    write(folder / "1.parquet", f"{days}, 5 as amount from {numbers}")

    def built(**variables: object) -> tuple[str, str]:
        """The customers whose rows the build has left as it found them, and the others."""
        if (tmp_path / "segmart.duckdb").exists():
            with Build(tmp_path, 0, "").opened(read_only=False) as connection:
                connection.execute("update orders set lines = -1")
        build = dbt_build(tmp_path, **settings, **variables, select="+orders", tests=False)
        assert build.returncode == 0, build.output
        orders = build.rows("select customer_id, lines = -1 from orders order by all")
        kept, anew = ([name for name, mark in orders if mark is kind] for kind in (True, False))
        return " ".join(kept), " ".join(anew)

    assert built(as_of="2024-01-04") == ("", "c0 c1 c2")
    # A line more of one customer; days that have come to count.
    write(folder / "2.parquet", f"{days}, 7 as amount from {numbers} where n = 1")
    assert built(as_of="2024-01-06") == ("c0 c2", "c1 c3 c4")
    assert built(as_of="2024-01-05") == ("", "c0 c1 c2 c3")
    assert built(as_of="2024-01-05", max_quantity=5) == ("", "c0 c1 c2 c3")
    (folder / "2.parquet").unlink()
    assert built(as_of="2024-01-05", max_quantity=5) == ("", "c0 c1 c2 c3")
    assert built(as_of="2024-01-05", max_quantity=5) == ("c0 c1 c2 c3", "")
    # Lines that were typed once more may be others.
    anew = {"select": "+stored_order_lines", "command": ["build", "--full-refresh"], "tests": False}
    assert dbt_build(tmp_path, **settings, **anew).returncode == 0
    assert built(as_of="2024-01-05", max_quantity=5) == ("", "c0 c1 c2 c3")
    # Duplicates of other lines are never the ground of orders.
    write(folder / "3.parquet", f"{days}, 5 as amount from {numbers} where n = 1")
    lacking = "+stored_order_lines as_of_date checked_order_lines orders.orders"
    build = dbt_build(tmp_path, **settings, select=lacking, tests=False)
    assert build.returncode != 0
    assert "duplicate_order_lines is of other files than stored_order_lines" in build.output


@pytest.mark.soak
def test_lines_of_the_demo_are_kept_until_one_of_its_files_changes(tmp_path: Path) -> None:
    folder = tmp_path / "input"
    folder.mkdir()
    write_households(folder, 40)
    households = duckdb.sql(
        f"select count(distinct household_id) from '{folder}/transactions.parquet'"
    ).fetchall()

    def customers_made_anew(project: Path = ROOT) -> list[tuple]:
        build = dbt_build(
            tmp_path,
            complete_journey=str(folder),
            select="+orders",
            tests=False,
            project=project,
        )
        assert build.returncode == 0, build.output
        found = build.rows("select count(distinct customer_id) from orders where lines > 0")
        with build.opened(read_only=False) as connection:
            connection.execute("update orders set lines = -1")
        return found

    assert customers_made_anew() == households
    assert customers_made_anew() == [(0,)]
    # Another way to read the same files.
    other = copied_project(tmp_path / "project")
    staging = (
        other / "dbt_project/models/staging/complete_journey/complete_journey__order_lines.sql"
    )
    text = staging.read_text()
    assert text.count("products.product_category as category") == 1
    staging.write_text(
        text.replace("products.product_category as", "lower(products.product_category) as")
    )
    assert customers_made_anew(other) == households
    assert customers_made_anew() == households
    half = f"from '{DATA}/transactions.parquet' where household_id <= 40 and household_id % 2 = 0"
    write(folder / "transactions.parquet", half)
    assert (
        customers_made_anew()
        == duckdb.sql(f"select count(distinct household_id) {half}").fetchall()
    )
    write(folder / "products.parquet", f"from '{DATA}/products.parquet' limit 10")
    assert customers_made_anew() != [(0,)]
    # The view of an older build file, whose lines have no version.
    last = Build(tmp_path, 0, "")
    schema = last.schema_of("complete_journey__order_lines")
    with last.opened(read_only=False) as connection:
        view = f"{schema}.complete_journey__order_lines"
        columns = connection.sql(f"from {view}").columns[:-1]
        connection.execute(f"create table main.old as select {', '.join(columns)} from {view}")
        connection.execute(f"create or replace view {view} as from main.old")
    build = dbt_build(tmp_path, select="stored_order_lines", tests=False)
    assert build.returncode != 0
    assert "the view over complete_journey is older" in build.output
    assert "build it too, with --select +stored_order_lines" in build.output


@pytest.mark.slow
def test_what_a_manifest_vouches_for_is_read(tmp_path: Path) -> None:
    lines, manifest = tmp_path / "lines.csv", tmp_path / "SHA256SUMS"
    settings = {"input": "files", "order_lines": str(lines), "checksums": str(manifest)}
    for category in ("category 1", "category X"):
        stat = lines.stat() if lines.exists() else None
        write(lines, LINES.format(first=0, last=50).replace("'category '", f"'{category}'"))
        if stat:
            os.utime(lines, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        manifest.write_text(f"{hashlib.sha256(lines.read_bytes()).hexdigest()}  {lines.name}\n")
        build = dbt_build(tmp_path, **settings, select="+stored_order_lines", tests=False)
        assert build.returncode == 0, build.output
        found = build.rows("select distinct left(category, 10) from stored_order_lines")
        assert found == [(category,)]
