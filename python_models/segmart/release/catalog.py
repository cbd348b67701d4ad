"""The file ``segmart.duckdb`` that clients open: views over the current release.

Each view reads the newest pointer that has begun by the time of the query's transaction, ``now()``.
All tables of a transaction come from one release, whatever is published meanwhile, and a client may
keep the catalog open.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

from segmart.release import pointers, storage


def write(serve: Path) -> None:
    """The file that clients open: a view a table, over the release that is current.

    It is replaced only when what it says has changed: a client that holds it open needs no other.
    DuckDB wants to see the columns of a view, so the release is pointed to before.
    """
    manifest = pointers.manifest_of(pointers.newest_first(serve)[0])
    statements = list(_views(manifest["tables"], serve.resolve() / "pointers" / "*"))
    contents = ";\n".join(statements)
    catalog, note = serve / "segmart.duckdb", serve / ".catalog.sql"
    if catalog.is_file() and note.is_file() and note.read_text() == contents:
        return
    aside = serve / ".segmart.duckdb.part"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{storage.quote(aside)}' as catalog (storage_version 'v1.0.0')")
        for statement in statements:
            connection.execute(statement)
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


def _views(tables: Mapping[str, dict], folder: Path) -> Iterator[str]:
    countdown = r"cast(regexp_extract(file, 'countdown=([0-9]+)/manifest', 1) as bigint)"
    begun = f"{countdown} >= {pointers.END_OF_COUNTDOWN} - epoch_us(now())"
    for name, table in sorted(tables.items()):
        columns = ", ".join(f'"{column["name"]}"' for column in table["columns"])
        yield (
            # A view takes no parameters: names are of our own contracts, and the path is quoted.
            f"create view catalog.main.{name} as select {columns} "  # noqa: S608 - names of contracts
            f"from read_parquet('{storage.quote(folder)}/{name}.parquet', "
            "hive_partitioning = true, hive_types = {'countdown': bigint}) where countdown = "
            f"(select coalesce(min({countdown}) filter (where {begun}), max({countdown})) "
            f"from glob('{storage.quote(folder)}/manifest.json'))"
        )
        for column in table["columns"]:
            if column["comment"]:
                yield (
                    f'comment on column catalog.main.{name}."{column["name"]}" '
                    f"is '{storage.quote(column['comment'])}'"
                )
