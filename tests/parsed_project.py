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

import yaml
from dbt.cli.main import dbtRunner
from dbt.clients.jinja import get_rendered
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
with tempfile.TemporaryDirectory() as aside:
    folders = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
    folders += ["--target-path", aside, "--log-path", aside]
    MANIFEST = dbtRunner().invoke(["--quiet", "--no-static-parser", "parse", *folders]).result
for macro in MANIFEST.macros.values():
    template_cache.get_node_template(macro)

# No collection in a fork looks through what is here.
gc.collect()
gc.freeze()
atexit.register(gc.unfreeze)

DEFAULTS = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
FILES = [yaml.safe_load(path.read_text()) for path in (ROOT / "dbt_project/models").rglob("*.yml")]
# What a yml file hands to its model, and where the files of a source lie, as they are written.
CONFIGS = {
    model["name"]: model["config"]
    for file in FILES
    for model in file.get("models", ())
    if "config" in model
}
PLACES = {source["name"]: source["meta"] for file in FILES for source in file.get("sources", ())}


def with_vars(variables: dict[str, Any]) -> Manifest:
    """The project as dbt parses it with these vars, none of which decides which models there are.

    All else that parsing reads of them are values of configs, which are put in their places.
    """
    names = {
        "var": lambda name, default=None: (DEFAULTS | variables).get(name, default),
        "env_var": os.environ.get,
        "target": SimpleNamespace(name="dev", profile_name="segmart"),
        "tojson": json.dumps,
    }
    for name, config in CONFIGS.items():
        node = MANIFEST.nodes.get(f"model.segmart.{name}")
        for key, value in config.items() if node else ():
            if key in node.config and "var(" in str(value):
                node.config[key] = get_rendered(value, names, native=True)
    for source in MANIFEST.sources.values():
        for key, value in PLACES[source.source_name].items():
            place = get_rendered(value, names)
            source.meta[key] = source.source_meta[key] = source.config.meta[key] = place
    return MANIFEST
