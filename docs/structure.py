"""Figures of the project's structure, from the manifest that dbt has parsed last.

uv run dbt parse --no-partial-parse && uv run python docs/structure.py

A partial parse leaves out what some macros call.
"""

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]


def lines(folder: str, pattern: str) -> int:
    return sum(path.read_text().count("\n") for path in (ROOT / folder).rglob(pattern))


def lines_of_code(sql: str) -> int:
    """Without comments and blank lines."""
    return sum(bool(line.strip()) for line in re.sub(r"(?s)\{#.*?#\}", "", sql).splitlines())


def lines_of_macros(of_spark: bool) -> int:
    folder = ROOT / "dbt_project/macros"
    return sum(
        lines_of_code(path.read_text())
        for path in folder.rglob("*.sql")
        if path.is_relative_to(folder / "spark") == of_spark
    )


def with_all_read(names: set[str], reads: Mapping[str, set[str]]) -> set[str]:
    """These, what they read, and so on."""
    found, left = set(names), list(names)
    while left:
        new = reads.get(left.pop(), set()) - found
        found |= new
        left += new
    return found


def main() -> None:
    manifest = json.loads((ROOT / "target/manifest.json").read_text())
    nodes, macros = manifest["nodes"], manifest["macros"]
    reads = {
        name: {read for read in node["depends_on"]["nodes"] if read.startswith("model.")}
        for name, node in nodes.items()
        if node["resource_type"] == "model"
    }

    @functools.cache
    def longest_path(name: str) -> int:
        return 1 + max(map(longest_path, reads[name]), default=0)

    # What one has to read to follow an order to the segment of its customer.
    of_a_segment = with_all_read({"model.segmart.customer_segments"}, reads)
    macros_of_it = with_all_read(
        {macro for name in of_a_segment for macro in nodes[name]["depends_on"]["macros"]},
        {name: set(macro["depends_on"]["macros"]) for name, macro in macros.items()},
    )
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
        "models that the segment of a customer is made of": len(of_a_segment),
        "of these on the longest path": longest_path("model.segmart.customer_segments"),
        "lines of their SQL": sum(
            nodes[name]["raw_code"].count("\n") + 1
            for name in of_a_segment
            if nodes[name]["language"] == "sql"
        ),
        "lines of code of the macros that they call": sum(
            lines_of_code(macros[name]["macro_sql"])
            for name in macros_of_it
            if name.startswith("macro.segmart.")
        ),
    }.items():
        print(f"{number:6} {what}")


if __name__ == "__main__":
    main()
