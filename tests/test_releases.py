"""Releases: whole, checked, swapped in one step; refused and killed ones change nothing."""

import contextlib
import datetime
import hashlib
import importlib
import multiprocessing
import os
import runpy
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import Build, dbt_build
from segmart import SegmentationError
from segmart.release import pointers, storage
from segmart.release import publish as publishing
from segmart.release.report import explained


def tables(customers: int = 10, version: str = "v1") -> dict[str, pa.Table]:
    """Public tables that agree: two segments, every third customer in the second."""
    ids = [2 if number % 3 == 0 else 1 for number in range(customers)]
    return {
        "customer_segments": pa.table(
            {
                "customer_id": [f"c{number}" for number in range(customers)],
                "segment_id": ids,
                "as_of": ["2024-01-31"] * customers,
                "model_version": [version] * customers,
            }
        ),
        "segments": pa.table(
            {
                "segment_id": [1, 2],
                "customers": [ids.count(1), ids.count(2)],
                "model_version": [version] * 2,
            }
        ),
        "segment_model": pa.table({"segment_id": [1, 2], "model_version": [version] * 2}),
        "model_versions": pa.table({"model_version": [version], "status": ["active"]}),
        "segment_moves": pa.table(
            {"as_of": pa.array([], pa.string()), "to_segment_id": pa.array([], pa.int32())}
        ),
        "customer_accounting": pa.table({"reason": ["segmented"], "customers": [customers]}),
    }


PLACE_OF_NAME = '<div id="release" hidden><dt>Release</dt><dd></dd></div>'


def publish(serve: Path, release: str, customers: int = 10, **changes) -> None:
    settings = {"source": "demo", "keep": 3, "max_drop": 0.2, "notice": 0.05} | changes
    if "built_on" not in settings:
        last = pointers.last_manifest(serve, settings["source"])
        settings["built_on"] = last and last[1]["release"]
    contents = settings.pop("tables", None) or tables(customers, version=release)
    relations = {name: duckdb.from_arrow(table) for name, table in contents.items()}
    reports = settings.pop("reports", reports_of(serve))
    drawn, shown = reports / "drawn.html", reports / "segments.html"
    reports.mkdir(exist_ok=True)
    drawn.write_text(f"<title>Report</title><body>of {release}{PLACE_OF_NAME}</body>")
    with explained(drawn, shown):
        publishing.publish(relations, serve, release=release, drawn=drawn, shown=shown, **settings)
    pointers.wait_until_begun(serve)


def reports_of(serve: Path) -> Path:
    """Where a build draws the report and shows it, beside the folder of the releases."""
    return serve.with_name(f"{serve.name} reports")


def shown_report(serve: Path) -> Path:
    return reports_of(serve) / "segments.html"


def refused_page(serve: Path) -> Path:
    return reports_of(serve) / "refused.html"


