"""Customers who are to be forgotten are found nowhere after the next build."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from conftest import Build, dbt_build, slow_and_soak
from segmart import SegmentationError
from segmart.release.erasure import forgotten_ids, forgotten_table
from segmart.release.pseudonyms import (
    KEY,
    forgotten_as_published,
    key_from,
    key_name,
    pseudonym,
    with_published_ids,
)
from test_releases import publish, published, tables, tree

FORGOTTEN = "qzkvhwxyplmn"


def test_a_release_that_holds_a_forgotten_customer_goes(tmp_path: Path) -> None:
    others = tables(10, version="r1")
    others["customer_segments"] = others["customer_segments"].set_column(
        0, "customer_id", pa.array([f"d{number}" for number in range(10)])
    )
    publish(tmp_path, "r1", tables=others)
    publish(tmp_path, "r2", 10)
    publish(tmp_path, "r3", tables=others)
    publish(tmp_path, "r4", tables=others, forgotten={"c3"}, keep=4)
    assert sorted(path.name for path in (tmp_path / "releases").iterdir()) == ["r1", "r3", "r4"]
    assert published(tmp_path)[1] == 10
    before = tree(tmp_path)
    with pytest.raises(SegmentationError, match="customer_segments has a customer of the list"):
        publish(tmp_path, "r5", 10, forgotten={"c3"})
    assert tree(tmp_path) == before


def test_the_list_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "forgotten.csv"
    path.write_text("asked_on,customer_id\n1,#1\n2, #2 \n3,\n4,'a'\n")
    ids = forgotten_ids(str(path), delimiter=",", encoding="utf-8")
    assert ids == {"#1", "#2", "'a'"}
    table = forgotten_table(str(path), delimiter=",", encoding="utf-8")
    assert table.to_pydict() == {"forgotten_id": ["#1", "#2", "'a'"]}


def test_a_list_without_customer_id_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "forgotten.csv"
    path.write_text("customer\n1\n")
    with pytest.raises(SegmentationError, match="has no column customer_id"):
        forgotten_table(str(path), delimiter=",", encoding="utf-8")


def test_a_release_says_with_which_key_its_ids_were_made() -> None:
    names = {key_name(None), *(key_name(key * 32) for key in (b"k", b"l"))}
    assert len(names) == 3
    assert key_from("as_given", {}) is None
    assert forgotten_as_published({"a"}, None) == {"a"}
    assert forgotten_as_published({"a"}, b"k" * 32) == {"a", pseudonym("a", b"k" * 32)}


def test_pseudonyms_are_keyed_and_stay_the_same() -> None:
    # Test case 2 of RFC 4231.
    assert pseudonym("what do ya want for nothing?", b"Jefe") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    table = pa.table({"customer_id": ["a", None, "a"], "x": [1, 2, 3]})
    made = with_published_ids(table, b"k" * 32)
    first, none, again = made["customer_id"].to_pylist()
    assert first == again != pseudonym("a", b"l" * 32)
    assert none is None
    assert made["x"].to_pylist() == [1, 2, 3]
    with pytest.raises(SegmentationError, match=f"{KEY} has 5 characters"):
        key_from("pseudonyms", {KEY: "short"})


def write_orders(folder: Path) -> None:
    lines = ["customer_id,ordered_at,order_id,amount"]
    for number in range(60):
        customer = FORGOTTEN if number == 30 else f"c{number:03}"
        for order in range(2 + number % 7):
            day = f"2024-0{1 + (number + order) % 6}-{1 + (number * 7 + order * 11) % 28:02}"
            lines.append(f"{customer},{day},o{number}-{order},{5 + number * 3 % 50 + order}")
    # One is rejected for its date, and one has no place in the columns.
    lines += [f"{FORGOTTEN},someday,o1,5", f"{FORGOTTEN},2024-01-01,o2,5,too,many"]
    (folder / "orders.csv").write_text("\n".join(lines) + "\n")


def build_orders(folder: Path, as_users_do: bool = True, **variables: object) -> Build:
    orders = str(folder / "input" / "orders.csv")
    settings = {"input": "files", "order_lines": orders, "max_rejected_share": 0.1, "k": 2}
    settings |= {"outcome_days": 5}
    # What dbt itself writes, such as its log, holds the customer no longer either.
    settings |= {"max_k": 4, "as_users_do": as_users_do}
    return dbt_build(folder / "output", **settings, **variables)


def found(folder: Path, customer_id: str = FORGOTTEN) -> list[str]:
    """Files in which the id stands, and published tables in whose rows it stands."""
    files = [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and customer_id.encode() in path.read_bytes()
    ]
    with duckdb.connect() as connection:
        files += [
            f"rows of {path.relative_to(folder)}"
            for path in sorted(folder.glob("serve/dev/releases/*/*.parquet"))
            if customer_id in str(connection.sql(f"from '{path}'").fetchall())
        ]
    return files


@pytest.mark.slow
def test_a_forgotten_customer_is_found_nowhere_after_the_next_build(tmp_path: Path) -> None:
    for name in ("input", "output"):
        (tmp_path / name).mkdir()
    write_orders(tmp_path / "input")
    output = tmp_path / "output"
    build = build_orders(tmp_path, as_of="2024-06-20")
    assert build.returncode == 0, build.output
    counted = "select as_of, sum(customers) from segment_history group by as_of order by as_of"
    ((first_on, customers),) = build.rows(counted)
    assert customers == 60
    before = found(output)
    assert any(name.startswith("segmart.duckdb") for name in before)
    assert any(name.startswith("serve/") for name in before)
    assert any(name.startswith("rows of serve/") for name in before)

    wrong = tmp_path / "input" / "wrong.csv"
    wrong.write_text(f"{FORGOTTEN}\n")
    build = build_orders(tmp_path, as_users_do=False, forgotten_customers=str(wrong))
    assert build.returncode != 0
    assert "has no column customer_id" in build.output

    # Tables of others stay, and the build names one that stands beside its own.
    with build.opened(read_only=False) as connection:
        connection.execute("create schema mine; create table mine.notes as select 1 as one")
        connection.execute("create table segments.notes as select 1 as one")

    requests = tmp_path / "input" / "forgotten.csv"
    requests.write_text(f"asked_on,customer_id\n2024-07-01, {FORGOTTEN} \n")
    build = build_orders(tmp_path, forgotten_customers=str(requests))
    assert build.returncode == 0, build.output
    assert "no model of segmart makes segments.notes" in build.output
    assert build.rows("from mine.notes union all from segments.notes") == [(1,), (1,)]
    assert found(output) == []
    assert build.rows(
        "select rows, customers from customer_accounting where reason = 'customer_forgotten'"
    ) == [(5, 0)]
    assert build.rows("select count(*) from rejected_rows where line is null") == [(0,)]
    # Nor does the past count them.
    assert [count for _, count in build.rows(counted)] == [59, 59]
    assert build.rows(counted)[0][0] == first_on
    assert build.rows("select sum(customers) from segment_outcomes") == [(59,)]

    # A build without the list brings the customer back; the same list erases it again.
    assert build_orders(tmp_path, as_users_do=False).returncode == 0
    assert found(output)
    again = build_orders(tmp_path, as_users_do=False, forgotten_customers=str(requests))
    assert again.returncode == 0, again.output
    assert found(output) == []


@pytest.mark.parametrize("source", slow_and_soak([("order lines and customers",)], [("metrics",)]))
def test_pseudonyms_parquet_and_metrics_are_erased_too(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, "k" * 32)
    (tmp_path / "input").mkdir()
    output = tmp_path / "output"
    output.mkdir()
    write_orders(tmp_path / "input")
    orders = f"read_csv('{tmp_path}/input/orders.csv', ignore_errors = true)"
    paths = {}
    for name, sql in {
        # The last order is the forgotten customer's: as_of is not to tell of it.
        "order_lines": f"select * exclude (ordered_at), case when customer_id = '{FORGOTTEN}' and "
        "order_id = 'o30-0' then '2024-09-09' else ordered_at end as ordered_at "
        f"from {orders} where try_cast(ordered_at as date) is not null",
        "customers": "select distinct customer_id, 'town ' || length(customer_id) as town "
        f"from {orders}",
        "customer_metrics": "select customer_id, sum(amount) as spend, count(*) as orders "
        f"from {orders} group by customer_id",
    }.items():
        if (name == "customer_metrics") == (source == "metrics"):
            paths[name] = str(tmp_path / "input" / f"{name}.parquet")
            duckdb.sql(f"copy ({sql}) to '{paths[name]}'")
    settings = {**paths, "input": "files", "customer_ids": "pseudonyms", "k": 2, "max_k": 4}
    build = dbt_build(output, as_users_do=True, **settings)
    assert build.returncode == 0, build.output
    secret = pseudonym(FORGOTTEN, b"k" * 32)
    assert found(output)
    assert found(output, secret)
    assert not [name for name in found(output) if name.startswith(("serve", "rows"))]

    other = tmp_path / "input" / "other.csv"
    other.write_text("customer_id\nnobody\n")
    build = dbt_build(
        output, select="+input_check", tests=False, **settings, forgotten_customers=str(other)
    )
    assert build.returncode == 0, build.output
    assert "no row of the input is of a customer of the list" in build.output

    requests = tmp_path / "input" / "forgotten.csv"
    requests.write_text(f"customer_id\n{FORGOTTEN}\n")
    # The last order was theirs: the default as_of goes back, which a history does not.
    last = {"forgotten_customers": str(requests), "history": "anew"}
    build = dbt_build(output, as_users_do=True, **settings, **last)
    assert build.returncode == 0, build.output
    assert found(output) == found(output, secret) == []
    if source != "metrics":
        assert build.rows("select max(as_of) < date '2024-09-09' from as_of_date") == [(True,)]
