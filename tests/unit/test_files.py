"""What is said of a user's files before SQL reads them."""

import codecs
import datetime
import decimal
import encodings.aliases
import gzip
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import ROOT
from segmart import SegmentationError
from segmart.files.columns import file_columns
from segmart.files.content import known_encoding
from segmart.files.contract import known, parse_mapping
from segmart.files.lines import line_numbers, unreadable_lines
from segmart.files.queries import Column, File, parquet_rows, rows, source

NONE = {"order_lines": "none", "customers": "none", "customer_metrics": "none"}


def columns_of(path: Path, mapping: dict | None = None, **settings: object) -> pd.DataFrame:
    settings = {"delimiter": ",", "encoding": "utf-8", "copies": path.parent / "copies"} | settings
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
        copies=tmp_path / "copies",
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
    files = columns.drop_duplicates("file")
    unreadable = unreadable_lines(files, **settings, is_text_shown=True, threads=1)
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
    hidden = unreadable_lines(files, **settings, is_text_shown=False, threads=1)
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


TEXT = 'customer_id,ordered_at\nZoë “€”,2024-01-01\n\n"two\nlines",2024-01-02\nshort\n'


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-8", TEXT.encode()),
        ("utf-8", TEXT.encode("utf-8-sig")),
        ("utf-16", TEXT.encode("utf-16")),
        ("utf-16", codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")),
        ("cp1252", TEXT.encode("cp1252")),
        ("mac-roman", TEXT.encode("mac-roman")),
        ("cp1252", gzip.compress(TEXT.encode("cp1252"), mtime=0)),
        ("UTF-8-SIG", TEXT.encode()),
        ("UTF_16", codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")),
        ("Windows-1252", TEXT.encode("cp1252")),
        ("ISO-8859-15", TEXT.replace("“", "x").replace("”", "x").encode("iso8859-15")),
        ("Latin1", TEXT.replace("“€”", "xxx").encode("latin-1")),
        ("utf-16", TEXT.replace("“", "😀").encode("utf-16")),
    ],
    ids=[
        *("plain", "mark", "little-endian", "big-endian", "Windows", "Mac", "gzip"),
        *("UTF-8-SIG", "UTF_16", "Windows-1252", "ISO-8859-15", "Latin1", "emoji"),
    ],
)
def test_all_lines_are_read_in_every_encoding(
    encoding: str, content: bytes, tmp_path: Path
) -> None:
    is_zipped = content.startswith(b"\x1f\x8b")
    path = write(tmp_path, content, "orders.csv.gz" if is_zipped else "orders.csv")
    found = rows_of(path, encoding=encoding)
    assert [re.sub("[“”x€😀]+", "", row["customer_id"]) for row in found] == ["Zoë ", "two\nlines"]
    assert {row["source_file"] for row in found} == {str(path)}
    files = columns_of(path, encoding=encoding).drop_duplicates("file")
    settings = {"delimiter": ",", "encoding": encoding}
    unreadable = unreadable_lines(files, **settings, is_text_shown=True, threads=1)
    assert unreadable["source_row"].tolist() == [-1]
    wanted = pd.DataFrame({"source_file": str(path), "source_row": [-1, 1, 2]})
    assert line_numbers(wanted, **settings)["line"].tolist() == [2, 4, 6]


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    header = "customer_id,ordered_at,note,Note,note (2)"
    path = write(tmp_path, f"{header}\na,2024-01-01,x,y,z\n".encode())
    names = columns_of(path)["column_name"].tolist()
    assert names[2:] == ["note", "Note (3)", "note (2)"]
    assert [row["customer_id"] for row in rows_of(path)] == ["a"]


@pytest.mark.parametrize("column", ["source_file", "Source_Row", "segmart_is_forgotten"])
def test_a_column_of_segmart_s_own_is_named_where_it_would_be_replaced(
    column: str, tmp_path: Path
) -> None:
    path = write(tmp_path, f"customer_id,{column}\na,x\n".encode(), "customers.csv")
    orders = write(tmp_path, f"customer_id,ordered_at,{column}\na,2024-01-01,x\n".encode())
    paths = NONE | {"order_lines": str(orders), "customers": str(path)}
    with pytest.raises(SegmentationError, match=f"segmart has a column '{column}' of its own"):
        file_columns(paths, {}, delimiter=",", encoding="utf-8", copies=tmp_path)
    assert columns_of(orders)["role"].tolist()[2:] == ["ignored"]