def tree(folder: Path) -> dict[str, str]:
    """The checksum of every file, and where every link leads."""
    return {
        str(path.relative_to(folder)): os.readlink(path)
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def published(serve: Path) -> tuple[str, int, int]:
    """Version and counts that one query of a new client sees."""
    with duckdb.connect(serve / "segmart.duckdb", read_only=True) as connection:
        return connection.sql(
            "select any_value(model_version), count(*), (select sum(customers) from segments) "
            "from customer_segments"
        ).fetchall()[0]


def test_a_client_that_holds_the_catalog_sees_the_new_release(tmp_path: Path) -> None:
    publish(tmp_path, "r1")
    with duckdb.connect(tmp_path / "segmart.duckdb", read_only=True) as connection:
        question = "select any_value(model_version), count(*) from customer_segments"
        assert connection.sql(question).fetchall() == [("r1", 10)]
        publish(tmp_path, "r2", 30)
        assert connection.sql(question).fetchall() == [("r2", 30)]


def test_the_same_tables_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    publish(tmp_path / "one", "r1")
    shuffled = {
        name: table.take(pa.array(range(len(table)), pa.int64())[::-1])
        for name, table in tables(version="r1").items()
    }
    publish(tmp_path / "two", "r1", tables=shuffled)
    assert tree(tmp_path / "one" / "releases") == tree(tmp_path / "two" / "releases")


def test_many_rows_give_the_same_bytes_on_any_number_of_threads(tmp_path: Path) -> None:
    sums = set()
    for threads, order in ((1, "number"), (2, "hash(number)"), (4, "-number")):
        path = tmp_path / f"{threads}.parquet"
        with duckdb.connect(
            config={"threads": threads, "preserve_insertion_order": False}
        ) as connection:
            connection.execute(
                "create table features as select 'c' || number as customer_id, "
                "number % 7 / 3e0 as spend, case when number % 3 > 0 then number end as orders "
                f"from range(400000) as numbers (number) order by {order}"
            )
            publishing._write_table(connection.table("features"), path)
        sums.add(storage.sha256(path))
    assert len(sums) == 1


def test_the_newest_releases_stay_and_one_can_go_back(tmp_path: Path) -> None:
    for number in range(5):
        publish(tmp_path, f"r{number}", keep=2)
    found = publishing.list_releases(tmp_path)
    assert found["release"].unique().tolist() == ["r4", "r3"]
    assert found[found["is_current"]]["release"].unique().tolist() == ["r4"]
    publishing.go_back(tmp_path, "r3", notice=0.05)
    assert published(tmp_path)[0] == "r3"
    with pytest.raises(SegmentationError, match=r"there is no release 'r0' .* there are r3, r4"):
        publishing.go_back(tmp_path, "r0")
    publish(tmp_path, "r5", keep=2)
    assert published(tmp_path)[0] == "r5"
    # A query may still read the release before, though it is not among the newest.
    assert publishing.list_releases(tmp_path)["release"].unique().tolist() == ["r5", "r4", "r3"]


def test_the_last_release_of_an_earlier_date_stays(tmp_path: Path) -> None:
    publish(tmp_path, "r0")
    later = tables()
    customers = later["customer_segments"]
    later["customer_segments"] = customers.set_column(
        customers.column_names.index("as_of"), "as_of", pa.array(["2024-02-01"] * len(customers))
    )
    publish(tmp_path, "r1")
    for number in range(2, 6):
        publish(tmp_path, f"r{number}", tables=later, keep=2)
    assert pointers.standing(tmp_path) == ["r1", "r4", "r5"]


def test_going_back_fits_the_catalog_to_the_columns_of_then(tmp_path: Path) -> None:
    publish(tmp_path, "r1")
    wider = tables(version="r2")
    wider["segments"] = wider["segments"].append_column("revenue", pa.array([1.5, 2.5]))
    publish(tmp_path, "r2", tables=wider)
    publishing.go_back(tmp_path, "r1", notice=0.05)
    with duckdb.connect(tmp_path / "segmart.duckdb", read_only=True) as connection:
        assert connection.sql("from segments").columns == [
            "segment_id",
            "customers",
            "model_version",
        ]


def test_a_clock_that_stands_before_the_release_is_named(tmp_path: Path) -> None:
    publish(tmp_path, "r1")
    pointers.make_pointer(tmp_path, "r1", notice=60)
    before = tree(tmp_path)
    with pytest.raises(SegmentationError, match=r"begins (59|60)\.. seconds from now.*remove "):
        publish(tmp_path, "r2")
    assert tree(tmp_path) == before


@pytest.mark.parametrize("contents", [None, "", '{"release": "r2", "tab', "{}", "2"])
def test_a_manifest_that_is_cut_or_gone_is_named_and_its_release_can_be_removed(
    contents: str | None, tmp_path: Path
) -> None:
    publish(tmp_path, "r1")
    publish(tmp_path, "r2")
    folder = tmp_path / "releases" / "r2"
    (folder / "manifest.json").unlink()
    if contents is not None:
        (folder / "manifest.json").write_text(contents)
    before = tree(tmp_path)
    with pytest.raises(SegmentationError, match=f"manifest.json is not .* remove .* {folder} and"):
        publish(tmp_path, "r3", built_on="r2")
    assert tree(tmp_path) == before
    shutil.rmtree(folder)
    pointers.newest_first(tmp_path)[0].unlink()
    publish(tmp_path, "r3")
    assert published(tmp_path)[0] == "r3"


def test_releases_that_were_moved_are_served_from_their_new_place(tmp_path: Path) -> None:
    publish(tmp_path / "old", "r1")
    (tmp_path / "old").rename(tmp_path / "new")
    with pytest.raises(duckdb.IOException, match=str(tmp_path / "old")):
        published(tmp_path / "new")
    publishing.go_back(tmp_path / "new", "r1", notice=0.05)
    assert published(tmp_path / "new")[0] == "r1"


def test_a_copy_answers_from_its_own_files_once_the_command_has_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    publish(old, "r1")
    shutil.copytree(old, new, symlinks=True)
    publish(old, "r2", 30)
    assert published(new)[0] == "r2"
    monkeypatch.setattr(sys, "argv", ["release", str(new), os.readlink(new / "current")[-2:]])
    runpy.run_module("segmart.release", run_name="__main__")
    assert (published(new), published(old)) == (("r1", 10, 10), ("r2", 30, 30))
    assert str(old).encode() not in (new / "segmart.duckdb").read_bytes()


def test_releases_without_their_links_are_not_taken_for_leftovers(tmp_path: Path) -> None:
    publish(tmp_path, "r1")
    publish(tmp_path, "r2")
    for pointer in pointers.newest_first(tmp_path):
        pointer.unlink()
    before = tree(tmp_path)
    with pytest.raises(SegmentationError, match=rf"no link to a release.*{tmp_path} r2; there are"):
        publish(tmp_path, "r3", built_on="r2")
    assert tree(tmp_path) == before
    publishing.go_back(tmp_path, "r1", notice=0.05)
    publish(tmp_path, "r3")
    assert published(tmp_path)[0] == "r3"
    assert publishing.list_releases(tmp_path)["release"].unique().tolist() == ["r3", "r1"]


def test_folders_and_files_are_not_open_to_others(tmp_path: Path) -> None:
    serve = tmp_path / "serve"
    before = os.umask(0)
    publish(serve / "dev", "r1", reports=tmp_path / "reports")
    os.umask(before)
    for path in [serve, *serve.rglob("*")]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if path.is_symlink():
            continue
        expected = 0o600 if path.name == ".lock" else 0o750 if path.is_dir() else 0o440
        assert mode == expected, path


def test_comments_stay_and_a_new_column_appears(tmp_path: Path) -> None:
    comments = {"segments": {"customers": "Number of customers: it's exact."}}
    descriptions = {"segments": "One row per segment: it's short.\n"}
    publish(tmp_path, "r1", comments=comments)
    wider = tables(version="r2")
    wider["segments"] = wider["segments"].append_column("revenue", pa.array([1.5, 2.5]))
    publish(tmp_path, "r2", tables=wider, comments=comments, descriptions=descriptions)
    with duckdb.connect(tmp_path / "segmart.duckdb", read_only=True) as connection:
        assert connection.sql("select sum(revenue) from segments").fetchall() == [(4.0,)]
        assert connection.sql(
            "select comment from duckdb_columns() "
            "where table_name = 'segments' and column_name = 'customers'"
        ).fetchall() == [("Number of customers: it's exact.",)]
        assert connection.sql(
            "select comment from duckdb_views() where view_name = 'segments'"
        ).fetchall() == [("One row per segment: it's short.",)]


def test_the_catalog_lists_what_stands(tmp_path: Path) -> None:
    publish(tmp_path, "r1")
    with duckdb.connect(tmp_path / "segmart.duckdb", read_only=True) as connection:
        publish(tmp_path, "r2", 30, max_drop=1)
        # Of a build that goes on.
        (tmp_path / "releases" / ".r3.part").mkdir()
        (tmp_path / "releases" / ".r3.part" / "manifest.json").write_text("{")
        listed = [
            ("r2", datetime.date(2024, 1, 31), "r2", 30, True),
            ("r1", datetime.date(2024, 1, 31), "r1", 10, False),
        ]
        assert connection.sql("from releases").fetchall() == listed
        # One that has not begun is not current.
        pointers.make_pointer(tmp_path, "r1", notice=60)
        assert connection.sql("from releases").fetchall() == listed
    with duckdb.connect(tmp_path / "segmart.duckdb", read_only=True) as connection:
        pointers.newest_first(tmp_path)[0].unlink()
        publishing.go_back(tmp_path, "r1", notice=0.05)
        assert connection.sql("select release from releases where is_current").fetchall() == [
            ("r1",)
        ]


def changed(name: str, column: str, values: list) -> dict[str, pa.Table]:
    contents = tables(version="r2")
    table = contents[name]
    at = table.column_names.index(column)
    contents[name] = table.set_column(at, column, pa.array(values))
    return contents


REFUSALS = {
    "a label that the model has not": (
        changed("customer_segments", "segment_id", [9] + [1] * 9),
        "has the segment 9, which segment_model has not",
    ),
    "tables of two model versions": (
        changed("segments", "model_version", ["r2", "r0"]),
        r"of the model versions \['r0', 'r2'\]",
    ),
    "no active model": (changed("model_versions", "status", ["retired"]), r"active is \[\]"),
    "a segment of another size": (
        changed("segments", "customers", [6, 5]),
        "counts 5 customers in segment 2, customer_segments has 4",
    ),
    "an accounting that does not add up": (
        changed("customer_accounting", "customers", [11]),
        "counts 11 segmented customers, customer_segments has 10",
    ),
    "too few customers": (
        tables(7, version="r2"),
        "of 10 customers of the last release r1 3 are gone",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_changes_nothing(name: str, tmp_path: Path) -> None:
    publish(tmp_path, "r1")
    before = tree(tmp_path), shown_report(tmp_path).read_text()
    contents, reason = REFUSALS[name]
    with pytest.raises(SegmentationError, match=f"release refused: .*{reason}"):
        publish(tmp_path, "r2", tables=contents)
    assert (tree(tmp_path), shown_report(tmp_path).read_text()) == before


def test_the_report_is_one_with_its_release(tmp_path: Path) -> None:
    publish(tmp_path, "r1")
    publish(tmp_path, "r2")
    reports = {path.parent.name: path for path in tmp_path.glob("releases/*/report.html")}
    assert {name: "of " + name in path.read_text() for name, path in reports.items()} == {
        "r1": True,
        "r2": True,
    }
    assert shown_report(tmp_path).read_bytes() == reports["r2"].read_bytes()
    # It names the release, where the one that was drawn has a hidden place.
    assert '<div id="release"><dt>Release</dt><dd>r2</dd></div>' in reports["r2"].read_text()
    manifest = pointers.current_manifest(tmp_path)
    assert manifest["report"]["sha256"] == storage.sha256(reports["r2"])


def test_a_refused_build_writes_a_page_of_its_own_until_one_is_accepted(tmp_path: Path) -> None:
    publish(tmp_path, "r1")
    where = f"max_drop.*{refused_page(tmp_path)} shows what was refused; the last release and its"
    with pytest.raises(SegmentationError, match=where):
        publish(tmp_path, "r2", 7)
    page = refused_page(tmp_path).read_text()
    assert page.startswith("<title>Not released: Report</title><body>\n<section")
    assert page.index("3 are gone: more than the share of 0.2") < page.index("of r2")
    assert "of r1" in shown_report(tmp_path).read_text()
    publish(tmp_path, "r3", 9)
    assert not refused_page(tmp_path).exists()
    stop = "drift: <spend> has drifted"
    with pytest.raises(SegmentationError, match=f"release refused: {stop}"):
        publish(tmp_path, "r4", stops=[stop])
    assert "drift: &lt;spend&gt; has drifted" in refused_page(tmp_path).read_text()
    assert published(tmp_path)[0] == "r3"


def test_a_place_of_the_report_that_cannot_be_written_is_named_before_it_is_published(
    tmp_path: Path,
) -> None:
    publish(tmp_path, "r1")
    before = tree(tmp_path)
    shown_report(tmp_path).unlink()
    shown_report(tmp_path).mkdir()
    with pytest.raises(SegmentationError, match=f"var report: {shown_report(tmp_path)} cannot"):
        publish(tmp_path, "r2")
    assert tree(tmp_path) == before


def test_a_build_does_not_take_away_what_another_one_has_published(tmp_path: Path) -> None:
    publish(tmp_path, "r1")
    publish(tmp_path, "r2", built_on="r1")
    before = tree(tmp_path)
    # The second began before there was any release, as two first builds do.
    for began_with, named in (("r1", "r1"), (None, "none")):
        with pytest.raises(SegmentationError, match=rf"release is r2, .* began it was {named}:"):
            publish(tmp_path, "r3", built_on=began_with)
        assert tree(tmp_path) == before
    publish(tmp_path, "r3", built_on="r2")
    assert published(tmp_path)[0] == "r3"


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that this process may read alone; root, who may write everything, becomes nobody."""
    if is_root := os.geteuid() == 0:
        os.seteuid(65534)
    else:
        folder.chmod(0o550)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        else:
            folder.chmod(0o750)


def test_releases_that_can_only_be_read_are_named_and_stand() -> None:
    # Not in pytest's folder, which nobody else may enter.
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        publish(serve := Path(name) / "serve", "r1")
        before = tree(serve)
        (serve / ".lock").unlink()
        with (
            pytest.raises(SegmentationError, match=f"var serve: {serve} cannot .* Permission"),
            read_only(serve),
            storage.writing("var serve", serve),
        ):
            publish(serve, "r2")
        assert tree(serve) == {path: sum for path, sum in before.items() if path != ".lock"}


def test_a_release_of_another_input_may_be_smaller(tmp_path: Path) -> None:
    publish(tmp_path, "r1", 100)
    publish(tmp_path, "r2", 10, source="files")
    assert published(tmp_path)[:2] == ("r2", 10)
    with pytest.raises(SegmentationError, match="the var max_drop allows"):
        publish(tmp_path, "r3", 7, source="files")


def hold_lock(serve: Path, held, done) -> None:
    with publishing._lock(serve):
        held.set()
        done.wait()


def test_a_second_build_stops_at_once(tmp_path: Path) -> None:
    publish(tmp_path, "r1")
    context = multiprocessing.get_context("forkserver")
    held, done = context.Event(), context.Event()
    process = context.Process(target=hold_lock, args=(tmp_path, held, done))
    process.start()
    held.wait()
    before = tree(tmp_path)
    with pytest.raises(SegmentationError, match="another build is publishing"):
        publish(tmp_path, "r2")
    assert tree(tmp_path) == before
    done.set()
    process.join()
    publish(tmp_path, "r2")
    assert published(tmp_path)[0] == "r2"


STEPS = [
    *[
        ("segmart.release.publish", step)
        for step in (
            *("_remove_leftovers", "_write", "_write_table", "_verify", "_rename"),
            *("_remove_old", "_discard", "_remove_holding"),
        )
    ],
    ("segmart.release.report", "_show"),
    ("segmart.release.pointers", "point_to"),
    ("segmart.release.pointers", "make_pointer"),
    ("segmart.release.catalog", "write"),
]
# A sample of them, for every run: before a step, and after it.
QUICK = ("segmart.release.pointers", "make_pointer")


def die_at(module: str, step: str, after: bool) -> None:
    """Have this process killed at a step, as a machine that loses its power is."""
    original = getattr(importlib.import_module(module), step)

    def deadly(*arguments, **keywords):
        if after:
            original(*arguments, **keywords)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(importlib.import_module(module), step, deadly)


def publish_and_die(serve: Path, module: str, step: str, after: bool) -> None:
    die_at(module, step, after)
    publish(serve, "r2", 20, keep=2)


@pytest.mark.parametrize(
    ("module", "step", "after"),
    [
        pytest.param(*step, after, marks=[] if step == QUICK else pytest.mark.slow)
        for step in STEPS
        for after in (False, True)
    ],
)
def test_a_kill_at_any_step_leaves_one_whole_release(
    module: str, step: str, after: bool, tmp_path: Path
) -> None:
    publish(tmp_path, "r0")
    publish(tmp_path, "r1")
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=publish_and_die, args=(tmp_path, module, step, after))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    found = published(tmp_path)
    assert found in (("r1", 10, 10), ("r2", 20, 20))
    # Never one of a release that does not stand; the last one where the step came in between. It is
    # shown when the pointer stands, a moment before queries are answered from the release.
    pointed_to = pointers.target(pointers.newest_first(tmp_path)[0])
    assert shown_report(tmp_path).read_bytes() in {
        (tmp_path / "releases" / name / "report.html").read_bytes() for name in ("r1", pointed_to)
    }
    publish(tmp_path, "r3", 30)
    assert published(tmp_path) == ("r3", 30, 30)
    assert "of r3" in shown_report(tmp_path).read_text()
    assert not [*tmp_path.rglob("*.part"), *reports_of(tmp_path).glob(".*")]


def publish_in_place_and_die(serve: Path) -> None:
    """What segmart does not do: write the tables over those of the release, one by one."""
    contents = tables(20, version="r2")
    folder = (serve / "current").resolve()
    for name in ("customer_segments", "segments"):
        (folder / f"{name}.parquet").unlink()
        pq.write_table(contents[name], folder / f"{name}.parquet")
        os.kill(os.getpid(), signal.SIGKILL)


def test_without_the_pointer_a_kill_tears_the_release(tmp_path: Path) -> None:
    """The control: the same kill, and the tables disagree."""
    publish(tmp_path, "r1")
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=publish_in_place_and_die, args=(tmp_path,))
    process.start()
    process.join()
    assert published(tmp_path) == ("r2", 20, 10)


@pytest.mark.slow
def test_a_build_beside_another_stops_with_a_sentence(small: Build, tmp_path: Path) -> None:
    last = small.copied(tmp_path)
    before = tree(last.folder / "serve")
    with duckdb.connect(last.warehouse):
        build = dbt_build(last.folder)
    assert tree(last.folder / "serve") == before
    assert build.returncode != 0
    assert (
        "If another build runs or a client holds the file, wait until it has ended" in build.output
    )
    assert "Traceback" not in build.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (
            {"command": "run", "select": "releases"},
            "release refused: dbt run runs no tests; use dbt build",
        ),
        ({"select": "releases"}, "models, seeds and tests are not part of this build"),
    ],
)
def test_a_part_of_a_build_is_refused(
    options: dict, reason: str, small: Build, tmp_path: Path
) -> None:
    last = small.copied(tmp_path)
    before = tree(last.folder / "serve")
    build = dbt_build(last.folder, **options, max_k=4)
    assert build.returncode != 0
    assert reason in " ".join(build.output.split())
    assert tree(last.folder / "serve") == before


def test_a_whole_build_publishes_every_public_table(demo: Build) -> None:
    with duckdb.connect(demo.folder / "serve/dev/segmart.duckdb", read_only=True) as connection:
        for table in (
            *("customer_segments", "segments", "fit_labels"),
            *("customer_features", "customer_accounting"),
        ):
            counted = f"select count(*) from {table}"
            assert connection.sql(counted).fetchall() == demo.rows(counted)
        for kind in ("columns", "views"):
            assert connection.sql(
                f"select count(*) from duckdb_{kind}() where not internal "
                "and (comment is null or regexp_matches(comment, '(^\\s|\\s$)'))"
            ).fetchall() == [(0,)]
    assert demo.rows("select count(distinct release), bool_and(is_current) from releases") == [
        (1, True)
    ]
