"""The export: one file with the rows and the macros of a release, which needs nothing else."""

import runpy
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from conftest import Build
from segmart import SegmentationError
from segmart.export import export
from segmart.release import catalog
from test_analyst_macros import QUESTIONS, answers, older_client
from test_releases import publish, tree


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    """``python -m segmart.export`` in this process."""
    monkeypatch.setattr(sys, "argv", ["export", *map(str, arguments)])
    monkeypatch.delitem(sys.modules, "segmart.export", raising=False)
    runpy.run_module("segmart.export", run_name="__main__")


def contents(path: Path) -> dict:
    """All that a client sees of the tables or views: types, comments and rows."""
    with duckdb.connect(path, read_only=True) as reader:
        comments = dict(
            reader.sql(
                "select view_name, comment from duckdb_views() where not internal "
                "union all select table_name, comment from duckdb_tables()"
            ).fetchall()
        )
        columns = reader.sql(
            "select table_name, column_name, data_type, comment from duckdb_columns() "
            "where not internal and table_name <> 'releases' order by table_name, column_index"
        ).fetchall()
        rows = {name: reader.sql(f"from {name} order by all").fetchall() for name in comments}
    del comments["releases"]
    return {"comments": comments, "columns": columns, "rows": rows}


def test_an_export_has_all_of_the_release_when_the_release_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    serve, target = tmp_path / "serve/dev", tmp_path / "out" / "one-file.duckdb"
    target.parent.mkdir()
    serve.parent.mkdir()
    comments = {"segments": {"customers": "Number of customers: it's exact."}}
    publish(serve, "r1", comments=comments, descriptions={"segments": "It's short.\n"})
    served = contents(serve / "segmart.duckdb")
    before = tree(serve)
    monkeypatch.chdir(tmp_path)
    command(monkeypatch, "out/one-file.duckdb")
    assert capsys.readouterr().out == "release r1, 6 tables\n"
    assert tree(serve) == before
    serve.parent.rename(tmp_path / "elsewhere")
    assert contents(target) == served
    assert str(tmp_path).encode() not in target.read_bytes()
    assert stat.S_IMODE(target.stat().st_mode) == 0o440
    assert list(target.parent.iterdir()) == [target]


def test_what_cannot_be_exported_is_said_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve, there = tmp_path / "serve", tmp_path / "there.duckdb"
    publish(serve, "r1")
    there.write_text("mine")
    before = tree(tmp_path)
    for arguments, sentence in {
        (serve, there): f"{there} is there already: remove it first, or name another file",
        (serve, serve): "is there already",
        (tmp_path, tmp_path / "new"): "has no current release: name the folder serve/TARGET",
        (serve, tmp_path / "no/new"): "no/new cannot be written: No such file or directory",
    }.items():
        with pytest.raises(SystemExit, match=sentence):
            command(monkeypatch, "--serve", *arguments)
    assert tree(tmp_path) == before
    # A text as the exit code is 1, as for every command.
    words = [sys.executable, "-m", "segmart.export", "--serve", str(serve), str(there)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)


def test_a_file_of_the_release_that_has_changed_is_named(tmp_path: Path) -> None:
    publish(tmp_path, "r1")
    path = tmp_path / "releases/r1/segments.parquet"
    path.chmod(0o640)
    shutil.copy(tmp_path / "releases/r1/segment_model.parquet", path)
    with pytest.raises(SegmentationError, match=rf"{path} is not the file that was published"):
        export(tmp_path, tmp_path / "one-file.duckdb")
    assert not list(tmp_path.glob("*one-file*"))


@pytest.mark.parametrize("published", [["r2"], ["r2", "r3", "r4"]])
def test_an_export_is_of_one_release_whatever_is_published_meanwhile(
    published: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve, target = tmp_path / "serve", tmp_path / "one-file.duckdb"
    publish(serve, "r1")
    write_file = catalog.write_file

    def interrupted(path: Path, statements: Iterable[str]) -> None:
        def publishing() -> Iterable[str]:
            for statement in statements:
                yield statement
                if statement.startswith("create table customer_segments"):
                    monkeypatch.undo()
                    for release in published:
                        publish(serve, release, 30, keep=2)

        write_file(path, publishing())

    monkeypatch.setattr(catalog, "write_file", interrupted)
    if len(published) > 1:
        # Two newer ones, and the release is removed.
        with pytest.raises(SegmentationError, match="release r1 was removed while it was read"):
            export(serve, target)
        assert not list(tmp_path.glob("*one-file*"))
        return
    export(serve, target)
    with duckdb.connect(target, read_only=True) as reader:
        assert reader.sql(
            "select distinct customer_segments.model_version, segments.model_version, release "
            "from customer_segments, segments, releases"
        ).fetchall() == [("r1", "r1", "r1")]
    assert (serve / "current").resolve().name == "r2"


@pytest.fixture(scope="module")
def exported(demo: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an export of the demo where the client of docs/reading.md looks for it."""
    folder = tmp_path_factory.mktemp("exported")
    (folder / "serve/dev").mkdir(parents=True)
    export(demo.folder / "serve/dev", folder / "serve/dev/segmart.duckdb")
    return folder


def macros(folder: Path) -> dict[str, str]:
    with duckdb.connect(folder / "serve/dev/segmart.duckdb", read_only=True) as reader:
        return dict(
            reader.sql(
                "select function_name, comment from duckdb_functions() "
                "where database_name = 'segmart'"
            ).fetchall()
        )


def test_the_demo_has_the_same_tables_and_macros_but_for_the_one_of_two_releases(
    demo: Build, exported: Path
) -> None:
    path = "serve/dev/segmart.duckdb"
    assert contents(exported / path) == contents(demo.folder / path)
    expected = macros(demo.folder)
    del expected["compare_releases"]
    assert macros(exported) == expected
    assert {"score_customers", "explain_customer", "what_would_move"} < expected.keys()


OF_ONE_RELEASE = [
    *(question for question in QUESTIONS if "compare_releases" not in question),
    "from scaled_features('customer_features') order by all",
    "from segment_distances('customer_features') order by all",
]


def test_every_macro_answers_as_in_the_catalog(demo: Build, exported: Path) -> None:
    """By the client that may read nothing else: the folder holds the export alone."""
    found = answers(exported, [sys.executable], OF_ONE_RELEASE)
    assert found == answers(demo.folder, [sys.executable], OF_ONE_RELEASE)
    assert [len(rows) for rows in found] == [2469, 4, 12, 9 * 12, 1, 2469, 2469 * 4, 2469 * 4]


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.4.2", "1.5.6"])
def test_older_clients_get_the_same_answers_from_the_export(version: str, exported: Path) -> None:
    expected = answers(exported, [sys.executable], OF_ONE_RELEASE)
    assert answers(exported, older_client(version), OF_ONE_RELEASE) == expected
