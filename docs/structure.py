"""Figures of the project's structure, from the manifest of the last build of the demo.

uv run dbt build && uv run python docs/structure.py
"""

import functools
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def lines(folder: str, pattern: str) -> int:
    return sum(path.read_text().count("\n") for path in (ROOT / folder).rglob(pattern))


def lines_of_macros(of_spark: bool) -> int:
    """Lines of code: without comments and blank lines."""
    folder = ROOT / "dbt_project/macros"
    return sum(
        bool(line.strip())
        for path in folder.rglob("*.sql")
        if path.is_relative_to(folder / "spark") == of_spark
        for line in re.sub(r"(?s)\{#.*?#\}", "", path.read_text()).splitlines()
    )


def main() -> None:
    nodes = json.loads((ROOT / "target/manifest.json").read_text())["nodes"]
    reads = {
        name: {read for read in node["depends_on"]["nodes"] if read.startswith("model.")}
        for name, node in nodes.items()
        if node["resource_type"] == "model"
    }

    @functools.cache
    def longest_path(name: str) -> int:
        return 1 + max(map(longest_path, reads[name]), default=0)

    for what, number in {
        "models": len(reads),
        "edges between models": sum(map(len, reads.values())),
        "models on the longest path": max(map(longest_path, reads)),
        "data tests": sum(node["resource_type"] == "test" for node in nodes.values()),
        "lines of SQL models": lines("dbt_project/models", "*.sql"),
        "lines of macros": lines("dbt_project/macros", "*.sql"),
        "lines of code of macros that DuckDB runs": lines_of_macros(of_spark=False),
        "lines of code of macros that Spark alone runs": lines_of_macros(of_spark=True),
        "lines of Python": lines("python_models", "*.py")
        + lines("dbt_project/models", "*.py")
        + lines("reports", "*.py"),
    }.items():
        print(f"{number:6} {what}")


if __name__ == "__main__":
    main()
