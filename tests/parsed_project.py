"""Parses the project once, in the server that builds are forked from.

The first parse of a process also makes the schemas of dbt's own classes, which takes as long as the
parse itself: a fork has them. It also has the code that Jinja makes of each macro and each model,
which is the same in each build: a tenth to a sixth of what a build of a few rows takes.
"""

import atexit
import gc
import json
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dbt.cli.main import dbtRunner
from dbt.clients.jinja import get_rendered
from dbt.clients.yaml_helper import safe_load
from dbt.contracts.graph.manifest import Manifest
from dbt_common.clients.jinja import template_cache
from dbt_common.tests import enable_test_caching
from jinja2 import Environment

ROOT = Path(__file__).parents[1]

COMPILED, compiled_anew = {}, Environment.compile


def compiled(environment: Environment, source: str, *rest: object, **options: object) -> object:
    key = (type(environment), source, rest, tuple(sorted(options.items())))
    if key not in COMPILED:
        COMPILED[key] = compiled_anew(environment, source, *rest, **options)
    return COMPILED[key]


Environment.compile = compiled
enable_test_caching()


def parsed(**variables: object) -> Manifest:
    with tempfile.TemporaryDirectory() as aside:
        options = ["--quiet", "--no-static-parser", "--no-write-json", "--no-partial-parse"]
        folders = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
        folders += ["--target-path", aside, "--log-path", aside]
        words = [*options, "parse", *folders, "--vars", json.dumps(variables)]
        manifest = dbtRunner().invoke(words).result
    # No collection in a fork looks through what is here.
    gc.collect()
    gc.freeze()
    return manifest


atexit.register(gc.unfreeze)
DEMO = parsed()
for macro in DEMO.macros.values():
    template_cache.get_node_template(macro)

# With dbt's own reader, since that of yaml takes six times as long.
DEFAULTS = safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
FILES = [safe_load(path.read_text()) for path in (ROOT / "dbt_project/models").rglob("*.yml")]
# What a yml file hands to its model, and where the files of a source lie, as they are written.
CONFIGS = {
    model["name"]: model["config"]
    for file in FILES
    for model in file.get("models", ())
    if "config" in model
}
PLACES = {source["name"]: source["meta"] for file in FILES for source in file.get("sources", ())}


def with_vars(variables: dict[str, Any]) -> Manifest | None:
    """The project as dbt parses it with these vars, or none where a var decides what dbt parses.

    All else that parsing reads of them are values of configs, which are put in their places. Where
    parsing with a var leaves edges out, such as those of ``as_of``, these are kept.
    """
    given = DEFAULTS | variables
    inputs = [str(given[name]) for name in ("order_lines", "customers", "customer_metrics")]
    if (
        given["input"] not in (DEFAULTS["input"], "files")
        # Each of these is an edge.
        or any(value.startswith(("table:", "ref:")) for value in inputs)
        # It decides the key of the kept orders, which is in a config that SQL writes.
        or given["order_versions"] not in ("default", "all")
    ):
        return None
    manifest = DEMO
    if given["input"] == "files":
        from tests import parsed_files

        has_lines = given["customer_metrics"] == "none"
        manifest = parsed_files.LINES if has_lines else parsed_files.METRICS
    names = {
        "var": given.get,
        "env_var": os.environ.get,
        "target": SimpleNamespace(name="dev", profile_name="segmart"),
        "tojson": json.dumps,
    }
    for name, config in CONFIGS.items():
        node = manifest.nodes.get(f"model.segmart.{name}")
        for key, value in config.items() if node else ():
            if key in node.config and "var(" in str(value):
                node.config[key] = get_rendered(value, names, native=True)
    for source in manifest.sources.values():
        for key, value in PLACES[source.source_name].items():
            place = get_rendered(value, names)
            source.meta[key] = source.source_meta[key] = source.config.meta[key] = place
    return manifest
