# ruff: noqa: S608 - views take no parameters: names are of our contracts, and the path is quoted
"""The file ``segmart.duckdb`` that clients open: views over the current release, and macros.

Each view reads the newest pointer that has begun by the time of the query's transaction, ``now()``.
All tables of a transaction come from one release, whatever is published meanwhile, and a client may
keep the catalog open. A file of one release (see ``export``) is made of the same parts.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import duckdb

from segmart.release import analyst_macros, pointers, storage


def write(serve: Path) -> None:
    """The file that clients open: a view a table, over the release that is current.

    It is replaced only when what it says has changed: a client that holds it open needs no other.
    DuckDB wants to see the columns of a view, so the release is pointed to before.
    """
    manifest = pointers.manifest_of(pointers.newest_first(serve)[0])
    served, tables = serve.resolve(), manifest["tables"]
    statements = [*_views(tables, served), *analyst_macros.statements(tables, served)]
    contents = ";\n".join(statements)
    catalog, note = serve / "segmart.duckdb", serve / ".catalog.sql"
    if catalog.is_file() and note.is_file() and note.read_text() == contents:
        return
    aside = serve / ".segmart.duckdb.part"
    write_file(aside, statements)
    note_aside = serve / ".catalog.sql.part"
    note_aside.write_text(contents)
    # Until the new release has begun its columns may be missing.
    pointers.wait_until_begun(serve)
    for made, target in ((aside, catalog), (note_aside, note)):
        made.chmod(storage.FILE_MODE)
        storage.sync(made)
        os.replace(made, target)
    storage.sync(serve)


def write_file(path: Path, statements: Iterable[str]) -> None:
    """A new file of DuckDB with what the statements make; clients from 1.0 on open it."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{storage.quote(path)}' as catalog (storage_version 'v1.0.0')")
        # Macros name views and macros as a client does, who has opened the file.
        connection.execute("use catalog")
        # Else each comment is a transaction of its own, written to the disk before the next one.
        connection.begin()
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.execute("use memory")
        connection.execute("detach catalog")


def of_one_release(tables: Mapping[str, dict], folder: Path) -> Iterator[str]:
    """The SQL of a file that holds the rows of a release itself, and nothing of where they were.

    Args:
        tables: of the manifest of the release.
        folder: of the release.
    """
    source = storage.quote(folder)
    yield from _relations("table", tables, lambda name: f"read_parquet('{source}/{name}.parquet')")
    manifest = f"{source}/manifest.json"
    yield from _releases("table", "The release that the tables are of.", manifest, "true")
    yield from analyst_macros.statements(tables, None)


RELEASES = """
    select
        release,
        try_cast(as_of as date) as as_of,
        model_version,
        cast(json_extract(tables, '$.customer_segments.rows') as bigint) as customers,
        {is_current} as is_current
    from read_json(
        '{manifests}',
        format = 'unstructured',
        columns = {{release: 'varchar', as_of: 'varchar', model_version: 'varchar', tables: 'json'}}
    )
    order by release desc
"""
IS_CURRENT = """
        release = (
            select release
            from read_json(
                '{serve}/pointers/*/manifest.json',
                format = 'unstructured',
                columns = {{release: 'varchar'}},
                hive_partitioning = true,
                hive_types = {{'countdown': bigint}}
            )
            where countdown = {current}
        )
"""
RELEASES_COLUMNS = {
    "release": "Name of the release, the time it was published (UTC).",
    "as_of": "The date that its tables are as of.",
    "model_version": "Version of the model that its labels are of.",
    "customers": "Segmented customers.",
    "is_current": "Whether the views or tables beside this one are of this release.",
}


def _views(tables: Mapping[str, dict], serve: Path) -> Iterator[str]:
    folder = storage.quote(serve)
    countdown = r"cast(regexp_extract(file, 'countdown=([0-9]+)/manifest', 1) as bigint)"
    begun = f"{countdown} >= {pointers.END_OF_COUNTDOWN} - epoch_us(now())"
    current = (
        f"(select coalesce(min({countdown}) filter (where {begun}), max({countdown})) "
        f"from glob('{folder}/pointers/*/manifest.json'))"
    )
    yield from _relations(
        "view",
        tables,
        lambda name: (
            f"read_parquet('{folder}/pointers/*/{name}.parquet', "
            "hive_partitioning = true, hive_types = {'countdown': bigint}) "
            f"where countdown = {current}"
        ),
    )
    yield from _releases(
        "view",
        "One row per release that stands, the newest first.",
        f"{folder}/releases/[!.]*/manifest.json",
        IS_CURRENT.format(serve=folder, current=current).strip(),
    )


def _relations(
    kind: str, tables: Mapping[str, dict], rows_of: Callable[[str], str]
) -> Iterator[str]:
    """A view or a table for each of the tables, with comments."""
    for name, table in sorted(tables.items()):
        columns = ", ".join(f'"{column["name"]}"' for column in table["columns"])
        yield f"create {kind} {name} as select {columns} from {rows_of(name)}"
        comments = {column["name"]: column["comment"] for column in table["columns"]}
        yield from _comments(kind, name, table.get("comment"), comments)


def _releases(kind: str, comment: str, manifests: str, is_current: str) -> Iterator[str]:
    query = RELEASES.format(manifests=manifests, is_current=is_current).strip()
    yield f"create {kind} releases as {query}"
    yield from _comments(kind, "releases", comment, RELEASES_COLUMNS)


def _comments(
    kind: str, relation: str, comment: str | None, columns: Mapping[str, str | None]
) -> Iterator[str]:
    if comment:
        yield f"comment on {kind} {relation} is '{storage.quote(comment.strip())}'"
    for name, text in columns.items():
        if text:
            yield f"""comment on column {relation}."{name}" is '{storage.quote(text.strip())}'"""
