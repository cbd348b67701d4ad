"""Write, audit, publish: what BI reads is a finished release, and it changes in one step.

A release is a folder of Parquet files and a manifest. It is written aside, read back, synced to
disk, renamed into ``releases/``. Then one link is made in ``pointers/``: it leads to the release,
and its name says from when on the release is the current one, a moment ahead. The catalog
``segmart.duckdb`` holds views that read the newest pointer that has begun by the time of the
query's transaction, ``now()``. So all tables of a transaction come from one release, whatever is
published meanwhile, and a client may keep the catalog open. ``current`` leads to the same release,
for those who read the files themselves.

To go back to an older release: ``python -m segmart.releases serve/dev RELEASE``.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import json
import os
import shutil
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import duckdb
import pandas as pd
from duckdb import DuckDBPyRelation

from segmart import SegmentationError
from segmart.erasure import holds, release_holds

PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "pandas", "pyarrow", "scikit-learn", "segmart")
COLUMNS = ["release", "as_of", "model_version", "table_name", "row_count", "sha256", "is_current"]
FOLDER_MODE, FILE_MODE = 0o750, 0o440
# Pointers are named by the microseconds that then remain until 2286: the newest stands first, which
# is the one that DuckDB opens for the columns, and an old one can go without a query missing it.
END_OF_COUNTDOWN = 10**16
# Seconds from the making of a pointer to its beginning, far more than the making takes: no query
# whose time is past the beginning can find the pointer for one table and not for another.
NOTICE = 1.0


def publish(
    tables: Mapping[str, DuckDBPyRelation],
    serve: Path,
    *,
    release: str,
    source: str,
    keep: int,
    max_drop: float,
    comments: Mapping[str, Mapping[str, str]] | None = None,
    forgotten: Collection[str] = (),
    customer_ids: str = "as_given",
    notice: float = NOTICE,
) -> pd.DataFrame:
    """Publish the tables as one release and return the releases that stand.

    Args:
        tables: the public tables by name; customer_segments, segments, segment_model,
            model_versions, segment_moves and customer_accounting must be among them.
        serve: folder of the releases of one target.
        release: name of the new release; names sort by time.
        source: name of the input. A release is held against the last one of the same input alone.
        keep: how many releases stay, at least 2: queries may still read the one before.
        max_drop: share of its customers that a release may lose against the current one.
        comments: comments of the columns, by table and column.
        forgotten: ids, as they are published, of customers who are to be forgotten: the releases
            that hold one of them are removed once the new one is current.
        customer_ids: ``as_given``, or a name of the key of the pseudonyms: releases with others go
            too when there is a customer to forget, since nobody can tell who is in them.
        notice: seconds until the release begins.

    Returns:
        ``COLUMNS``, one row for each release and table, the newest first.

    Raises:
        SegmentationError: the release is refused; the message says why, and nothing that was
            published has changed.
    """
    for folder in (serve.parent, serve):
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(FOLDER_MODE)
    with _lock(serve):
        _check_clock(serve)
        _remove_leftovers(serve)
        last = last_manifest(serve, source)
        audit(tables, last[1] if last else None, max_drop)
        _audit_forgotten(tables, forgotten)
        folder = _write(tables, serve, release, source, customer_ids, comments or {})
        _verify(folder)
        _rename(folder, serve / "releases" / release)
        point_to(serve, release, notice=notice)
        _write_catalog(serve)
        _remove_old(serve, keep)
        _remove_holding(serve, forgotten, customer_ids)
        return list_releases(serve)


def audit(tables: Mapping[str, DuckDBPyRelation], last: dict | None, max_drop: float) -> None:
    """Refuse tables that contradict one another, or lose too many customers.

    Args:
        tables: as for ``publish``.
        last: manifest of the last release of the same input, or None.
        max_drop: as for ``publish``.

    Raises:
        SegmentationError: they do; the message names the tables and the values.
    """
    customers, segments = tables["customer_segments"], tables["segments"]
    model = tables["segment_model"]
    active = _values(tables["model_versions"].filter("status = 'active'"), "model_version")
    versions = _values(customers, "model_version") | _values(segments, "model_version")
    models = _values(model, "model_version")
    if len(active) != 1 or versions - active or not versions <= models:
        raise SegmentationError(
            f"release refused: the tables are of the model versions {sorted(map(str, versions))}, "
            f"active is {sorted(active)}, and segment_model has {sorted(map(str, models))}; "
            "run dbt build"
        )
    in_segments = dict(customers.aggregate("segment_id, count(*)").fetchall())
    rows = model.project("segment_id, model_version").fetchall()
    in_model = {segment for segment, version in rows if version in active}
    unknown = sorted(set(in_segments) - in_model, key=str)
    if unknown:
        raise SegmentationError(
            f"release refused: customer_segments has the segment {unknown[0]}, which segment_model "
            "has not; run dbt build"
        )
    for segment, counted in segments.project("segment_id, customers").order("all").fetchall():
        found = in_segments.get(segment, 0)
        if counted != found:
            raise SegmentationError(
                f"release refused: segments counts {counted} customers in segment {segment}, "
                f"customer_segments has {found}; run dbt build"
            )
    present = sum(in_segments.values())
    accounting = tables["customer_accounting"].filter("reason = 'segmented'")
    accounted = sum(count for (count,) in accounting.project("customers").fetchall())
    if accounted != present:
        raise SegmentationError(
            f"release refused: customer_accounting counts {accounted} segmented customers, "
            f"customer_segments has {present}; run dbt build"
        )
    before = last["tables"]["customer_segments"]["rows"] if last else 0
    gone = max(before - present, _departures(tables["segment_moves"], customers))
    if gone > max_drop * before:
        raise SegmentationError(
            f"release refused: of {before} customers of the last release "
            f"{last['release'] if last else ''} {gone} are gone: more than the share of "
            f"{max_drop:g} that the var max_drop allows. Is the input whole? If so, raise max_drop "
            "for this build. Is it another company's? Then set history to anew for this build"
        )


def _departures(moves: DuckDBPyRelation, customers: DuckDBPyRelation) -> int:
    """Customers of the last release who have no segment in this one."""
    left = dict(moves.filter("to_segment_id is null").aggregate("as_of, count(*)").fetchall())
    return sum(left.get(date, 0) for date in _values(customers, "as_of"))


def _audit_forgotten(tables: Mapping[str, DuckDBPyRelation], forgotten: Collection[str]) -> None:
    for name in tables if forgotten else ():
        if holds(tables[name], forgotten):
            raise SegmentationError(
                f"release refused: {name} has a customer of the list of the var "
                "forgotten_customers; run dbt build"
            )


def point_to(serve: Path, release: str, *, notice: float = NOTICE) -> None:
    """Make a release the current one, in one atomic step; returns when it has begun.

    Args:
        serve: as for ``publish``.
        release: name of a release that stands.
        notice: seconds until it begins.

    Raises:
        SegmentationError: there is no such release, or the clock stands before the last one.
    """
    if not (serve / "releases" / release / "manifest.json").is_file():
        raise SegmentationError(
            f"there is no release {release!r} in {serve}; there are "
            f"{', '.join(_names(serve)) or 'none'}"
        )
    _check_clock(serve)
    begins = _now() + round(notice * 1e6)
    _make_pointer(serve, release, begins)
    _link_current(serve, release)
    while (left := begins - _now()) > 0:
        time.sleep(left / 1e6)


def go_back(serve: Path, release: str, *, notice: float = NOTICE) -> None:
    """Make a release that was current before the current one again, and the catalog fit it.

    Raises:
        SegmentationError: as ``point_to``, or another build is publishing.
    """
    with _lock(serve):
        _remove_leftovers(serve)
        point_to(serve, release, notice=notice)
        _write_catalog(serve)


def _check_clock(serve: Path) -> None:
    """Wait for a pointer that is about to begin, made by a build that was killed just now."""
    for pointer in _pointers(serve)[:1]:
        ahead = (_begins(pointer) - _now()) / 1e6
        if ahead > 2 * NOTICE:
            raise SegmentationError(
                f"release refused: the current one begins {ahead:.1f} seconds from now. Set "
                f"the clock of this machine; if it was ahead before, remove {pointer}"
            )
        time.sleep(max(ahead, 0))


def _make_pointer(serve: Path, release: str, begins: int) -> None:
    """The step: before it the last release is the current one, after it this one."""
    pointers = serve / "pointers"
    pointers.mkdir(exist_ok=True)
    pointers.chmod(FOLDER_MODE)
    target = Path("..") / "releases" / release
    (pointers / f"countdown={END_OF_COUNTDOWN - begins}").symlink_to(target)
    _sync(pointers)


def list_releases(serve: Path) -> pd.DataFrame:
    """The releases that stand, as rows of ``COLUMNS``, the newest first."""
    current = (_current_manifest(serve) or {}).get("release")
    rows = []
    for manifest in reversed(standing_manifests(serve)):
        name = manifest["release"]
        for table, entry in sorted(manifest["tables"].items()):
            rows.append(
                (
                    *(name, manifest["as_of"], manifest["model_version"], table),
                    *(entry["rows"], entry["sha256"], name == current),
                )
            )
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.assign(as_of=pd.to_datetime(frame["as_of"]).dt.date)


def _names(serve: Path) -> list[str]:
    return sorted(path.parent.name for path in (serve / "releases").glob("[!.]*/manifest.json"))


def _now() -> int:
    """Microseconds since 1970, the clock that DuckDB's ``now()`` reads."""
    return time.time_ns() // 1000


