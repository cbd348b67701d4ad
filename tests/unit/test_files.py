"""What is said of a user's files before SQL reads them."""

import gzip
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from segmart import SegmentationError
from segmart.files.columns import file_columns
from segmart.files.contract import parse_mapping
from segmart.files.lines import line_numbers
from segmart.files.queries import parquet_rows, rows, unreadable_lines

NONE = {"order_lines": "none", "customers": "none", "customer_metrics": "none"}


def columns_of(path: Path, mapping: dict | None = None, **settings: object) -> pd.DataFrame:
    settings = {"delimiter": ",", "encoding": "utf-8"} | settings
    return file_columns(NONE | {"order_lines": str(path)}, mapping or {}, **settings)


def write(folder: Path, content: str | bytes, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_columns_have_their_place_and_their_contract_name(tmp_path: Path) -> None:
    path = write(tmp_path, '"Cust,No" , Ordered_At,x\n1,2024-01-01,2\n')
    found = columns_of(path, {"order_lines": {"customer_id": "Cust,No"}})
    assert found["column_name"].tolist() == ["Cust,No", "Ordered_At", "x"]
    assert found["contract_column"].tolist()[:2] == ["customer_id", "ordered_at"]
    assert found["role"].tolist() == ["contract", "contract", "ignored"]
    assert found["position"].tolist() == [1, 2, 3]


def test_a_further_column_of_customers_is_kept_and_a_shadowed_one_ignored(tmp_path: Path) -> None:
    orders = write(tmp_path, "customer_id,ordered_at\n1,2024-01-01\n")
    customers = write(tmp_path, "customer_id,CustNo,city\nx,1,Ulm\n", "customers.csv")
    found = file_columns(
        NONE | {"order_lines": str(orders), "customers": str(customers)},
        {"customers": {"customer_id": "CustNo"}},
        delimiter=",",
        encoding="utf-8",
    )
    roles = found[found["input"] == "customers"].set_index("column_name")["role"]
    assert roles.to_dict() == {"customer_id": "ignored", "CustNo": "contract", "city": "further"}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_each_kind_of_line_end_gives_the_header(ending: str, tmp_path: Path) -> None:
    path = write(tmp_path, ending.join(["customer_id,ordered_at", "1,2024-01-01", ""]))
    assert columns_of(path)["column_name"].tolist() == ["customer_id", "ordered_at"]


@pytest.mark.parametrize("ending", ["\n", "\r"])
def test_a_byte_of_another_encoding_is_named_with_its_line(ending: str, tmp_path: Path) -> None:
    lines = ["customer_id,ordered_at", "1,2024-01-01", "Müller,2024-01-01", ""]
    path = write(tmp_path, ending.join(lines).encode("latin-1"))
    with pytest.raises(SegmentationError, match=r"orders\.csv, line 3: byte 0xfc .* var encoding"):
        columns_of(path)
    assert len(columns_of(path, encoding="latin-1")) == 2


def test_a_line_end_cut_by_a_chunk_is_one(tmp_path: Path, monkeypatch) -> None:
    path = write(tmp_path, "customer_id,ordered_at\r\n1,2024-01-01\r\n")
    for size in range(1, 40):
        monkeypatch.setattr("segmart.files.content.CHUNK", size)
        assert columns_of(path)["column_name"].tolist() == ["customer_id", "ordered_at"]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    # Line 2 is row 1, lines 4 and 5 row 2, line 6 is unreadable, line 7 row 3, line 8 row 4.
    text = 'a,b\n1,2\n\n3,"4\n5"\n6\n7,8,\n9,5" nail\n'
    content = gzip.compress(text.encode())
    path = write(tmp_path, content, "orders.csv.gz")
    wanted = pd.DataFrame({"source_file": str(path), "source_row": [-1, 1, 2, 3, 4]})
    found = line_numbers(wanted, delimiter=",", encoding="utf-8")
    assert found.set_index("source_row")["line"].to_dict() == {1: 2, 2: 4, -1: 6, 3: 7, 4: 8}


def test_a_blank_line_is_a_row_of_a_file_of_one_column(tmp_path: Path) -> None:
    path = write(tmp_path, b'customer_id\n1\n\n"2\n2"\n3\n')
    wanted = pd.DataFrame({"source_file": str(path), "source_row": [1, 2, 3, 4]})
    found = line_numbers(wanted, delimiter=",", encoding="utf-8")
    assert found["line"].tolist() == [2, 3, 4, 6]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_all_lines_are_counted(ending: str, tmp_path: Path) -> None:
    lines = ["customer_id,ordered_at", "1,2024-01-01", "", '"2', '3",2024-01-01']
    for text in (ending.join(lines), ending.join(lines) + ending):
        path = write(tmp_path, text.encode())
        assert columns_of(path)["lines"].tolist() == [5, 5]


@pytest.mark.parametrize(
    "mapping",
    [
        "[]",
        '{"order_lines": "x"}',
        '{"order_lines": {"amount": 1}}',
        '{"customers": {"customer_id": " "}}',
    ],
)
def test_a_mapping_of_another_shape_is_named(mapping: str) -> None:
    with pytest.raises(SegmentationError, match=r"var columns is .*such as"):
        parse_mapping(mapping)


def rows_of(path: Path, mapping: dict | None = None, **settings: object) -> list[dict]:
    """What the SQL over a file gives, as DuckDB reads it."""
    found = columns_of(path, mapping, **settings)
    (query,) = found["rows_query"].unique()
    return pa.concat_tables(rows(query)).sort_by("source_row").to_pylist()


def test_the_sql_over_a_csv_file_gives_numbered_texts_under_the_names_of_the_contract(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, 'no\';ordered_at;x\n01;x;5\n"two\nlines";"""";\n1;2;3;4\n;y;6\n')
    mapping = {"order_lines": {"customer_id": "no'"}}
    settings = {"delimiter": ";", "encoding": "utf-8"}
    found = rows_of(path, mapping, **settings)
    assert [(row["customer_id"], row["ordered_at"], row["source_row"]) for row in found] == [
        ("01", "x", 1),
        ("two\nlines", '"', 2),
        (None, "y", 3),
    ]
    assert {row["source_file"] for row in found} == {str(path)}
    # The column x is ignored: rows that differ there differ in this digest.
    assert len({row["ignored_values"] for row in found}) == 3
    columns = columns_of(path, mapping, **settings)
    reads = columns[["input", "file", "unreadable_source"]].drop_duplicates()
    unreadable = unreadable_lines(reads, is_text_shown=True, threads=1)
    assert unreadable.to_dict("records") == [
        {
            "source": "order_lines",
            "source_file": str(path),
            "line": 4,
            "source_row": -1,
            "problem": "TOO MANY COLUMNS",
            "line_text": "1;2;3;4",
        }
    ]
    hidden = unreadable_lines(reads, is_text_shown=False, threads=1)
    assert hidden["line_text"].tolist() == ["(a line that cannot be read)"]


def test_parts_of_a_file_hold_each_row_once(tmp_path: Path) -> None:
    lines = "".join(f"{number},2024-01-01\n" for number in range(10))
    path = write(tmp_path, f"customer_id,ordered_at\n{lines}")
    for threads in (1, 2, 3, 20):
        found = rows_of(path, threads=threads)
        assert [row["customer_id"] for row in found] == [str(number) for number in range(10)]
        assert len({row["segmart_file_version"] for row in found}) == 1


def test_a_changed_file_has_another_version(tmp_path: Path) -> None:
    path = write(tmp_path, "customer_id,ordered_at\n1,2024-01-01\n")
    before = columns_of(path)["file_version"].unique().tolist()
    assert columns_of(path)["file_version"].unique().tolist() == before
    write(tmp_path, "customer_id,ordered_at\n2,2024-01-01\n")
    assert columns_of(path)["file_version"].unique().tolist() != before


def test_numbers_of_parquet_are_identifiers_as_people_write_them(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    pd.DataFrame(
        {"customer_id": [12.0, None, 1.5], "order_id": [1, 2, 3], "ordered_at": "2024-01-01"}
    ).to_parquet(path)
    found = rows_of(path)
    assert [row["customer_id"] for row in found] == ["12", None, "1.5"]
    assert [row["order_id"] for row in found] == ["1", "2", "3"]


def test_a_folder_replaces_no_column_of_a_parquet_file(tmp_path: Path) -> None:
    folder = tmp_path / "ordered_at=2020-01-01"
    folder.mkdir()
    path = folder / "orders.parquet"
    pd.DataFrame({"customer_id": ["a"], "ordered_at": ["2024-06-30"]}).to_parquet(path)
    assert [row["ordered_at"] for row in rows_of(path)] == ["2024-06-30"]


def test_parts_of_an_input_without_rows_have_its_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "customer_id,ordered_at\n")
    assert rows_of(path) == []
    pd.DataFrame({"n": range(5)}).to_parquet(tmp_path / "n.parquet")
    found = pa.concat_tables(parquet_rows(str(tmp_path / "*.parquet")))
    assert found.to_pydict() == {"n": list(range(5))}
