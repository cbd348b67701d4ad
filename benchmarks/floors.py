"""What each node of a build costs beside its floor: the least that its work takes on this machine.

The build has one thread, so that the seconds of a node are seconds of a processor. The floor of a
model is measured in the same file afterwards: one scan of every column that it is made from (of
files: of their lines as text), one group-by where its key makes fewer rows of them, and one write
of its rows. A model in Python and a test have no floor.

    uv run python benchmarks/floors.py --lines 10000000 --format csv
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from orders_to_report import dbt, generated


class Node(NamedTuple):
    """A node of a build: its name, its seconds, and the seconds of its floor where it has one."""

    name: str
    seconds: float
    floor: float | None


class Built:
    """The tables of a build, read on one thread."""

    def __init__(self, folder: Path, files: str) -> None:
        self.nodes = json.loads((folder / "target/manifest.json").read_text())["nodes"]
        self.files = files
        self.connection = duckdb.connect(config={"threads": "1"})
        self.connection.execute(f"attach '{folder / 'segmart.duckdb'}' as segmart (read_only)")
        self.connection.execute("use segmart")
        self.rows = dict(
            self.connection.execute(
                "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        )

    def seconds(self, statement: str) -> float:
        begun = time.process_time()
        self.connection.execute(statement).fetchall()
        return time.process_time() - begun

    def relation(self, node: dict[str, Any]) -> str:
        return f"{node['schema']}.{node['alias']}"

    def made_from(self, name: str) -> set[str]:
        """The tables that a model reads, through views."""
        found = set()
        for parent in self.nodes[name]["depends_on"]["nodes"]:
            if parent in self.nodes:
                relation = self.relation(self.nodes[parent])
                found |= {relation} if relation in self.rows else self.made_from(parent)
        return found

    def columns(self, source: str) -> list[str]:
        described = self.connection.execute(f"describe from {source}").fetchall()
        return [column[0] for column in described]

    def scan(self, source: str) -> float:
        largest = ", ".join(f'max("{column}")' for column in self.columns(source))
        return self.seconds(f"select {largest} from {source}")

    def floor(self, name: str) -> float | None:
        """Seconds of the least that makes the table of a model, None where it has no floor."""
        node = self.nodes[name]
        own = self.relation(node)
        if node["resource_type"] != "model" or node["language"] != "sql" or own not in self.rows:
            return None
        sources = self.made_from(name)
        if node["name"] == "stored_order_lines":
            reader = "read_parquet" if self.files.endswith("parquet") else "read_csv"
            text = "" if reader == "read_parquet" else ", all_varchar = true"
            sources.add(f"{reader}('{self.files}'{text})")
        seconds = sum(self.scan(source) for source in sources)
        key = self.key(name)
        for source in sources & set(self.rows) if key else ():
            if self.rows[source] > self.rows[own] and set(key) <= set(self.columns(source)):
                seconds += self.seconds(
                    f"select max(rows) from (select count(*) as rows from {source} "
                    f"group by {', '.join(key)})"
                )
        seconds += self.seconds(f"create or replace temp table written as from {own}")
        return seconds

    def key(self, name: str) -> list[str]:
        """The first key that the test of constraints of a model names; empty where it has none."""
        for node in self.nodes.values():
            arguments = node.get("test_metadata", {}).get("kwargs", {})
            if node.get("attached_node") == name and arguments.get("unique"):
                return arguments["unique"][0]
        return []


def measured(folder: Path, files: str, at_least: float) -> list[Node]:
    """The nodes of the build in a folder, the dearest first."""
    built = Built(folder, files)
    results = json.loads((folder / "target/run_results.json").read_text())["results"]
    found = []
    for result in results:
        name, seconds = result["unique_id"], result["execution_time"]
        if seconds >= at_least:
            floor = built.floor(name) if name in built.nodes else None
            found.append(Node(name.split(".")[2], seconds, floor))
    return sorted(found, key=lambda node: -node.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--format", choices=["csv", "parquet"], default="csv")
    parser.add_argument("--at-least", type=float, default=1.0, help="seconds of a node to print")
    parser.add_argument("--folder", type=Path, help="default: a folder that is removed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        folder = arguments.folder or Path(aside)
        generated(folder / "data", arguments.lines, arguments.format)
        files = f"{folder / 'data'}/*.{arguments.format}"
        run = dbt("build", files, folder, "80%", threads=1)
        nodes = measured(folder, files, arguments.at_least)
    print(f"{arguments.lines} lines of {arguments.format}: {run.processor:.1f} s of CPU\n")
    print("| node | CPU, s | floor, s | ratio |\n|---|---|---|---|")
    for node in nodes:
        floor = (
            ("-", "-")
            if node.floor is None
            else (f"{node.floor:.1f}", f"{node.seconds / node.floor:.1f}")
        )
        print(f"| `{node.name}` | {node.seconds:.1f} | {' | '.join(floor)} |")


if __name__ == "__main__":
    main()