@pytest.mark.parametrize("alias", ["latin_1", "utf_16", *encodings.aliases.aliases])
def test_sql_and_python_know_an_encoding_by_the_same_names(alias: str) -> None:
    try:
        known = known_encoding(alias)
    except SegmentationError:
        known = "none"
    macro = (ROOT / "dbt_project/macros/forgotten_customers.sql").read_text()
    latin, wide = re.search(r'set latin = "(.*)" -%}', macro)[1], re.search(r'"(u16.*?)"', macro)[1]
    assert (re.fullmatch(latin, alias) is not None) == (known == "latin-1")
    assert (re.fullmatch(wide, alias) is not None) == (known == "utf-16")


def test_a_copy_stays_while_its_file_is_unchanged_and_goes_with_it(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.encode("cp1252"))
    columns_of(path, encoding="cp1252")
    (copy,) = (tmp_path / "copies").iterdir()
    made = copy.stat().st_mtime_ns
    columns_of(path, encoding="cp1252")
    assert copy.stat().st_mtime_ns == made
    write(tmp_path, TEXT.encode())
    columns_of(path)
    assert not list((tmp_path / "copies").iterdir())


def test_rows_that_are_not_read_end_the_build(tmp_path: Path) -> None:
    path = write(tmp_path, codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"))
    files = columns_of(path, encoding="utf-16").drop_duplicates("file")
    # DuckDB reads the other byte order alone, and says nothing.
    columns = [Column(name, "text", name, "contract") for name in ("customer_id", "ordered_at")]
    as_it_is = File(path, path, "csv", 6, columns)
    settings = {"delimiter": ",", "encoding": "utf-16"}
    read = source(as_it_is, **settings, rejects="store_rejects = true, rejects_limit = 0")
    with pytest.raises(SegmentationError, match=r"orders\.csv: it has 3 rows .* and 0 of them"):
        unreadable_lines(
            files.assign(unreadable_source=read), **settings, is_text_shown=True, threads=1
        )


def test_a_file_that_the_engine_cannot_read_is_named(tmp_path: Path) -> None:
    path = write_parquet(tmp_path, customer_id=["a"] * 9, ordered_at=["2024-01-01"] * 9)
    content = bytearray(path.read_bytes())
    content[4:40] = bytes(36)
    path.write_bytes(content)
    files = columns_of(path).drop_duplicates("file")
    with pytest.raises(SegmentationError, match=r"orders\.parquet, column 'customer_id' cannot"):
        unreadable_lines(files, delimiter=",", encoding="utf-8", is_text_shown=True, threads=1)


def write_parquet(folder: Path, **columns: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "orders.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_row_numbers_of_pandas_are_no_column_and_those_of_duckdb_are_refused(
    tmp_path: Path,
) -> None:
    orders = pd.DataFrame({"customer_id": ["a"], "ordered_at": ["2024-01-01"]}, index=[5])
    orders.to_parquet(tmp_path / "orders.parquet", index=True)
    columns = columns_of(tmp_path / "orders.parquet")
    assert columns.set_index("column_name")["role"]["__index_level_0__"] == "index"
    assert "__index_level_0__" not in columns["rows_query"][0]
    path = write_parquet(tmp_path, **{name: ["a"] for name in ("customer_id", "file_row_number")})
    with pytest.raises(SegmentationError, match="rename that column"):
        columns_of(path)


def test_utf_16_without_its_mark_is_to_be_exported_again(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes("customer_id,ordered_at\na,2024-01-01\n".encode("utf-16-be"))
    with pytest.raises(SegmentationError, match=r"without a byte order mark.*export it again"):
        columns_of(path, encoding="utf-16")


def test_a_staging_folder_knows_every_column_of_the_contract() -> None:
    """What the macro does not list would tell lines of a staging folder apart twice."""
    macros = (ROOT / "dbt_project/macros/input_columns.sql").read_text()
    macro = macros[macros.index("macro ignored_values") :].split("endmacro")[0]
    typed = (ROOT / "dbt_project/models/orders/typed_order_lines.sql").read_text()
    typed = typed[typed.index("set number_columns") :].split("set checked_columns")[0]
    listed = set(re.findall(r"\w+", macro + typed))
    assert set(known("order_lines")) <= listed


NOON = datetime.datetime(2024, 1, 2, 12)
BERLIN = NOON.replace(tzinfo=datetime.UTC)
DECIMALS = [decimal.Decimal("1.5")]
# Each type that Arrow writes, for a column of the contract: what SQL gets, or None if it is refused.
TYPES = [
    *[
        ("ordered_at", pa.array([NOON], pa.timestamp(unit)), NOON)
        for unit in ("s", "ms", "us", "ns")
    ],
    *[
        ("ordered_at", pa.array([BERLIN], pa.timestamp(unit, "Europe/Berlin")), BERLIN)
        for unit in ("s", "ms", "us", "ns")
    ],
    ("ordered_at", pa.array([NOON.date()], pa.date32()), NOON.replace(hour=0)),
    ("ordered_at", pa.array([NOON], pa.date64()), NOON.replace(hour=0)),
    ("ordered_at", pa.array([NOON.time()]), None),
    ("ordered_at", pa.array([20240102]), None),
    *[(column, pa.nulls(1), "missing") for column in ("amount", "discount_amount", "is_return")],
    *[
        ("category", text, "x")
        for text in (
            pa.array(["x"]),
            pa.array(["x"], pa.large_string()),
            pa.array(["x"], pa.string_view()),
            pa.array(["x"]).dictionary_encode(),
        )
    ],
    ("order_id", pa.array([7], pa.uint64()), "7"),
    ("order_id", pa.array([7.0], pa.float32()), "7"),
    ("order_id", pa.array([float("nan")]), "missing"),
    ("ordered_at", pa.array([2**31 - 10], pa.date32()), "missing"),
    ("order_id", pa.array([bytes(16)], pa.uuid()), "00000000-0000-0000-0000-000000000000"),
    ("order_id", pa.array([b"x"]), None),
    ("order_id", pa.array([["x"]]), None),
    ("order_id", pa.array([{"x": 1}]), None),
    ("status", pa.array([NOON.date()], pa.date32()), str(NOON.date())),
    ("status", pa.array([NOON], pa.timestamp("us")), str(NOON)),
    ("amount", pa.array([1.5], pa.float16()), 1.5),
    ("amount", pa.array(DECIMALS, pa.decimal32(7, 2)), DECIMALS[0]),
    ("amount", pa.array(DECIMALS, pa.decimal256(50, 2)), 1.5),
    ("amount", pa.array([True]), None),
    ("amount", pa.array([datetime.timedelta(1)]), None),
    ("is_return", pa.array([1], pa.int8()), "1"),
    ("is_return", pa.array([True]), True),
    ("is_return", pa.array([1.0]), None),
]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    TYPES,
    ids=[f"{column} as {values.type}" for column, values, _ in TYPES],
)
def test_every_type_of_parquet_is_read_or_refused_by_name(
    column: str, values: pa.Array, expected: object, tmp_path: Path
) -> None:
    columns = {"customer_id": ["a"], "ordered_at": ["2024-01-01"]} | {column: values}
    path = write_parquet(tmp_path, **columns)
    if expected is None:
        with pytest.raises(SegmentationError, match=rf"column '{column}': its type is .* must be"):
            columns_of(path)
        return
    (row,) = rows_of(path)
    assert row[column] == (None if expected == "missing" else expected)


@pytest.mark.parametrize(
    "name", ['say "hi"', "a.b", "a,b", "it's", "ünï €", "two\nlines", "sElect"]
)
def test_any_name_of_a_column_is_read(name: str, tmp_path: Path) -> None:
    path = write_parquet(tmp_path, **{"customer_id": ["a"], name: ["2024-01-01"], name + "2": [5]})
    (row,) = rows_of(path, {"order_lines": {"ordered_at": name}})
    assert row["ordered_at"] == "2024-01-01"
    assert row["ignored_values"]


def test_names_that_differ_in_case_alone_are_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path, customer_id=["a"], Customer_ID=["b"], ordered_at=["2024-01-01"])
    with pytest.raises(SegmentationError, match="the column 'Customer_ID' twice"):
        columns_of(path)


