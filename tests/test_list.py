"""Lists for campaigns: what a customer wrote stays text, and who is held out stays so."""

import csv
import datetime
import runpy
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from conftest import Build
from segmart import SegmentationError
from segmart.list import SIGNS, inert, write_csv, write_list


@pytest.mark.parametrize(
    "value",
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1+2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "  =1",
        "\uff1d1",
        "=HYPERLINK(1)",
    ],
)
def test_a_formula_becomes_text(value: str) -> None:
    assert inert(value) == f"'{value}"


@pytest.mark.parametrize("value", ["c900", "a=b", "", "price-sensitive", -1.5, None, 7])
def test_any_other_value_stays(value: object) -> None:
    assert inert(value) == value


NAMES = ["<script>window.hostile = 1</script>", 'a "quote", a; b', "two\nlines", "=cmd()", "é"]


@pytest.mark.parametrize("country", ["us", "de", "ch"])
def test_the_file_reads_back_as_it_was(country: str, tmp_path: Path) -> None:
    day, path = datetime.date(2024, 1, 31), tmp_path / "t.csv"
    rows = [(name, -1.5, Decimal("0.25"), 7, None, day) for name in NAMES]
    assert write_csv(["name", "margin", "exact", "orders", "none", "day"], rows, path, country) == 5
    delimiter, decimal_sign = SIGNS[country]
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *read = csv.reader(file, delimiter=delimiter)
    assert header == ["name", "margin", "exact", "orders", "none", "day"]
    assert [row[0] for row in read] == [*NAMES[:3], "'=cmd()", "é"]
    written = ["-1.5".replace(".", decimal_sign), "0.25".replace(".", decimal_sign)]
    assert {tuple(row[1:]) for row in read} == {(*written, "7", "", "2024-01-31")}
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert list(tmp_path.iterdir()) == [path]


def listed(demo: Build, path: Path, *words: str) -> list[dict[str, str]]:
    """The rows of a list that the command has written."""
    said = write_list(
        [str(path), "--catalog", str(demo.folder / "serve/dev/segmart.duckdb"), *words]
    )
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert said.startswith(f"{len(rows):,} customers are in {path}")
    # Of the ids of the demo, such as 100, a spreadsheet changes none.
    assert "a spreadsheet takes" not in said
    return rows


def asked(demo: Build, query: str) -> list[tuple]:
    with duckdb.connect(demo.folder / "serve/dev/segmart.duckdb", read_only=True) as reader:
        return reader.sql(query).fetchall()


def test_segments_are_listed_by_number_and_name_with_the_features_of_the_model(
    demo: Build, tmp_path: Path
) -> None:
    rows = listed(demo, tmp_path / "l.csv", "--segment", "Price-Sensitive", "-s", "4")
    assert list(rows[0]) == [
        *("customer_id", "segment_name"),
        *("recency_days", "orders", "spend", "discount_share"),
    ]
    query = "customer_id, segment_name, cast(spend as varchar) from customer_segments join "
    query += "customer_features using (customer_id) where segment_id in (3, 4)"
    assert [(row["customer_id"], row["segment_name"], row["spend"]) for row in rows] == asked(
        demo, f"select {query} order by customer_id"
    )
    rows = listed(demo, tmp_path / "l.csv", "--columns", "customer_id, settled_segment_id")
    assert len(rows) == 2469
    settled = listed(demo, tmp_path / "l.csv", "--settled", "-s", "2")
    assert [(len(settled),)] == asked(
        demo, "select count(*) from customer_segments where settled_segment_id = 2"
    )