def _pointers(serve: Path) -> list[Path]:
    """The newest first."""
    return sorted((serve / "pointers").glob("countdown=*"))


def _begins(pointer: Path) -> int:
    return END_OF_COUNTDOWN - int(pointer.name.removeprefix("countdown="))


def last_manifest(serve: Path, source: str) -> tuple[Path, dict] | None:
    """The folder and the manifest of the release that was the last current one of an input."""
    for pointer in _pointers(serve):
        manifest = json.loads((pointer / "manifest.json").read_text())
        if manifest["source"] == source:
            return pointer, manifest
    return None


def standing_manifests(serve: Path) -> list[dict]:
    """The manifests of all releases that stand, the oldest first."""
    return [
        json.loads((serve / "releases" / name / "manifest.json").read_text())
        for name in _names(serve)
    ]


def _current_manifest(serve: Path) -> dict | None:
    """The newest release that a pointer leads to; it begins within the notice."""
    for pointer in _pointers(serve):
        return json.loads((pointer / "manifest.json").read_text())
    return None


def _link_current(serve: Path, release: str) -> None:
    aside = serve / ".current.part"
    aside.unlink(missing_ok=True)
    aside.symlink_to(Path("releases") / release)
    os.replace(aside, serve / "current")
    _sync(serve)


