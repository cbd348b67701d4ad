"""What is said of a user's files before SQL reads them."""

import gzip
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from segmart import SegmentationError
from segmart.files.columns import (
    csv_rows,
    file_columns,
    line_numbers,
    parquet_rows,
    parse_mapping,
    unreadable_lines,
)

NONE = {"order_lines": "none", "customers": "none", "customer_metrics": "none"}


def columns_of(path: Path, mapping: dict | None = None, **settings: str) -> pd.DataFrame:
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
        monkeypatch.setattr("segmart.files.columns.CHUNK", size)
        assert columns_of(path)["column_name"].tolist() == ["customer_id", "ordered_at"]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    # Line 2 is row 1, lines 4 and 5 row 2, line 6 is unreadable, line 7 row 3, line 8 row 4.
    text = 'a,b\n1,2\n\n3,"4\n5"\n6\n7,8,\n9,5" nail\n'
    content = gzip.compress(text.encode())
    path = write(tmp_path, content, "orders.csv.gz")
    rows = pd.DataFrame({"source_file": str(path), "source_row": [-1, 1, 2, 3, 4]})
    found = line_numbers(rows, delimiter=",", encoding="utf-8")
    assert found.set_index("source_row")["line"].to_dict() == {1: 2, 2: 4, -1: 6, 3: 7, 4: 8}


def test_a_blank_line_is_a_row_of_a_file_of_one_column(tmp_path: Path) -> None:
    path = write(tmp_path, b'customer_id\n1\n\n"2\n2"\n3\n')
    rows = pd.DataFrame({"source_file": str(path), "source_row": [1, 2, 3, 4]})
    found = line_numbers(rows, delimiter=",", encoding="utf-8")
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


def test_rows_that_python_hands_over_are_numbered_and_text(tmp_path: Path) -> None:
    path = write(tmp_path, 'a\';a\n01;x\n"two\nlines";""""\n1;2;3\n;y\n')
    settings = {"delimiter": ";", "encoding": "utf-8"}
    rows = pa.concat_tables(csv_rows(str(path), ["a'", "b"], **settings))
    assert rows.to_pydict() == {
        "a'": ["01", "two\nlines", None],
        "b": ["x", '"', "y"],
        "file_row_number": [0, 1, 2],
    }
    found = unreadable_lines([{"path": str(path), "columns": ["a'", "b"]}], **settings)
    assert found.to_pydict() == {
        "source_file": [str(path)],
        "line": [4],
        "problem": ["TOO MANY COLUMNS"],
        "line_text": ["1;2;3"],
    }


def test_parts_of_a_file_without_rows_have_its_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n")
    (part,) = csv_rows(str(path), ["a", "b"], delimiter=",", encoding="utf-8")
    assert part.schema.names == ["a", "b", "file_row_number"]
    pd.DataFrame({"n": range(5)}).to_parquet(tmp_path / "n.parquet")
    rows = pa.concat_tables(parquet_rows(str(tmp_path / "*.parquet")))
    assert rows.to_pydict() == {"n": list(range(5)), "file_row_number": list(range(5))}
