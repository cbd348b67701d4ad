"""A look at the bytes of a file before SQL reads it.

SQL reads the rows. What it cannot do is said here: which file is none, cut short, in another
encoding or of mixed line ends.
"""

import codecs
import csv
import glob
import gzip
import hashlib
import importlib
import itertools
import os
import re
import urllib.parse
import zlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from segmart import SegmentationError, shown

FORMATS = {
    **{f"{ending}{packed}": "csv" for ending in (".csv", ".tsv", ".txt") for packed in ("", ".gz")},
    ".parquet": "parquet",
}
# Encodings that DuckDB knows, by Python's name for each. Of UTF-16 it does not read every file.
ENCODINGS = {"utf-8": "utf-8-sig", "latin-1": "latin-1", "utf-16": "utf-16"}
# By Python's name of a codec the key above that it is; ASCII is a part of UTF-8.
NAMES_OF_ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "ascii": "utf-8",
    "iso8859-1": "latin-1",
    "utf-16": "utf-16",
}
# What the var delimiter may be, and the sign that each is.
DELIMITERS = {",": ",", ";": ";", "|": "|", "tab": "\t"}
# The value of a folder whose rows have none.
EMPTY_FOLDER = "__HIVE_DEFAULT_PARTITION__"
CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
# What other files begin with, and what they are.
KINDS_OF_FILES = {
    b"PK\x03\x04": "a workbook or another archive (zip)",
    b"\xd0\xcf\x11\xe0": "a workbook of an old kind (xls)",
    b"PAR1": "Parquet",
    b"%PDF": "a PDF",
    b"SQLite format 3": "a database (SQLite)",
    GZIP: "compressed (gzip)",
}
# A file of UTF-16 begins with the first two bytes of the former too, but never with a character 0.
UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# Letters without a width that spreadsheets and web pages leave in names.
WIDTHLESS = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
# So many lines may stand above the names of the columns.
TITLE_LINES = 100


def matching(name: str, pattern: str) -> list[Path]:
    """The files that the path or glob of an input names, in order."""
    paths = [Path(path) for path in sorted(glob.glob(pattern, recursive=True))]
    paths = [path for path in paths if path.is_file()]
    for path in paths:
        if glob.has_magic(str(path)):
            raise SegmentationError(
                f"file {path}: its path holds one of * ? [, which stand for others; rename it"
            )
    if not paths:
        raise SegmentationError(
            f"var {name}: no file matches {pattern!r}, seen from {Path.cwd()}: correct the path"
        )
    return paths


def values_of_folders(path: Path) -> dict[str, str]:
    """What folders such as ``date=2024-06-30`` above a file say, as Spark and Hive name them."""
    parts = [part.partition("=") for part in path.parent.parts]
    return {
        urllib.parse.unquote(name): "" if value == EMPTY_FOLDER else urllib.parse.unquote(value)
        for name, sign, value in parts
        if sign and name
    }


def format_of(path: Path) -> str:
    """csv or parquet, by the ending."""
    for ending, file_format in FORMATS.items():
        if path.name.lower().endswith(ending):
            return file_format
    raise SegmentationError(
        f"file {path}: the ending says nothing that can be read; give one of {', '.join(FORMATS)}"
    )


def manifest_of(path: Path) -> dict[Path, str]:
    """The sha256 of each file of a manifest as ``sha256sum`` writes it."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise SegmentationError(f"var checksums: {path} cannot be read: {error.strerror}") from None
    sums = {}
    for number, line in enumerate(lines, start=1):
        match = re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line)
        if not match:
            raise SegmentationError(
                f"file {path}, line {number}: {shown(line)!r} is no line of a manifest; "
                "write it with sha256sum"
            )
        sums[(path.parent / match[2]).resolve()] = match[1]
    return sums


def check_sum(path: Path, manifest: dict[Path, str], checksums: str) -> str:
    """Hold a file against the manifest, and return its sha256."""
    expected = manifest.get(path.resolve())
    if expected is None:
        raise SegmentationError(f"file {path} is not in the manifest {checksums}: write it anew")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise SegmentationError(
            f"file {path} has the sha256 {found}, and the manifest {checksums} says {expected}: "
            "the file is damaged or has changed; copy it again, or write the manifest anew"
        )
    return found


def known_encoding(encoding: str) -> str:
    """An encoding by one name, whatever it is called: a key of ``ENCODINGS``, or else Python's.

    Raises:
        SegmentationError: it is neither of these nor a codec of one byte a character.
    """
    try:
        name = codecs.lookup(encoding).name
        if name in NAMES_OF_ENCODINGS:
            return NAMES_OF_ENCODINGS[name]
        # Such a codec has a table: https://docs.python.org/3/library/codecs.html#standard-encodings
        module = importlib.import_module(f"encodings.{name.replace('-', '_')}")
        if hasattr(module, "decoding_table"):
            return name
    except (LookupError, ImportError):
        pass
    raise SegmentationError(
        f"var encoding is {encoding!r}: allowed are {', '.join(ENCODINGS)}, and the codecs of "
        "Python with one byte for each character, such as cp1252, iso8859-15 or mac-roman"
    )


def codec_of(encoding: str) -> str:
    """Python's name of the codec that reads an encoding."""
    name = known_encoding(encoding)
    return ENCODINGS.get(name, name)


