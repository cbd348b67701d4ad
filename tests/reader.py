"""A client that reads until it is told to stop; run as a process, with nothing of segmart imported.

usage: reader.py KIND PATH STOP RESULT. RESULT is a file of JSON: the answers that were read (each
once), how many reads, how many were torn, the errors. RESULT.reads has the number of reads so far.
"""

import json
import sys
import time
from pathlib import Path

# Seconds between reads: readers that never rest would leave the build no processor.
PAUSE = 0.1
# Each has one model version alone; those of HISTORIES have also the ones of before.
TABLES = ("customer_segments", "segments", "fit_labels")
HISTORIES = ("model_versions", "segment_model", "k_selection")
# Counts and versions of many tables in one query: they agree when the tables are of one release.
QUERY = """
    select
        (select count(*) from {0}customer_segments),
        (select cast(sum(customers) as bigint) from {0}segments),
        (select customers from {1}customer_accounting where reason = 'segmented'),
        (select max(model_version) from {0}customer_segments),
        (select min(model_version) from {0}segments),
        (select max(model_version) from {0}model_versions where status = 'active'),
        (
            select max(segment_model.model_version)
            from {0}segment_model as segment_model
            inner join {0}segments as segments using (model_version)
        ),
        (
            select max(k_selection.model_version)
            from {0}k_selection as k_selection
            inner join {0}segments as segments using (model_version)
        ),
        (select min(model_version) from {0}fit_labels)
"""


def held(path):
    import duckdb

    connection = duckdb.connect(path, read_only=True)
    while True:
        yield connection.execute(QUERY.format("", "")).fetchall()[0]


def reopened(path):
    while True:
        yield reopened_once(path, "", "")


def build_file(path):
    while True:
        yield reopened_once(path, "segments.", "accounting.")


def reopened_once(path, *schemas):
    import duckdb

    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(QUERY.format(*schemas)).fetchall()[0]


def prepared(path):
    import duckdb

    connection = duckdb.connect(path, read_only=True)
    connection.execute(f"prepare question as {QUERY.format('', '')}")
    while True:
        yield connection.execute("execute question").fetchall()[0]


def sqlalchemy(path):
    import sqlalchemy

    engine = sqlalchemy.create_engine(f"duckdb:///{path}", connect_args={"read_only": True})
    while True:
        tables = sqlalchemy.MetaData()
        tables.reflect(engine, views=True, only=["customer_segments", "segments"])
        assert "segment_id" in tables.tables["segments"].columns
        with engine.connect() as connection:
            yield tuple(connection.execute(sqlalchemy.text(QUERY.format("", ""))).one())


def parquet(path):
    """The folder of a release, through the link ``current``, which is looked up once a read."""
    import pyarrow.parquet

    while True:
        folder = Path(path).parent.joinpath("current").resolve()
        tables = {
            name: pyarrow.parquet.read_table(folder / f"{name}.parquet")
            for name in (*TABLES, *HISTORIES, "customer_accounting")
        }
        accounting = tables["customer_accounting"].to_pylist()
        versions = {
            name: tables[name]["model_version"].to_pylist() for name in (*TABLES, *HISTORIES)
        }
        version = max(versions["segments"])
        yield (
            len(tables["customer_segments"]),
            sum(tables["segments"]["customers"].to_pylist()),
            sum(row["customers"] for row in accounting if row["reason"] == "segmented"),
            *(max(versions[name]) for name in TABLES),
            *(version if version in versions[name] else None for name in HISTORIES),
        )


def main(kind, path, stop, result):
    seen, reads, torn, errors = [], 0, 0, []
    read = globals()[kind]
    answers = read(path)
    while not Path(stop).exists():
        time.sleep(PAUSE)
        try:
            answer = next(answers)
        # Whatever a client is told counts as an error; the test wants none.
        except Exception as error:
            errors.append(str(error))
            answers = read(path)
            continue
        reads += 1
        Path(f"{result}.reads").write_text(str(reads))
        torn += len(set(answer[:3])) > 1 or len(set(answer[3:])) > 1
        if answer not in seen:
            seen.append(answer)
    Path(result).write_text(
        json.dumps({"reads": reads, "torn": torn, "errors": errors, "seen": seen})
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
