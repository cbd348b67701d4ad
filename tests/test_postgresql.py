"""Orders of a PostgreSQL server become segments and go back to it, by the commands of the docs."""

import contextlib
import csv
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Build, copied_project, is_missing

UV = os.environ.get("UV") or shutil.which("uv") or "uv"
# Debian keeps the programs of a server in a folder for each version, away from PATH.
INITDB = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=shutil.which("initdb"))
# A server refuses to run as root; the package of Debian makes this user.
AS_SERVER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
# Times are written as the server is set up, unless a client asks for another way.
SERVER = """
-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off
-c timezone=America/New_York -c datestyle=German
"""
# The user of segmart owns nothing.
SHOP = """
create role analyst;
create role segmart login password {password};
create table orders (buyer text, order_no text, bought_at timestamptz, paid numeric, note jsonb);
{customer_segments}
grant select on orders to segmart;
grant insert, delete on customer_segments to segmart;
grant select on customer_segments to analyst;
insert into customer_segments values
  ('gone', 1, 'medium', 0, null, null, null, false, 0, null,
   '2020-01-01', 1, 'medium', 'old', '2020-01-01');
select setseed(0.5);
insert into orders
  select
    lpad(customer::text, 4, '0'),
    number || '/' || customer,
    timestamptz '2024-01-01 00:00+00' + random() * interval '180 days',
    (random() * 100 * (1 + customer % 7))::numeric(12, 2),
    '{{}}'
  from generate_series(1, 300) as customer, generate_series(1, 14) as number
  where number <= 1 + power(customer % 11, 1.1);
insert into orders values
  ('0017', 'two zeros', '2024-03-01 23:30-05', 19.9999, null),
  ('17', 'none, in Kiribati', '2024-03-01 23:30+14', 0.1, null),
  ('Zoë Łuk', 'a leap day', '2024-02-29 12:00:00.123456+00', 1234567.8901, null),
  ('O''Brien, "Bob"', 'paid', '2024-05-05 05:05:05+00', 12, null),
  ('O''Brien, "Bob"', 'given back', '2024-05-06 05:05:05+00', -2.5, null),
  ('李;|\\', E'of two\\nlines', '2024-06-30 23:59:59.9+00', 3e2, null),
  ('0002', 'unpaid', '2024-05-05 05:05:05+00', null, null),
  (null, 'of nobody', '2024-05-05 05:05:05+00', 7, null),
  ('0001', 'undated', null, 1, null);
"""


def section(title: str) -> str:
    document = (ROOT / "docs/postgresql.md").read_text()
    return next(text for text in document.split("\n## ") if text.startswith(f"{title}\n"))


def commands(text: str) -> str:
    """What the document tells to type: the lines set in by four spaces, outside of blocks."""
    return "\n".join(re.findall("^    (.+)$", re.sub("(?s)```.*?```", "", text), re.MULTILINE))


def block(title: str, kind: str) -> str:
    return re.search(f"(?s)```{kind}\n(.*?)```", section(title)).group(1)


