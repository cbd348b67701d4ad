"""The reader of docs/reading.md can read the release, and nothing else of the machine."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from conftest import ROOT
from test_releases import publish, published, tree

# Each must fail; what they would touch is made for them.
PROBES = [
    "select * from read_text('{secret}')",
    "select * from read_blob('{secret}')",
    "select * from read_csv('{secret}')",
    "select * from '{secret}'",
    "select * from read_parquet('{other}')",
    "select * from glob('/etc/*')",
    "copy segments to '{folder}/out.csv'",
    "copy segments to '{serve}/current/segments.parquet' (format parquet)",
    "copy segments to '{serve}/current/segments.parquet' (format parquet, use_tmp_file false)",
    "export database '{folder}/out'",
    "attach '{folder}/new.duckdb' as other",
    "attach '{database}' as other (read_only)",
    "install httpfs",
    "load httpfs",
    "load '{folder}/some.duckdb_extension'",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set allowed_paths = ['{secret}']",
    "set allowed_directories = ['/']",
    "reset allowed_paths",
    "set python_enable_replacements = true",
    "select * from frame",
    "create table kept as select 1 as x",
    "create or replace view segments as select 1 as x",
    "drop view segments",
    "insert into segments select * from segments",
    "delete from segments",
    "pragma enable_profiling = 'json'; set profiling_output = '{folder}/profile.json'",
    "set log_query_path = '{folder}/queries.log'",
    "set temp_directory = '{folder}'",
]

# Root reads and writes everything: the reader becomes a user of the group that owns the files.
PROGRAM = """
import os
import sys

import duckdb
import pandas

if os.getuid() == 0:
    os.setgroups([])
    os.setuid(65534)
{reader}
frame = pandas.DataFrame({{"x": [1]}})
assert reader.sql("select sum(customers) from segments").fetchall() == [(10,)]
for probe in sys.argv[1:]:
    try:
        reader.execute(probe).fetchall()
    except Exception:
        # To be refused is what is asked of a probe, whatever the reason; one that is not is printed,
        # and that the reader still answers is asserted at the end.
        continue
    print(probe)
assert reader.sql("select count(*) from customer_segments").fetchall() == [(10,)]
"""


def documented_reader() -> str:
    blocks = (ROOT / "docs/reading.md").read_text().split("```")[1::2]
    (body,) = [block for block in blocks if "# locked-down reader" in block]
    return body.removeprefix("python\n")


@pytest.fixture
def folder():
    """A folder that an ordinary user can reach, which pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="segmart-reader-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_no_probe_of_the_reader_succeeds(folder: Path) -> None:
    serve = folder / "serve" / "dev"
    serve.parent.mkdir()
    publish(serve, "r1")
    (folder / "secret.txt").write_text("a,b\n1,2\n")
    shutil.copy(serve / "current" / "segments.parquet", folder / "other.parquet")
    subprocess.run(
        [sys.executable, "-c", f"import duckdb; duckdb.connect('{folder}/some.duckdb')"], check=True
    )
    for path in folder.glob("*.*"):
        path.chmod(0o644)
    places = {
        "secret": folder / "secret.txt",
        "other": folder / "other.parquet",
        "folder": folder,
        "serve": serve,
        "database": folder / "some.duckdb",
    }
    before = tree(folder)
    finished = subprocess.run(
        [
            *(sys.executable, "-c", PROGRAM.format(reader=documented_reader())),
            *(probe.format(**places) for probe in PROBES),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == ""
    assert tree(folder) == before
    assert published(serve) == ("r1", 10, 10)