def copied_in_utf8(path: Path, encoding: str, folder: Path, title_lines: int = 0) -> Path | None:
    """A copy in UTF-8 of a file that DuckDB does not read as it is; None where it does.

    It does not where it does not know the encoding, and of UTF-16 it knows neither big-endian files
    nor letters of four bytes, such as emoji; nor where a quote stands above the names of the
    columns: what is quoted there it skips as one line, and what is not closed to the end.

    Args:
        path: a CSV file whose bytes ``csv_lines`` has looked at.
        encoding: of it.
        folder: of the copies. One of an unchanged file is used again.
        title_lines: lines above the header; the copy has them with apostrophes for quotes.
    """
    with opened(path, encoding) as file:
        titles = [file.readline() for _ in range(title_lines)]
    if encoding in ENCODINGS and encoding != "utf-16" and '"' not in "".join(titles):
        return None
    state = path.stat()
    version = f"{path.resolve()} {encoding} {title_lines} {state.st_size} {state.st_mtime_ns}"
    copy = folder / f"{hashlib.sha256(version.encode()).hexdigest()}.csv"
    if not copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        aside = copy.with_suffix(".part")
        with opened(path, encoding) as file, aside.open("wb") as copied:
            for _ in range(title_lines):
                copied.write(file.readline().replace('"', "'").encode())
            while chunk := file.read(CHUNK):
                copied.write(chunk.encode())
        os.replace(aside, copy)
    return copy


def _chunks(path: Path) -> Iterator[bytes]:
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SegmentationError(
            f"file {path} is cut short or damaged ({error}): copy or export it again"
        ) from None


def csv_lines(path: Path, encoding: str) -> int:
    """The number of lines of a CSV file, after a look at every byte of it."""
    _check_is_text(path)
    _check_is_not_utf8(path, encoding)
    decoder = codecs.getincrementaldecoder(codec_of(encoding))()
    lines, is_blank = 0, True
    kinds = {"\r\n": 0, "\n": 0, "\r": 0}
    tail, is_ended = "", False
    # At the end nothing more is decoded, unless a character is cut short.
    for chunk in itertools.chain(_chunks(path), [b""]):
        try:
            text = tail + decoder.decode(chunk, final=not chunk)
        except UnicodeError as error:
            before = getattr(error, "object", b"")[: getattr(error, "start", 0)]
            line = lines + _count_line_ends(before.decode("latin-1"))
            raise SegmentationError(
                f"file {path}, line {line + 1}: {_bad_bytes(error)} is not in the encoding "
                f"{encoding}: {_remedy_of(encoding)}"
            ) from None
        if encoding == "latin-1" and (control := re.search("[\x80-\x9f]", text)):
            line = lines + _count_line_ends(text[: control.start()]) + 1
            raise SegmentationError(
                f"file {path}, line {line}: byte 0x{ord(control[0]):02x} is no letter in the "
                "encoding latin-1: set the var encoding to cp1252 if the file is of Windows"
            )
        if "\0" in text:
            line = lines + _count_line_ends(text[: text.index("\0")]) + 1
            raise SegmentationError(
                f"file {path}, line {line}: there is a character 0: if the file is UTF-16, set "
                "the var encoding to utf-16; else export it again"
            )
        if not chunk:
            break
        is_blank = is_blank and not text.strip()
        # A line end may be cut in two by the end of the chunk.
        is_ended = text.endswith(("\r", "\n"))
        tail = "\r" if text.endswith("\r") else ""
        text = text.removesuffix("\r") if tail else text
        line_feeds = text.count("\n")
        # To look for one takes a tenth of counting none.
        returns = text.count("\r") if "\r" in text else 0
        pairs = text.count("\r\n") if returns else 0
        kinds["\r\n"] += pairs
        kinds["\n"] += line_feeds - pairs
        kinds["\r"] += returns - pairs
        # As _count_line_ends has it, without a second count.
        lines += max(line_feeds, returns)
    kinds["\r"] += len(tail)
    if is_blank:
        raise SegmentationError(
            f"file {path} is empty: it has not even a header; remove it, or export it again"
        )
    if sum(count > 0 for count in kinds.values()) > 1:
        _check_line_ends(path, encoding)
    return sum(kinds.values()) + (not is_ended)


