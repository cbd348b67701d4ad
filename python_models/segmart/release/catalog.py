# ruff: noqa: S608 - views take no parameters: names are of our contracts, and the path is quoted
"""The file ``segmart.duckdb`` that clients open: views over the current release, and macros.

Each view reads the newest pointer that has begun by the time of the query's transaction, ``now()``.
All tables of a transaction come from one release, whatever is published meanwhile, and a client may
keep the catalog open.
"""

import os
from collections.abc import Iterator, Mapping
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
    with duckdb.connect() as connection:
        connection.execute(f"attach '{storage.quote(aside)}' as catalog (storage_version 'v1.0.0')")
        # Macros name views and macros as a client does, who has opened the file.
        connection.execute("use catalog")
        for statement in statements:
            connection.execute(statement)
        connection.execute("use memory")
        connection.execute("detach catalog")
    note_aside = serve / ".catalog.sql.part"
    note_aside.write_text(contents)
    # Until the new release has begun its columns may be missing.
    pointers.wait_until_begun(serve)
    for made, target in ((aside, catalog), (note_aside, note)):
        made.chmod(storage.FILE_MODE)
        storage.sync(made)
        os.replace(made, target)
    storage.sync(serve)


RELEASES = """
    select
        release,
        try_cast(as_of as date) as as_of,
        model_version,
        cast(json_extract(tables, '$.customer_segments.rows') as bigint) as customers,
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
        ) as is_current
    from read_json(
        '{serve}/releases/[!.]*/manifest.json',
        format = 'unstructured',
        columns = {{release: 'varchar', as_of: 'varchar', model_version: 'varchar', tables: 'json'}}
    )
    order by release desc
"""
RELEASES_COLUMNS = {
    "release": "Name of the release, the time it was published (UTC).",
    "as_of": "The date that its tables are as of.",
    "model_version": "Version of the model that its labels are of.",
    "customers": "Segmented customers.",
    "is_current": "Whether the views read this release.",
}


def _views(tables: Mapping[str, dict], serve: Path) -> Iterator[str]:
    folder = storage.quote(serve)
    countdown = r"cast(regexp_extract(file, 'countdown=([0-9]+)/manifest', 1) as bigint)"
    begun = f"{countdown} >= {pointers.END_OF_COUNTDOWN} - epoch_us(now())"
    current = (
        f"(select coalesce(min({countdown}) filter (where {begun}), max({countdown})) "
        f"from glob('{folder}/pointers/*/manifest.json'))"
    )
    for name, table in sorted(tables.items()):
        columns = ", ".join(f'"{column["name"]}"' for column in table["columns"])
        yield (
            f"create view {name} as select {columns} "
            f"from read_parquet('{folder}/pointers/*/{name}.parquet', "
            "hive_partitioning = true, hive_types = {'countdown': bigint}) "
            f"where countdown = {current}"
        )
        comments = {column["name"]: column["comment"] for column in table["columns"]}
        yield from _comments(name, table.get("comment"), comments)
    yield f"create view releases as {RELEASES.format(serve=folder, current=current).strip()}"
    yield from _comments(
        "releases", "One row per release that stands, the newest first.", RELEASES_COLUMNS
    )


def _comments(view: str, comment: str | None, columns: Mapping[str, str | None]) -> Iterator[str]:
    if comment:
        yield f"comment on view {view} is '{storage.quote(comment.strip())}'"
    for name, text in columns.items():
        if text:
            yield f"""comment on column {view}."{name}" is '{storage.quote(text)}'"""
