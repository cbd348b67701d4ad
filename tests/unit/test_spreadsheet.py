"""A CSV file for spreadsheets: what a customer wrote stays text."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmart.release.spreadsheet import inert, write_spreadsheet


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


def test_the_file_reads_back_as_it_is_in_the_table(tmp_path: Path) -> None:
    names = [
        "<script>window.hostile = 1</script>",
        'a "quote", a comma',
        "two\nlines",
        "=cmd()",
        "é",
    ]
    pq.write_table(pa.table({"customer_id": names, "margin": [-1.5] * 5}), tmp_path / "t.parquet")
    assert write_spreadsheet(tmp_path / "t.parquet", tmp_path / "t.csv") == 5
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["customer_id", "margin"]
    assert [row[0] for row in rows] == [*names[:3], "'=cmd()", "é"]
    assert {row[1] for row in rows} == {"-1.5"}