def _values(table: DuckDBPyRelation, column: str) -> set:
    return {value for (value,) in table.project(column).distinct().fetchall()}


@contextlib.contextmanager
def _lock(serve: Path) -> Iterator[None]:
    """Held while this process publishes; the system frees it when the process ends, however."""
    with open(os.open(serve / ".lock", os.O_RDWR | os.O_CREAT, 0o600)) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SegmentationError(
                f"release refused: another build is publishing to {serve}; wait until it has ended"
            ) from None
        yield


def _remove_leftovers(serve: Path) -> None:
    """What a build that was killed has left: files aside, and releases that no pointer leads to."""
    # DuckDB keeps a log beside a catalog that is being written.
    for path in [*serve.glob("releases/.*.part"), *serve.glob(".*.part*")]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    pointers = _pointers(serve)
    pointed_to = {_target(pointer) for pointer in pointers}
    for path in serve.glob("releases/*"):
        if path.name not in pointed_to:
            _discard(path)
    if pointers:
        _link_current(serve, _target(pointers[0]))


def _discard(release: Path) -> None:
    """Remove a release; a part of one that is left by a kill is known by its name."""
    aside = release.with_name(f".{release.name}.part")
    os.rename(release, aside)
    shutil.rmtree(aside)


def _write(
    tables: Mapping[str, DuckDBPyRelation],
    serve: Path,
    release: str,
    source: str,
    customer_ids: str,
    comments: Mapping[str, Mapping[str, str]],
) -> Path:
    folder = serve / "releases" / f".{release}.part"
    folder.mkdir(parents=True)
    for made in (folder.parent, folder):
        made.chmod(FOLDER_MODE)
    entries = {}
    for name in sorted(tables):
        table = tables[name]
        path = folder / f"{name}.parquet"
        _write_table(table, path)
        entries[name] = {
            "rows": table.shape[0],
            "sha256": sha256(path),
            "columns": [
                {
                    "name": field.name,
                    "type": str(field.type),
                    "comment": comments.get(name, {}).get(field.name),
                }
                for field in table.limit(0).to_arrow_table().schema
            ],
        }
    first = tables["customer_segments"].project("as_of, model_version").limit(1).fetchall()
    as_of, model_version = first[0] if first else (None, None)
    manifest = {
        "release": release,
        "source": source,
        "customer_ids": customer_ids,
        "as_of": str(as_of),
        "model_version": model_version,
        # A number is never used again, not even after going back to a release without it.
        "last_segment_id": max(
            *(other.get("last_segment_id", 0) for other in standing_manifests(serve)),
            *_values(tables["segment_model"], "segment_id"),
            0,
        ),
        "tables": entries,
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    for path in sorted(folder.iterdir()):
        path.chmod(FILE_MODE)
        _sync(path)
    _sync(folder)
    return folder


def _write_table(table: DuckDBPyRelation, path: Path) -> None:
    """The rows in one order, whatever the order of the engine: the same tables, the same bytes."""
    table.order("all").to_parquet(str(path), compression="zstd")


def _verify(folder: Path) -> None:
    """Read back what was written, from the disk and through the engine that will serve it."""
    manifest = json.loads((folder / "manifest.json").read_text())
    with duckdb.connect() as connection:
        for name, entry in manifest["tables"].items():
            path = folder / f"{name}.parquet"
            rows = connection.execute(
                "select count(*) from read_parquet(?)", [str(path)]
            ).fetchall()
            if sha256(path) != entry["sha256"] or rows != [(entry["rows"],)]:
                raise SegmentationError(
                    f"release refused: {path} does not read back as it was written; check the disk"
                )


def _rename(folder: Path, target: Path) -> None:
    os.rename(folder, target)
    _sync(target.parent)


def _write_catalog(serve: Path) -> None:
    """The file that clients open: a view a table, over the release that is current.

    It is replaced only when what it says has changed: a client that holds it open needs no other.
    DuckDB wants to see the columns of a view, so the release is pointed to before.
    """
    manifest = json.loads((_pointers(serve)[0] / "manifest.json").read_text())
    statements = list(_views(manifest["tables"], serve.resolve() / "pointers" / "*"))
    contents = ";\n".join(statements)
    catalog, note = serve / "segmart.duckdb", serve / ".catalog.sql"
    if catalog.is_file() and note.is_file() and note.read_text() == contents:
        return
    aside = serve / ".segmart.duckdb.part"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{_quote(aside)}' as catalog (storage_version 'v1.0.0')")
        for statement in statements:
            connection.execute(statement)
        connection.execute("detach catalog")
    note_aside = serve / ".catalog.sql.part"
    note_aside.write_text(contents)
    for made, target in ((aside, catalog), (note_aside, note)):
        made.chmod(FILE_MODE)
        _sync(made)
        os.replace(made, target)
    _sync(serve)


def _views(tables: Mapping[str, dict], pointers: Path) -> Iterator[str]:
    countdown = r"cast(regexp_extract(file, 'countdown=([0-9]+)/manifest', 1) as bigint)"
    begun = f"{countdown} >= {END_OF_COUNTDOWN} - epoch_us(now())"
    for name, table in sorted(tables.items()):
        columns = ", ".join(f'"{column["name"]}"' for column in table["columns"])
        yield (
            # A view takes no parameters: names are of our own contracts, and the path is quoted.
            f"create view catalog.main.{name} as select {columns} "  # noqa: S608 - see above
            f"from read_parquet('{_quote(pointers)}/{name}.parquet', hive_partitioning = true, "
            "hive_types = {'countdown': bigint}) where countdown = "
            f"(select coalesce(min({countdown}) filter (where {begun}), max({countdown})) "
            f"from glob('{_quote(pointers)}/manifest.json'))"
        )
        for column in table["columns"]:
            if column["comment"]:
                yield (
                    f'comment on column catalog.main.{name}."{column["name"]}" '
                    f"is '{_quote(column['comment'])}'"
                )


def _remove_old(serve: Path, keep: int) -> None:
    """All but the newest releases, and the pointers that lead to none or are of no use any more."""
    pointers = _pointers(serve)
    kept = {*_names(serve)[-keep:], *(_target(pointer) for pointer in pointers[:2])}
    for pointer in pointers:
        if _target(pointer) not in kept:
            pointer.unlink()
    for name in _names(serve):
        if name not in kept:
            _discard(serve / "releases" / name)


def _remove_holding(serve: Path, forgotten: Collection[str], customer_ids: str) -> None:
    """Releases with a customer who is to be forgotten, at once, though a query may read one."""
    current = _target(_pointers(serve)[0])
    for name in _names(serve):
        folder = serve / "releases" / name
        if name == current or not forgotten:
            continue
        made_with = json.loads((folder / "manifest.json").read_text())["customer_ids"]
        if made_with not in ("as_given", customer_ids) or release_holds(folder, forgotten):
            for pointer in _pointers(serve):
                if _target(pointer) == name:
                    pointer.unlink()
            _discard(folder)


def _target(pointer: Path) -> str:
    return pointer.readlink().name


def sha256(path: Path) -> str:
    """The digest of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _quote(text: object) -> str:
    return str(text).replace("'", "''")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m segmart.releases FOLDER RELEASE")
    try:
        go_back(Path(sys.argv[1]), sys.argv[2])
    except SegmentationError as error:
        raise SystemExit(str(error)) from None