def test_a_folder_gives_its_value_only_where_the_file_has_no_such_column(tmp_path: Path) -> None:
    below = tmp_path / "ordered_at=2024-06-30" / "shop=Ulm%20S%C3%BCd"
    path = write_parquet(below, customer_id=["a"], ordered_at=["2024-01-01"])
    (row,) = rows_of(path)
    assert row["ordered_at"] == "2024-01-01"
    assert "shop" not in row
    path = write_parquet(below, customer_id=["a"])
    (row,) = rows_of(path, {"order_lines": {"category": "shop"}})
    assert (row["ordered_at"], row["category"]) == ("2024-06-30", "Ulm Süd")
    roles = columns_of(path).set_index("column_name")["role"].to_dict()
    assert roles == {"customer_id": "contract", "ordered_at": "folder"}


def test_lines_above_the_header_are_declared(tmp_path: Path) -> None:
    text = 'Orders of Ulm;\n\n"customer\n_id";ordered_at;x;X\na;2024-01-01;1;2\nshort\n\nb;2024-01-02;;\n'
    path = write(tmp_path, text)
    mapping = {"order_lines": {"customer_id": "customer _id"}}
    settings = {"delimiter": ";", "encoding": "utf-8", "title_lines": 2}
    found = rows_of(path, mapping, **settings)
    assert [(row["customer_id"], row["source_row"]) for row in found] == [("a", 1), ("b", 2)]
    files = columns_of(path, mapping, **settings).drop_duplicates("file")
    unreadable = unreadable_lines(files, **settings, is_text_shown=True, threads=1)
    assert unreadable["line_text"].tolist() == ["short"]
    wanted = pd.DataFrame({"source_file": str(path), "source_row": [-1, 1, 2]})
    assert line_numbers(wanted, **settings)["line"].tolist() == [5, 6, 8]