@dataclass
class Shop:
    """A server, and a copy of the project in which somebody types."""

    project: Path
    environment: dict[str, str]
    password: str

    def type(self, lines: str) -> subprocess.CompletedProcess:
        """Lines of the document, after those that say where the server is."""
        connection = commands(section("The connection")).replace("db.example.org", "127.0.0.1")
        typed = subprocess.run(
            ["bash", "-c", f"set -e\n{connection}\n{lines}"],
            input=f"{self.password}\n",
            env=self.environment,
            cwd=self.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.password not in typed.stdout
        return typed

    def succeed(self, lines: str) -> None:
        typed = self.type(lines)
        assert typed.returncode == 0, typed.stdout

    def as_administrator(self, database: str = "shop") -> dict[str, str]:
        return self.environment | {
            **{"PGHOST": "127.0.0.1", "PGUSER": "postgres", "PGDATABASE": database},
            **{"PGPASSWORD": self.password, "PGDATESTYLE": "ISO", "PGCLIENTENCODING": "UTF8"},
        }

    def psql(self, sql: str, database: str = "shop") -> str:
        """What the administrator reads, as CSV."""
        command = ["psql", "--csv", "-tqX", "-v", "ON_ERROR_STOP=1"]
        ended = subprocess.run(
            command,
            input=sql,
            env=self.as_administrator(database),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert ended.returncode == 0, ended.stdout
        return ended.stdout

    def rows(self, sql: str) -> list[tuple[str, ...]]:
        return sorted(map(tuple, csv.reader(self.psql(sql).splitlines(keepends=True))))

    def built(self, sql: str) -> list[tuple[str, ...]]:
        with duckdb.connect(self.project / "warehouse/segmart.duckdb", read_only=True) as build:
            return sorted(build.sql(sql).fetchall())

    def check_build(self) -> None:
        """Each order is what was put in, and each customer spent what the server adds up."""
        assert self.built(
            "select customer_id, order_id, strftime(ordered_at, '%Y-%m-%d %H:%M:%S.%f'),"
            " coalesce(amount::varchar, '') from orders.orders"
        ) == self.rows(
            "select buyer, order_no,"
            " to_char(bought_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),"
            " paid::numeric(18, 4) from orders where num_nulls(buyer, bought_at) = 0"
        )
        assert self.built(
            "select customer_id, spend::decimal(18, 4)::varchar from customers.customer_features"
        ) == self.rows(
            "select buyer, coalesce(sum(paid), 0)::numeric(18, 4) from orders"
            " where num_nulls(buyer, bought_at) = 0 group by buyer"
        )

    def check_written_back(self) -> None:
        """All columns of all customers, as the release has them and as another user reads them."""
        read = self.project / "read.csv"
        read.write_text(self.psql("set role analyst; select * from customer_segments"))
        with duckdb.connect() as readers:
            readers.execute(f"attach '{self.project}/serve/dev/segmart.duckdb' (read_only)")
            published = readers.sql("from segmart.customer_segments").fetchall()
            readers.execute("create table written as from segmart.customer_segments limit 0")
            readers.execute(f"copy written from '{read}' (header false, auto_detect false)")
            assert sorted(readers.sql("from written").fetchall()) == sorted(published)
        assert len(published) > 300

    @contextlib.contextmanager
    def slow_reader(self) -> Iterator[None]:
        """Somebody who reads the table once before and once after, in one transaction."""
        look = "select count(*), min(customer_id) from customer_segments;\n"
        reader = subprocess.Popen(
            ["psql", "--csv", "-tqX"],
            env=self.as_administrator(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with reader:
            reader.stdin.write(f"begin isolation level repeatable read;\n{look}")
            reader.stdin.flush()
            before = reader.stdout.readline()
            yield
            after, _ = reader.communicate(look)
        assert before == after != ""


@contextlib.contextmanager
def server(port: int, password: str) -> Iterator[None]:
    """On the loopback interface, with a password for everyone."""
    # Of a test's own folder nobody else can read, and the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="segmart-postgresql-"))
    secret = folder / "password"
    secret.write_text(password)
    if AS_SERVER:
        for path in (folder, secret):
            shutil.chown(path, "postgres", "postgres")

    def run(program: str, *arguments: object) -> None:
        # To a file: a server holds on to the output of the program that starts it.
        log = folder / f"{program}.log"
        with log.open("w") as output:
            ended = subprocess.run(
                [*AS_SERVER, Path(INITDB).with_name(program), "-D", folder / "data", *arguments],
                cwd=folder,
                stdout=output,
                stderr=output,
            )
        assert ended.returncode == 0, log.read_text()

    try:
        run(
            *("initdb", "--username=postgres", "--auth=scram-sha-256", f"--pwfile={secret}"),
            *("--encoding=UTF8", "--no-locale", "--no-sync"),
        )
        options = SERVER.format(port=port, folder=folder).replace("\n", " ")
        run("pg_ctl", "start", "--wait", "--log", folder / "server.log", "--options", options)
        try:
            yield
        finally:
            run("pg_ctl", "stop", "--wait", "--mode", "immediate")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    if INITDB is None:
        is_missing("no PostgreSQL server is installed: apt-get install postgresql")
    folder = tmp_path_factory.mktemp("postgresql")
    cache = subprocess.run([UV, "cache", "dir"], check=True, capture_output=True, text=True).stdout
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # The connection of whoever runs the tests is not the one of the document.
    others = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment = others | {
        "PATH": f"{Path(UV).parent}:{os.environ['PATH']}",
        # The extension is installed there.
        "HOME": str(folder),
        "UV_CACHE_DIR": cache.strip(),
        "UV_PROJECT_ENVIRONMENT": sys.prefix,
        "UV_NO_SYNC": "1",
        "TZ": "America/New_York",
        "PGPORT": str(port),
        # To wait for a reader is to fail.
        "PGOPTIONS": "-c lock_timeout=20s",
    }
    password = f"{secrets.token_hex(16)} it's"
    with server(port, password):
        typing = Shop(copied_project(folder / "segmart"), environment, password)
        # Without these a build is not whole, and publishes nothing.
        shutil.copytree(ROOT / "dbt_project/tests", typing.project / "dbt_project/tests")
        (typing.project / "warehouse").mkdir()
        typing.psql("create database shop", database="postgres")
        table = block("The table of the segments", "sql")
        quoted = "'" + password.replace("'", "''") + "'"
        typing.psql(SHOP.format(password=quoted, customer_segments=table))
        yield typing
    for path in folder.rglob("*"):
        if path.is_file():
            assert password.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_psql_takes_the_orders_and_brings_the_segments_back(shop: Shop) -> None:
    build, write_back = map(commands, section("Files, with psql").split("Write back:"))
    shop.succeed(build)
    shop.check_build()
    with shop.slow_reader():
        shop.succeed(write_back)
    shop.check_written_back()
    # The same customer twice: nothing of the file is taken.
    *_, load = write_back.splitlines()
    written = shop.project / "exports/customer_segments.csv"
    lines = written.read_text().splitlines(keepends=True)
    written.write_text("".join([*lines[:9], lines[8]]))
    typed = shop.type(load)
    assert typed.returncode != 0
    assert "duplicate key" in typed.stdout
    shop.check_written_back()


@pytest.mark.soak
def test_the_extension_reads_the_orders_and_writes_the_segments(shop: Shop) -> None:
    text = section("DuckDB's extension")
    *build, write_back = commands(text).splitlines()
    profile = shop.project / "profiles.yml"
    path = next(line for line in profile.read_text().splitlines() if " path: " in line)
    attached = block("DuckDB's extension", "yaml")
    profile.write_text(profile.read_text().replace(path, f"{path}\n{attached}", 1))
    shop.succeed("\n".join(build))
    shop.check_build()
    (shop.project / "write_back.py").write_text(block("DuckDB's extension", "python"))
    with shop.slow_reader():
        shop.succeed(write_back)
    shop.check_written_back()
    # A column under another name: the rows stay.
    shop.psql("alter table customer_segments rename margin to edge")
    typed = shop.type(write_back)
    shop.psql("alter table customer_segments rename edge to margin")
    assert typed.returncode != 0
    assert "margin" in typed.stdout
    shop.check_written_back()


@pytest.mark.slow
def test_the_server_scores_customers_by_the_statement_and_the_rules(
    demo: Build, shop: Shop, tmp_path: Path
) -> None:
    with duckdb.connect(demo.folder / "serve/dev/segmart.duckdb", read_only=True) as reader:
        ((statement,),) = reader.sql(
            "select statement from scoring_sql where dialect = 'postgresql'"
        ).fetchall()
        ((case,),) = reader.sql("select distinct sql_case from segment_rules").fetchall()
        # One customer more, of whom something is missing, one of whom all is, and no number.
        reader.execute(
            "create temp table given as "
            "select customer_id, recency_days, orders, spend, discount_share from customer_features"
            " union all values ('a', 30, 5, null, 'nan'::double), ('b', null, 5, 7.0, 0.1)"
        )
        reader.execute(f"copy given to '{tmp_path}/given.csv'")
        by_macro = reader.sql(
            "select customer_id, segment_id, segment_name, distance, runner_up_segment_id, margin "
            "from score_customers('given') order by customer_id"
        ).fetchall()
        moments = {
            customer_id: values
            for customer_id, *values in reader.sql(
                "select customer_id, silhouette, is_outlier from customer_segments"
            ).fetchall()
        }
        by_rules = reader.sql(f"select customer_id, {case} from given order by 1").fetchall()
    found = shop.psql(
        "create table customers (customer_id text, recency_days integer, orders bigint,"
        " spend numeric, discount_share double precision);\n"
        f"\\copy customers from '{tmp_path}/given.csv' (format csv, header)\n"
        f"create view labelled as {statement};\n"
        'select * from labelled order by customer_id collate "C";\n',
        database="shop",
    )
    rows = list(csv.reader(found.splitlines()))
    texts = [[None if value is None else str(value) for value in row[:3]] for row in by_macro]
    assert len(rows) == 2471
    assert [[value or None for value in row[:3]] for row in rows] == texts
    for row, (_, segment_id, _, distance, runner_up, margin) in zip(rows, by_macro, strict=True):
        if segment_id is None:
            assert row[1:7] == [""] * 6
            continue
        assert float(row[3]) == pytest.approx(distance, abs=1e-12)
        assert int(row[4]) == runner_up
        assert float(row[5]) == pytest.approx(margin, abs=1e-12)
        if row[0] in moments:
            silhouette, is_outlier = moments[row[0]]
            assert float(row[6]) == pytest.approx(silhouette, abs=1e-12)
            assert (row[7] == "t") == is_outlier
    # A reader gets from the text of the rules what another system gets.
    ruled = shop.psql(f'select customer_id, {case} from customers order by customer_id collate "C"')
    expected = [[name, "" if number is None else str(number)] for name, number in by_rules]
    # To PostgreSQL a number that is none is larger than all others: the rules take nulls alone.
    assert [row for row in csv.reader(ruled.splitlines()) if row[0] != "a"] == [
        row for row in expected if row[0] != "a"
    ]
