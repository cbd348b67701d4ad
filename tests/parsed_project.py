"""Parses the project once, in the server that builds are forked from.

The first parse of a process also makes the schemas of dbt's own classes, which takes as long as the
parse itself: a fork has them. It also has what dbt's own tests keep of Jinja: the parsed text of
each macro, which is the same in each build.
"""

import atexit
import gc
import tempfile
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt_common.tests import enable_test_caching

ROOT = Path(__file__).parents[1]

enable_test_caching()
with tempfile.TemporaryDirectory() as aside:
    folders = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
    folders += ["--target-path", aside, "--log-path", aside]
    MANIFEST = dbtRunner().invoke(["--quiet", "--no-static-parser", "parse", *folders]).result

# No collection in a fork looks through what is here.
gc.collect()
gc.freeze()
atexit.register(gc.unfreeze)
