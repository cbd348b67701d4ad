"""From order lines to the report: the build against the notebook, run in turns.

Each run is a process of its own from nothing: no warehouse, no release, dbt's parse of the project
kept, as it is from night to night. CPU seconds are those of the process and its children, memory
is the largest that one of them held. Prints the medians, and where the time of a build goes.

    uv run python benchmarks/orders_to_report.py --lines 10000000 --format csv
    uv run python benchmarks/orders_to_report.py --lines 100000000 --memory 4GB --alone --runs 1
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BUILD, NOTEBOOK, NOTEBOOK_ON_ONE_THREAD = (
    "dbt build",
    "notebook, default threads",
    "notebook, one thread",
)


class Run(NamedTuple):
    """What one process took: seconds on the clock, of processors, and bytes."""

    wall: float
    processor: float
    memory: int


def measured(command: list[str], environment: dict[str, str]) -> Run:
    begun = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            output.seek(0)
            raise SystemExit(output.read().decode())
    wall = time.monotonic() - begun
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def generated(folder: Path, lines: int, file_format: str, new_lines: int = 0) -> list[Path]:
    """The files of generate_orders.py, made by a process of their own.

    A child begins with the peak memory of its parent: this process must stay small.
    """
    command = [sys.executable, "benchmarks/generate_orders.py", "--lines", str(lines)]
    command += ["--new-lines", str(new_lines), "--format", file_format, "--to", str(folder)]
    made = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [Path(line) for line in made.stdout.splitlines()]


def variables(files: str, folder: Path) -> str:
    """The vars of a build of these files into a folder of its own, for the command line."""
    return json.dumps(
        {
            "input": "files",
            "order_lines": files,
            "serve": str(folder / "serve"),
            "report": str(folder / "segments.html"),
        }
    )


def remove_last_build(folder: Path) -> None:
    for made in ("serve", "segmart.duckdb"):
        path = folder / made
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def dbt(
    command: str, files: str, folder: Path, memory: str, *, anew: bool = True, threads: int = 2
) -> Run:
    """A command of dbt from nothing, or from what the last one left, with every data test."""
    if anew:
        remove_last_build(folder)
    return measured(
        ["dbt", command, "--threads", str(threads), "--vars", variables(files, folder)],
        {
            "SEGMART_WAREHOUSE": str(folder / "segmart.duckdb"),
            "SEGMART_MEMORY": memory,
            "SEGMART_THREADS": str(threads),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
    )


def notebook(file: Path, folder: Path, environment: dict[str, str]) -> Run:
    return measured(
        [sys.executable, "benchmarks/notebook.py", str(file), str(folder / "notebook")], environment
    )


def stages(folder: Path) -> Counter[str]:
    """Seconds of the last build by the folder of its models, summed over dbt's threads."""
    manifest = json.loads((folder / "target/manifest.json").read_text())
    results = json.loads((folder / "target/run_results.json").read_text())
    seconds: Counter[str] = Counter()
    for result in results["results"]:
        node = manifest["nodes"].get(result["unique_id"], {})
        kind = node.get("resource_type", "operation")
        name = node.get("schema", "") if kind == "model" else f"{kind}s"
        seconds[name] += result["execution_time"]
    return seconds


def slowest(folder: Path) -> list[tuple[str, float]]:
    results = json.loads((folder / "target/run_results.json").read_text())["results"]
    found = [(node["unique_id"].split(".")[2], node["execution_time"]) for node in results]
    return sorted(found, key=lambda node: -node[1])[:8]


def print_medians(title: str, runs: dict[str, list[Run]]) -> dict[str, Run]:
    """Print the medians of each command's runs as a table, and return them."""
    middle = {
        name: Run(*(statistics.median(figures) for figures in zip(*of_name, strict=True)))
        for name, of_name in runs.items()
    }
    print(title)
    print("| | wall, s | CPU, s | peak memory, GB |\n|---|---|---|---|")
    for name, run in middle.items():
        print(f"| {name} | {run.wall:.1f} | {run.processor:.1f} | {run.memory / 1e9:.2f} |")
    return middle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--format", choices=["csv", "parquet"], default="parquet")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory", default="80%", help="memory_limit of DuckDB")
    parser.add_argument("--alone", action="store_true", help="without the notebook")
    parser.add_argument("--folder", type=Path, help="default: a folder that is removed")
    arguments = parser.parse_args()
    if not arguments.alone and arguments.format != "csv":
        parser.error("the notebook reads CSV: give --format csv, or --alone")
    with tempfile.TemporaryDirectory() as aside:
        folder = arguments.folder or Path(aside)
        data = folder / "data"
        files = generated(data, arguments.lines, arguments.format)
        if len(files) > 1 and not arguments.alone:
            parser.error("the notebook reads one file: give at most 10000000 lines, or --alone")
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        runs: dict[str, list[Run]] = {}
        pattern = f"{data}/*.{arguments.format}"
        dbt("parse", pattern, folder, arguments.memory)
        for _ in range(arguments.runs):
            made = {BUILD: dbt("build", pattern, folder, arguments.memory)}
            if not arguments.alone:
                made[NOTEBOOK] = notebook(files[0], folder, {})
                made[NOTEBOOK_ON_ONE_THREAD] = notebook(files[0], folder, one_thread)
            for name, run in made.items():
                runs.setdefault(name, []).append(run)
        by_stage, nodes = stages(folder), slowest(folder)
        report = (folder / "segments.html").stat().st_size
    middle = print_medians(
        f"{arguments.lines} lines of {arguments.format}, medians of {arguments.runs} runs", runs
    )
    for name in (NOTEBOOK, NOTEBOOK_ON_ONE_THREAD):
        if name in middle:
            ratios = [of / to for of, to in zip(middle[name], middle[BUILD], strict=True)]
            print("| {} / {} | {:.1f} | {:.1f} | {:.1f} |".format(name, BUILD, *ratios))
    total = sum(by_stage.values())
    print("\nOf the last build, seconds summed over dbt's two threads:")
    print(", ".join(f"{name} {seconds / total:.0%}" for name, seconds in by_stage.most_common()))
    print("slowest: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in nodes))
    print(f"report: {report / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
