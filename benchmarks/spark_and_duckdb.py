"""The same build on DuckDB and on Spark, on the cores of this machine, in turns.

Each build is a process of its own from nothing; dbt's parse of the project is kept. CPU seconds are
those of the process and of all that it started, Spark's Java too. Prints the medians.

    uv run --group spark python benchmarks/spark_and_duckdb.py --lines 1000000
"""

import argparse
import contextlib
import ctypes
import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from generate_orders import generate
from orders_to_report import ROOT, remove_last_build, variables

TARGETS = {"DuckDB": "dev", "Spark": "spark"}
PR_SET_CHILD_SUBREAPER = 36


def seconds_of_build(target: str, files: str, folder: Path) -> tuple[float, float]:
    """Seconds on the clock and of processors, of one build from nothing."""
    remove_last_build(folder)
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    build = subprocess.run(
        ["dbt", "build", "--target", target, "--vars", variables(files, folder)],
        cwd=ROOT,
        env=os.environ
        | {
            "SEGMART_WAREHOUSE": str(folder / "segmart.duckdb"),
            "SEGMART_SPARK_WAREHOUSE": str(folder / "spark"),
            "DBT_TARGET_PATH": str(folder / f"target_{target}"),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if build.returncode:
        raise SystemExit(build.stdout)
    wall = time.monotonic() - begun
    # Java ends after its parent, and is then a child of this process.
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder / "data", arguments.lines, "parquet")
        files = f"{folder}/data/*.parquet"
        runs: dict[str, list[tuple[float, float]]] = {engine: [] for engine in TARGETS}
        for _ in range(arguments.runs + 1):
            for engine, target in TARGETS.items():
                runs[engine].append(seconds_of_build(target, files, folder))
    print(f"{arguments.lines} lines of Parquet, medians of {arguments.runs} runs after a first one")
    print("| engine | wall, s | CPU, s |\n|---|---|---|")
    middle = {
        engine: [statistics.median(figures) for figures in zip(*of_engine[1:], strict=True)]
        for engine, of_engine in runs.items()
    }
    for engine, (wall, processor) in middle.items():
        print(f"| {engine} | {wall:.1f} | {processor:.1f} |")
    ratios = [of / to for of, to in zip(middle["Spark"], middle["DuckDB"], strict=True)]
    print("| Spark / DuckDB | {:.1f} | {:.1f} |".format(*ratios))


if __name__ == "__main__":
    main()
