"""A build with one file of new lines, after one of all lines before: what the day costs.

The new file has a hundredth of the lines. The first build is from nothing, the second goes on from
it: it types the lines of the new file alone, and scores with the model that is there. Prints the
medians, and the share of the second build in the processor time of the first, both without the
start of dbt.

    uv run python benchmarks/one_day_more.py --lines 10000000
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from orders_to_report import Run, dbt, generated, print_medians, slowest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--format", choices=["csv", "parquet"], default="parquet")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory", default="80%", help="memory_limit of DuckDB")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        folder, kept = Path(aside), Path(aside) / "new"
        kept.mkdir()
        *_, new = generated(
            folder / "data", arguments.lines, arguments.format, arguments.lines // 100
        )
        pattern = str(folder / "data" / f"*.{arguments.format}")
        runs: dict[str, list[Run]] = {"start of dbt": [], "first build": [], "a day later": []}
        dbt("parse", pattern, folder, arguments.memory)
        for _ in range(arguments.runs):
            new.rename(kept / new.name)
            runs["start of dbt"].append(dbt("parse", pattern, folder, arguments.memory))
            runs["first build"].append(dbt("build", pattern, folder, arguments.memory))
            (kept / new.name).rename(new)
            runs["a day later"].append(dbt("build", pattern, folder, arguments.memory, anew=False))
        nodes = slowest(folder)
    print_medians(
        f"{arguments.lines} lines of {arguments.format}, medians of {arguments.runs} runs", runs
    )
    shares = [
        (day.processor - start.processor) / (first.processor - start.processor)
        for start, first, day in zip(*runs.values(), strict=True)
    ]
    print(f"the day, of the first build's CPU, without the start: {statistics.median(shares):.0%}")
    print("slowest: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in nodes))


if __name__ == "__main__":
    main()