def test_who_is_held_out_is_not_on_the_list_and_sql_tells_the_same(
    demo: Build, tmp_path: Path
) -> None:
    words = ["-s", "3", "--campaign", "it's spring", "--holdout", "0.2"]
    contacted = listed(demo, tmp_path / "l.csv", *words)
    held_out = listed(demo, tmp_path / "h.csv", *words, "--held-out")
    ids = {row["customer_id"] for row in contacted}, {row["customer_id"] for row in held_out}
    assert not ids[0] & ids[1]
    assert 60 < len(ids[1]) < 130
    query = "select customer_id from customer_segments where segment_id = 3 and {} held_out("
    query += "customer_id, 'it''s spring', 0.2)"
    assert {(customer,) for customer in ids[0]} == set(asked(demo, query.format("not")))
    assert {(customer,) for customer in ids[1]} == set(asked(demo, query.format("")))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["-s", "lost"], "no segment 'lost': there are 1 high-value, 2 medium, 3 price-sensitive"),
        (["--columns", "name"], "no column 'name': there are customer_id, segment_id"),
        (["--country", "xx"], "no country 'xx': there are ar, at"),
        (["--holdout", "10", "--campaign", "a"], "--holdout is 10: give a share, such as 0.1"),
        (["--holdout", "0.1"], "--campaign and --holdout belong together"),
        (["--held-out"], "--campaign and --holdout belong together"),
        (["--catalog", "none.duckdb"], "no catalog none.duckdb: run dbt build first"),
        (["--audience", "spring"], "no audience 'spring': there are none"),
        (["--audience", "spring", "-s", "1"], "--audience says who is listed and who is held out"),
        (["/nowhere/list.csv"], "/nowhere/list.csv cannot be written: No such file"),
    ],
)
def test_what_cannot_be_listed_is_said(
    words: list[str], reason: str, demo: Build, tmp_path: Path
) -> None:
    file = [] if words[0].startswith("/") else [str(tmp_path / "l.csv")]
    catalog = ["--catalog", str(demo.folder / "serve/dev/segmart.duckdb")]
    with pytest.raises(SegmentationError, match=reason):
        write_list([*file, *catalog, *words])
    assert list(tmp_path.iterdir()) == []


def test_ids_that_a_spreadsheet_spoils_are_said_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    with duckdb.connect(tmp_path / "export.duckdb") as connection:
        for table in (
            "customer_segments as select '0017' as customer_id, 1 as segment_id",
            "customer_features as select '0017' as customer_id, 2.5 as spend",
            "segments as select 1 as segment_id, 'best' as segment_name",
        ):
            connection.execute(f"create table {table}")
    words = [str(tmp_path / "l.csv"), "--columns", "customer_id,spend", "--country", "FR"]
    monkeypatch.setattr(sys, "argv", ["list", *words, "--catalog", str(tmp_path / "export.duckdb")])
    monkeypatch.delitem(sys.modules, "segmart.list")
    runpy.run_module("segmart.list", run_name="__main__")
    assert "ids such as 0017 for numbers" in capsys.readouterr().out
    assert (tmp_path / "l.csv").read_text("utf-8-sig").splitlines()[1] == '"0017";"2,5"'


def test_the_targets_of_an_audience_are_listed_and_no_other(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "export.duckdb") as connection:
        for table in (
            "customer_segments as select * from (values ('a', 'best'), ('b', 'best'), "
            "('c', 'best'), ('=d', 'lost')) as given (customer_id, segment_name)",
            "customer_features as select 'a' as customer_id, 2.5 as spend",
            "audience_definitions as select * from (values ('Spring', date '2024-03-01', "
            "'running'), ('summer', null, 'planned')) as given (audience, started_on, state)",
            "audience_members as select * from (values ('Spring', 'a', 'target', true), "
            "('Spring', 'b', 'target', false), ('Spring', 'c', 'holdout', false), "
            "('Spring', '=d', 'target', true), ('Spring', 'left', 'target', true), "
            "('autumn', 'b', 'target', true)) "
            "as given (audience, customer_id, member_group, contact_allowed)",
        ):
            connection.execute(f"create table {table}")
    words = [str(tmp_path / "l.csv"), "--columns", "customer_id,segment_name,spend"]
    words += ["--catalog", str(tmp_path / "export.duckdb"), "--country", "de"]

    def lines() -> list[str]:
        return (tmp_path / "l.csv").read_text("utf-8-sig").splitlines()[1:]

    said = write_list([*words, "--audience", "SPRING"])
    assert said.endswith("; those of the audience 'Spring' who may be contacted")
    assert lines() == ['"\'=d";"lost";""', '"a";"best";"2,5"', '"left";"";""']
    said = write_list([*words, "--audience", "Spring", "--held-out"])
    assert said.endswith("; those of the audience 'Spring' who are held out")
    assert lines() == ['"c";"best";""']
    with pytest.raises(SegmentationError, match="'summer' has no customers, since it is planned"):
        write_list([*words, "--audience", "summer"])
