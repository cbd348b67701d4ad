"""Write, audit, publish: what BI reads is a finished release, and it changes in one step.

A release is a folder of Parquet files and a manifest. It is written aside, read back, synced to
disk, renamed into ``releases/``. Then one link makes it the current release (see ``pointers``), its
report is shown (see ``report``), and the catalog is made to fit its columns (see ``catalog``).
``current`` leads to the same release, for those who read the files themselves.
"""

import contextlib
import fcntl
import importlib.metadata
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pandas as pd
from duckdb import DuckDBPyRelation

from segmart import SegmentationError
from segmart.release import audit, catalog, pointers, report, storage
from segmart.release.erasure import release_holds

PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "pandas", "pyarrow", "scikit-learn", "segmart")
COLUMNS = ["release", "as_of", "model_version", "table_name", "row_count", "sha256", "is_current"]


def publish(
    tables: Mapping[str, DuckDBPyRelation],
    serve: Path,
    *,
    release: str,
    source: str,
    keep: int,
    max_drop: float,
    drawn: Path,
    shown: Path,
    stops: Sequence[str] = (),
    built_on: str | None = None,
    comments: Mapping[str, Mapping[str, str]] | None = None,
    descriptions: Mapping[str, str] | None = None,
    forgotten: Collection[str] = (),
    customer_ids: str = "as_given",
    notice: float = pointers.NOTICE,
) -> pd.DataFrame:
    """Publish the tables as one release and return the releases that stand.

    The release begins after the notice, mostly a moment after this function has returned:
    ``pointers.wait_until_begun`` waits for it.

    Args:
        tables: the public tables by name; customer_segments, segments, segment_model,
            model_versions, segment_moves and customer_accounting must be among them.
        serve: folder of the releases of one target.
        release: name of the new release; names sort by time.
        source: name of the input. A release is held against the last one of the same input alone.
        keep: how many releases stay, at least 2: queries may still read the one before; the newest
            one of an earlier date stays too.
        max_drop: share of its customers that a release may lose against the current one.
        drawn: the report of the tables, which becomes a part of the release.
        shown: where people open the report; it gets there when the release has been published.
        stops: sentences of what is so far from the fit that there is no release.
        built_on: the last release of the input when the build began, if any.
        comments: comments of the columns, by table and column.
        descriptions: what a row of a table is, by table.
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
            folder.chmod(storage.FOLDER_MODE)
    with _lock(serve):
        pointers.wait_until_begun(serve)
        _remove_leftovers(serve)
        last = pointers.last_manifest(serve, source)
        manifest = last[1] if last else None
        audit.audit_base(manifest, built_on)
        audit.audit_stops(stops)
        audit.audit(tables, manifest, max_drop)
        audit.audit_forgotten(tables, forgotten)
        with report.made_ready(drawn, release, shown) as show_report:
            folder = _write(
                *(tables, serve, release, source, customer_ids),
                *(comments or {}, descriptions or {}, drawn),
            )
            _verify(folder)
            _rename(folder, serve / "releases" / release)
            pointers.point_to(serve, release, notice=notice)
            show_report()
        catalog.write(serve)
        _remove_old(serve, keep)
        _remove_holding(serve, forgotten, customer_ids)
        return list_releases(serve)


def go_back(serve: Path, release: str, *, notice: float = pointers.NOTICE) -> None:
    """Make a release that was current before the current one again, and the catalog fit it.

    Raises:
        SegmentationError: as ``pointers.point_to``, or another build is publishing.
    """
    with _lock(serve):
        _remove_leftovers(serve)
        pointers.point_to(serve, release, notice=notice)
        catalog.write(serve)
        pointers.wait_until_begun(serve)


def list_releases(serve: Path) -> pd.DataFrame:
    """The releases that stand, as rows of ``COLUMNS``, the newest first."""
    current = (pointers.current_manifest(serve) or {}).get("release")
    rows = []
    for manifest in reversed(pointers.standing_manifests(serve)):
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
    found = pointers.newest_first(serve)
    pointed_to = {pointers.target(pointer) for pointer in found}
    for path in serve.glob("releases/*"):
        if path.name not in pointed_to and (found or not pointers.was_published(serve)):
            _discard(path)
    if found:
        pointers.link_current(serve, pointers.target(found[0]))


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
    descriptions: Mapping[str, str],
    drawn: Path,
) -> Path:
    folder = serve / "releases" / f".{release}.part"
    folder.mkdir(parents=True)
    for made in (folder.parent, folder):
        made.chmod(storage.FOLDER_MODE)
    entries = {}
    for name in sorted(tables):
        table = tables[name]
        path = folder / f"{name}.parquet"
        _write_table(table, path)
        entries[name] = {
            "rows": table.shape[0],
            "sha256": storage.sha256(path),
            "comment": descriptions.get(name),
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
    (folder / report.NAME).write_bytes(report.of_release(drawn, release))
    manifest = {
        "release": release,
        "source": source,
        "customer_ids": customer_ids,
        "as_of": str(as_of),
        "model_version": model_version,
        # A number is never used again, not even after going back to a release without it.
        "last_segment_id": max(
            *(other.get("last_segment_id", 0) for other in pointers.standing_manifests(serve)),
            *storage.values(tables["segment_model"], "segment_id"),
            0,
        ),
        "tables": entries,
        "report": {"sha256": storage.sha256(folder / report.NAME)},
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    for path in sorted(folder.iterdir()):
        path.chmod(storage.FILE_MODE)
        storage.sync(path)
    storage.sync(folder)
    return folder


def _write_table(table: DuckDBPyRelation, path: Path) -> None:
    """The rows in one order, whatever the order of the engine: the same tables, the same bytes."""
    table.order("all").to_parquet(str(path), compression="zstd")


def _verify(folder: Path) -> None:
    """Read back what was written, from the disk and through the engine that will serve it."""
    manifest = pointers.manifest_of(folder)
    if storage.sha256(folder / report.NAME) != manifest["report"]["sha256"]:
        raise SegmentationError(_unlike_written(folder / report.NAME))
    with duckdb.connect() as connection:
        for name, entry in manifest["tables"].items():
            path = folder / f"{name}.parquet"
            rows = connection.execute(
                "select count(*) from read_parquet(?)", [str(path)]
            ).fetchall()
            if storage.sha256(path) != entry["sha256"] or rows != [(entry["rows"],)]:
                raise SegmentationError(_unlike_written(path))


def _unlike_written(path: Path) -> str:
    return f"release refused: {path} does not read back as it was written; check the disk"


def _rename(folder: Path, target: Path) -> None:
    os.rename(folder, target)
    storage.sync(target.parent)


def _remove_old(serve: Path, keep: int) -> None:
    """All but the newest releases, and the pointers that lead to none or are of no use any more.

    The newest of an earlier date stays: another build of this date reads what customers were then.
    """
    found = pointers.newest_first(serve)
    kept = {*pointers.standing(serve)[-keep:], *(pointers.target(pointer) for pointer in found[:2])}
    earlier = pointers.newest_of_earlier_date(
        pointers.standing_manifests(serve), pointers.manifest_of(found[0])
    )
    kept |= {earlier["release"]} if earlier else set()
    for pointer in found:
        if pointers.target(pointer) not in kept:
            pointer.unlink()
    for name in pointers.standing(serve):
        if name not in kept:
            _discard(serve / "releases" / name)


def _remove_holding(serve: Path, forgotten: Collection[str], customer_ids: str) -> None:
    """Releases with a customer who is to be forgotten, at once, though a query may read one."""
    if not forgotten:
        return
    pointers.wait_until_begun(serve)
    current = pointers.target(pointers.newest_first(serve)[0])
    for name in pointers.standing(serve):
        folder = serve / "releases" / name
        if name == current:
            continue
        made_with = pointers.manifest_of(folder)["customer_ids"]
        if made_with not in ("as_given", customer_ids) or release_holds(folder, forgotten):
            for pointer in pointers.newest_first(serve):
                if pointers.target(pointer) == name:
                    pointer.unlink()
            _discard(folder)
