"""Parses the project once, in the server that builds are forked from.

The first parse of a process also makes the schemas of dbt's own classes, which takes as long as the
parse itself: a fork has them. It also has the code that Jinja makes of each macro and each model,
which is the same in each build: a tenth to a sixth of what a build of a few rows takes.
"""

import atexit
import gc
import tempfile
from pathlib import Path

from dbt.cli.main import dbtRunner
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
