"""A Spark cluster on this machine: a standalone master, two workers and a Spark Connect server.

By hand, until Enter is pressed: ``uv run --group spark python tests/spark_cluster.py``
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"
CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"
SECONDS_TO_START = 90

# Where all must run, a test that cannot fails.
NEEDS_SPARK = [
    pytest.mark.spark,
    pytest.mark.skipif(
        "CI" not in os.environ and shutil.which("java") is None, reason="Spark needs Java 17"
    ),
    pytest.mark.skipif(
        "CI" not in os.environ and importlib.util.find_spec("pyspark") is None,
        reason="Spark is in the group: uv run --group spark pytest -m spark",
    ),
]


@dataclass
class Cluster:
    """Processes of a cluster, and where their logs stand."""

    folder: Path
    remote: str
    page: str
    workers: list[subprocess.Popen] = field(default_factory=list)

    def live_workers(self) -> int:
        """Workers that the master counts as alive."""
        with urllib.request.urlopen(f"{self.page}/json/", timeout=5) as answer:  # noqa: S310 - loopback
            return answer.read().decode().count('"state" : "ALIVE"')

    def finished_tasks(self) -> list[int]:
        """How many tasks the log of each worker says that it has finished."""
        return [
            sum(
                log.read_text(errors="replace").count("Finished task")
                for log in self.folder.glob(f"worker{number}/*/*/stderr")
            )
            for number in range(len(self.workers))
        ]

    def kill_worker(self, number: int) -> None:
        """Kill a worker and its executors, as a machine that fails."""
        self.workers[number].kill()
        folder = self.folder / f"worker{number}"
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "cwd").resolve().is_relative_to(folder):
                    os.kill(int(process.name), signal.SIGKILL)


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster of two workers with a core each, until the block ends."""
    master, page, connect = (_free_port() for _ in range(3))
    url = f"spark://{LOOPBACK}:{master}"
    found = Cluster(folder, f"sc://{LOOPBACK}:{connect}", f"http://{LOOPBACK}:{page}")
    with contextlib.ExitStack() as stack:
        started = _start(
            stack,
            folder / "master.log",
            [
                *("spark-class", "org.apache.spark.deploy.master.Master", "--host", LOOPBACK),
                *("--port", str(master), "--webui-port", str(page)),
            ],
        )
        _wait_until(lambda: found.live_workers() == 0, started, folder / "master.log")
        for number in range(2):
            found.workers.append(
                _start(
                    stack,
                    folder / f"worker{number}.log",
                    [
                        *("spark-class", "org.apache.spark.deploy.worker.Worker"),
                        *("--host", LOOPBACK, "--cores", "1", "--memory", "2g"),
                        *("--webui-port", "0", "--work-dir", str(folder / f"worker{number}"), url),
                    ],
                )
            )
        _wait_until(lambda: found.live_workers() == 2, started, folder / "master.log")
        settings = {
            "spark.connect.grpc.binding.address": LOOPBACK,
            "spark.connect.grpc.binding.port": connect,
            "spark.driver.host": LOOPBACK,
            "spark.driver.memory": "2g",
            "spark.executor.memory": "1536m",
            "spark.executor.cores": 1,
            "spark.sql.warehouse.dir": folder / "warehouse",
            "spark.ui.enabled": "false",
        }
        pairs = [pair for key in settings for pair in ("--conf", f"{key}={settings[key]}")]
        started = _start(
            stack,
            folder / "connect.log",
            ["spark-submit", "--class", CONNECT, "--master", url, *pairs],
        )
        _wait_until(lambda: _answers(connect), started, folder / "connect.log")
        yield found


def _start(stack: contextlib.ExitStack, log: Path, command: list[str]) -> subprocess.Popen:
    import pyspark

    home = Path(pyspark.__file__).parent
    output = stack.enter_context(log.open("wb"))
    process = subprocess.Popen(
        [str(home / "bin" / command[0]), *command[1:]],
        cwd=log.parent,
        env=os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": LOOPBACK},
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((LOOPBACK, 0))
        return found.getsockname()[1]


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex((LOOPBACK, port)) == 0


def _wait_until(is_so: Callable[[], bool], process: subprocess.Popen, log: Path) -> None:
    for _ in range(SECONDS_TO_START * 4):
        with contextlib.suppress(OSError):
            if is_so():
                return
        if process.poll() is not None:
            break
        time.sleep(0.25)
    raise RuntimeError(f"the cluster has not started in {SECONDS_TO_START} s: see {log}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, cluster(Path(name)) as started:
        input(f"SPARK_REMOTE={started.remote} ({started.page}); Enter ends it")