@pytest.mark.parametrize(
    ("text", "title_lines", "says"),
    [
        ("a,2024-01-01,5\nb,2024-01-02,6\n", 0, "line 1: '2024-01-01' stands where the names"),
        ("a;05.01.24 10:00;5\n", 0, "line 1: '05.01.24 10:00' stands"),
        ('Orders\nNr,Kunde,Wert\n17,a,"12,50"\n', 2, "line 3: '12,50' stands"),
        ("customer,2023,2024\na,5,6\n", 0, "no column 'customer_id'"),
        ("customer_id^ordered_at\na^2024-01-01\n", 0, "separated by '^', which cannot"),
        ("customer_id||ordered_at~x\n", 0, "separated by '|': set the var delimiter"),
    ],
)
def test_a_header_that_is_none_is_named_with_its_line_or_its_sign(
    text: str, title_lines: int, says: str, tmp_path: Path
) -> None:
    delimiter = ";" if ";" in text else ","
    with pytest.raises(SegmentationError, match=re.escape(says)):
        columns_of(write(tmp_path, text), title_lines=title_lines, delimiter=delimiter)


@pytest.mark.parametrize(
    "title",
    [
        "Orders of Ulm\n",
        "Orders of Ulm\n\n",
        '"Orders\nof Ulm"\n',
        '"Orders\nof Ulm",,\n\n',
        '"Orders" of 5"\n',
        '"Orders of Ulm\n',
        ' "customer_id,ordered_at\nof ""Ulm"""\n',
    ],
)
def test_a_title_above_the_header_is_named_with_the_var(title: str, tmp_path: Path) -> None:
    path = write(tmp_path, title + "x, Customer_ID ,ordered_at\n1,a,2024-01-01\n")
    lines = title.count("\n")
    with pytest.raises(
        SegmentationError, match=rf"line {lines + 1}: set the var title_lines to {lines}"
    ):
        columns_of(path)
    found = columns_of(path, title_lines=lines)
    assert len(found) == 3
    assert [row["customer_id"] for row in rows_of(path, title_lines=lines)] == ["a"]
    settings = {"delimiter": ",", "encoding": "utf-8", "title_lines": lines}
    assert unreadable_lines(
        found.drop_duplicates("file"), **settings, is_text_shown=True, threads=1
    ).empty


@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize(("unit", "a_millisecond"), [("s", 1000), ("ms", 1)])
def test_a_time_that_duckdb_does_not_reach_is_named_with_its_column(
    unit: str, a_millisecond: int, zone: str | None, tmp_path: Path
) -> None:
    far = 10**16 // a_millisecond
    times = pa.array([0, None, far], pa.int64()).cast(pa.timestamp(unit, zone))
    path = write_parquet(tmp_path, customer_id=["a", "b", "c"], ordered_at=[NOON] * 3, note=times)
    files = columns_of(path).drop_duplicates("file")
    settings = {"delimiter": ",", "encoding": "utf-8", "is_text_shown": True, "threads": 1}
    with pytest.raises(SegmentationError, match=r"column 'note', row 3: 10000000000000000 milli"):
        unreadable_lines(files, **settings)


def test_names_of_columns_are_listed_in_part(tmp_path: Path) -> None:
    names = ["n" * 5000, *(f"c{number}" for number in range(2000))]
    path = write(tmp_path, ",".join(names) + "\n")
    with pytest.raises(SegmentationError) as raised:
        columns_of(path, {"order_lines": {"customer_id": "w" * 5000}})
    assert "n" * 79 + "…', 'c0', " in str(raised.value)
    assert "'c48' and 1951 more. Map the columns: " in str(raised.value)
    assert "w" * 80 not in str(raised.value)


def test_an_ignored_column_may_stand_twice_and_a_wanted_one_not(tmp_path: Path) -> None:
    path = write(tmp_path, "customer_id,note,ordered_at,Note,note\na,x,2024-01-01,y,z\n")
    assert columns_of(path)["column_name"].tolist() == [
        *("customer_id", "note", "ordered_at", "Note (2)", "note (3)")
    ]
    (row,) = rows_of(path)
    assert row["ordered_at"] == "2024-01-01"
    path = write(tmp_path, "customer_id,ordered_at,Ordered_At\na,2024-01-01,2024-01-02\n")
    with pytest.raises(SegmentationError, match="the column 'Ordered_At' twice"):
        columns_of(path)