def _check_is_text(path: Path) -> None:
    with path.open("rb") as file:
        begin = file.read(512)
    for sign, what in KINDS_OF_FILES.items():
        if begin.startswith(sign) and not (sign == GZIP and path.name.lower().endswith(".gz")):
            raise SegmentationError(
                f"file {path} is {what}, not CSV: export it as CSV, or give it the ending of its "
                "kind"
            )
    packed = path.name.lower().endswith(".gz")
    if (next(_chunks(path), b"") if packed else begin).startswith(UTF_32):
        raise SegmentationError(
            f"file {path} is in the encoding utf-32, which cannot be read: save it in UTF-8"
        )
    if begin.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise SegmentationError(
            f"file {path} is a page of HTML, not CSV: log in and download the file again"
        )


def _check_is_not_utf8(path: Path, encoding: str) -> None:
    """Refuse UTF-8 that is read as an encoding of one byte: each of its letters would be two."""
    if codec_of(encoding) in ("utf-8-sig", "utf-8", "utf-16"):
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, line = 0, 0
    try:
        for chunk in itertools.chain(_chunks(path), [b""]):
            text = decoder.decode(chunk, final=not chunk)
            if not line and not text.isascii():
                before = text[: re.search(r"[^\x00-\x7f]", text).start()]
                line = lines + _count_line_ends(before) + 1
            lines += _count_line_ends(text)
    except UnicodeError:
        return
    if line:
        raise SegmentationError(
            f"file {path}, line {line}: the file is in the encoding utf-8, and the var encoding is "
            f"{encoding}: set it to utf-8, or export all files in one encoding"
        )


def opened(path: Path, encoding: str) -> TextIO:
    """The text of a CSV file, with its line ends as they are."""
    of_kind = gzip.open if path.name.lower().endswith(".gz") else open
    return of_kind(path, "rt", encoding=codec_of(encoding), newline="")


def csv_header(path: Path, delimiter: str, encoding: str, title_lines: int) -> list[str]:
    """The names of the columns of a CSV file, which stand below its title lines.

    A line break inside a name is a space.
    """
    with opened(path, encoding) as file:
        for _ in range(title_lines):
            next(file, None)
        names = _header_in(file, delimiter)
    if not any(name.strip() for name in names):
        raise SegmentationError(
            f"file {path}, line {title_lines + 1}: there are no names of columns, or a quote "
            "among them is not closed: set the var title_lines to the number of lines above them"
        )
    if names[0].casefold().startswith("sep="):
        raise SegmentationError(
            f"file {path}, line {title_lines + 1}: it tells spreadsheets which sign separates the "
            f"columns: set the var delimiter to that sign, and title_lines to {title_lines + 1}"
        )
    return names


def line_with(path: Path, delimiter: str, encoding: str, names: Collection[str]) -> int | None:
    """The first of the upper lines of a CSV file at which all of these names begin, from 1."""
    wanted = {name.casefold() for name in names}
    with opened(path, encoding) as file:
        lines = list(itertools.islice(file, 2 * TITLE_LINES))
    # Each line is tried as the first one of a header, whatever is quoted above it.
    for at in range(min(len(lines), TITLE_LINES + 1)):
        found = _header_in(itertools.islice(lines, at, None), delimiter)
        if wanted <= {name.casefold() for name in found}:
            return at + 1
    return None


def _header_in(lines: Iterable[str], delimiter: str) -> list[str]:
    """The names of columns with which lines of CSV begin; none where a quote takes in too much."""
    try:
        names = next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:
        return []
    return [re.sub(r"\s*[\r\n]+\s*", " ", name.translate(WIDTHLESS)).strip() for name in names]


def _count_line_ends(text: str) -> int:
    return max(text.count("\n"), text.count("\r"))


def _remedy_of(encoding: str) -> str:
    if encoding == "utf-16":
        return "it begins without a byte order mark, or is of another encoding; export it again"
    return "set the var encoding to that of the file, such as utf-8, cp1252, latin-1 or utf-16"


def _bad_bytes(error: UnicodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte 0x{error.object[error.start : error.start + 1].hex()}"
    return "what it begins with"


def _check_line_ends(path: Path, encoding: str) -> None:
    """Line ends inside quotes are part of a value; the others must be of one kind."""
    text = b"".join(_chunks(path)).decode(codec_of(encoding))
    quoted, line, first = False, 1, None
    for match in re.finditer(r'"|\r\n|\n|\r', text):
        if match[0] == '"':
            quoted = not quoted
            continue
        if not quoted:
            first = first or match[0]
            if match[0] != first:
                names = {"\r\n": "CR LF", "\n": "LF", "\r": "CR"}
                raise SegmentationError(
                    f"file {path}, line {line}: the line ends with {names[match[0]]}, those before "
                    f"with {names[first]}: write the file with one kind of line end"
                )
        line += 1


def parquet_columns(path: Path) -> tuple[list[tuple[str, str]], int]:
    """Name and kind of each column of a Parquet file, and the number of its rows.

    A kind is text, integer, floating, decimal, boolean, date, timestamp, instant (a timestamp with
    a zone), uuid, null (no value in the whole file), or else the type as Arrow writes it.
    """
    try:
        metadata = pq.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError) as error:
        raise SegmentationError(
            f"file {path} cannot be read as Parquet ({str(error).splitlines()[0]}): it is damaged "
            "or of another kind; copy or export it again"
        ) from None
    if "file_row_number" in {field.name.casefold() for field in schema}:
        raise SegmentationError(
            f"file {path}: DuckDB gives the number of a row the name file_row_number; rename that "
            "column of the file"
        )
    return [(field.name, _kind(field.type)) for field in schema], metadata.num_rows


def id_out_of_range(path: Path, column: str) -> tuple[int, float] | None:
    """The bits of a column of floating point numbers and its first one that stands for two."""
    file = pq.ParquetFile(path)
    kind = file.schema_arrow.field(column).type
    limits = {pa.float16(): (16, 2**11), pa.float32(): (32, 2**24), pa.float64(): (64, 2**53)}
    if kind not in limits:
        return None
    bits, limit = limits[kind]
    for batch in file.iter_batches(columns=[column]):
        values = batch.column(0).drop_null().to_numpy(zero_copy_only=False).astype("float64")
        large = values[(abs(values) >= limit) & (abs(values) < float("inf"))]
        if large.size:
            return bits, float(large[0])
    return None


def time_out_of_range(path: Path, column: str) -> tuple[int, int] | None:
    """The first row, from 1, whose milliseconds are too many as microseconds, and their number."""
    file = pq.ParquetFile(path)
    kind = file.schema_arrow.field(column).type
    if not pa.types.is_timestamp(kind) or kind.unit != "ms":
        return None
    rows = 0
    for batch in file.iter_batches(columns=[column]):
        for row, value in enumerate(batch.column(0).cast(pa.int64()).to_pylist(), start=1):
            # The largest numbers stand for ever, and are read.
            if value is not None and abs(value) * 1000 >= 2**63 > abs(value) + 1:
                return rows + row, value
        rows += len(batch)
    return None


def _kind(arrow_type: pa.DataType) -> str:
    if pa.types.is_dictionary(arrow_type):
        arrow_type = arrow_type.value_type
    kinds = {
        "text": ("is_string", "is_large_string", "is_string_view"),
        "boolean": ("is_boolean",),
        "integer": ("is_integer",),
        "floating": ("is_floating",),
        "decimal": ("is_decimal",),
        "date": ("is_date",),
        "timestamp": ("is_timestamp",),
        "null": ("is_null",),
    }
    if pa.types.is_timestamp(arrow_type) and arrow_type.tz:
        return "instant"
    if arrow_type == pa.uuid():
        return "uuid"
    for kind, tests in kinds.items():
        if any(getattr(pa.types, test)(arrow_type) for test in tests):
            return kind
    return str(arrow_type)
