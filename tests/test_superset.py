"""Apache Superset, a real server, charts a release and goes on through the next ones."""

import contextlib
import http.client
import itertools
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

from segmart.release import pointers
from test_releases import publish, tables

UV = os.environ.get("UV") or shutil.which("uv") or "uv"
# The last three are packages that Superset imports and its own requirements leave out, or leave
# open to a version that it does not run with.
PACKAGES = [
    *("apache-superset==6.1.0", "duckdb-engine==0.17.0", "duckdb==1.5.6"),
    *("rich==15.0.0", "cachetools==8.0.2", "flask-caching==2.3.1"),
]
# Secrets and the server's own database stay in its folder; only its API is used, no browser.
CONFIGURATION = """
SECRET_KEY = {secret!r}
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
"""
# Customers of a release, and what a chart of it shows: customers by segment.
RELEASES = {
    "r1": (10, {1: 6, 2: 4}),
    "r2": (30, {1: 20, 2: 10}),
    "r3": (60, {1: 40, 2: 20}),
    "r4": (90, {1: 60, 2: 30}),
}
CHARTS = 15
COMMANDS = """
{uv} venv --python 3.11 environment
{uv} pip install --python environment/bin/python {packages}
environment/bin/superset db upgrade
environment/bin/superset fab create-admin --username admin --password {password}
 --firstname Ada --lastname Admin --email admin@example.org
environment/bin/superset init
environment/bin/gunicorn --bind 127.0.0.1:{port} --worker-class gthread --threads 4
 --no-control-socket superset.app:create_app()
"""


@dataclass
class Superset:
    """A server and the one who is logged in to it."""

    port: int
    log: Path
    token: str = ""

    def request(self, method: str, path: str, body: dict | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        """The answer of its API; an error shows what the server said."""
        status, text = self.request(method, path, body)
        assert status in (200, 201), f"{path}: {status} {text}\n{self.tail()}"
        return json.loads(text)

    def chart(self, dataset: int) -> dict[int, int]:
        """Customers by segment, as the bar chart of a dashboard asks for them, past any cache."""
        metric = {"expressionType": "SQL", "sqlExpression": "count(*)", "label": "customers"}
        query = {"columns": ["segment_id"], "metrics": [metric], "row_limit": 100}
        body = {"datasource": {"id": dataset, "type": "table"}, "queries": [query], "force": True}
        (result,) = self.call("POST", "/api/v1/chart/data", body)["result"]
        assert result["status"] == "success", f"{result}\n{self.tail()}"
        assert not result["is_cached"]
        return {row["segment_id"]: row["customers"] for row in result["data"]}

    def tail(self) -> str:
        return self.log.read_text()[-3000:]

    def wait_until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 180
        while not done():
            assert time.monotonic() < deadline, self.tail()
            time.sleep(0.05)


@pytest.fixture(scope="module")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """Superset installed apart from the project, whose SQLAlchemy is another, and started."""
    folder = tmp_path_factory.mktemp("superset")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = Superset(free.getsockname()[1], folder / "superset.log")
    configuration, password = folder / "superset_config.py", secrets.token_hex(16)
    configuration.write_text(CONFIGURATION.format(secret=secrets.token_hex(32), folder=folder))
    own = {"SUPERSET_CONFIG_PATH": str(configuration), "SUPERSET_HOME": str(folder)}
    environment = os.environ | own | {"SCARF_ANALYTICS": "false"}
    values = {"uv": UV, "packages": " ".join(PACKAGES), "port": server.port, "password": password}
    lines = COMMANDS.replace("\n ", " ").format(**values).strip().splitlines()
    with server.log.open("w") as log:
        # In a folder without a pyproject.toml: uv would take the project's constraints.
        options = {"cwd": folder, "env": environment, "stdout": log, "stderr": log}
        for line in lines[:-1]:
            result = subprocess.run(line.split(), timeout=900, **options)
            assert result.returncode == 0, f"{line}\n{server.tail()}"
        process = subprocess.Popen(lines[-1].split(), start_new_session=True, **options)

    def healthy() -> bool:
        assert process.poll() is None, server.tail()
        with contextlib.suppress(OSError):
            return server.request("GET", "/health")[0] == 200
        return False

    try:
        server.wait_until(healthy)
        login = {"username": "admin", "password": password, "provider": "db", "refresh": False}
        server.token = server.call("POST", "/api/v1/security/login", login)["access_token"]
        yield server
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(folder / "environment")


@pytest.mark.superset
def test_superset_charts_on_while_releases_are_published(
    superset: Superset, tmp_path: Path
) -> None:
    publish(tmp_path, "r1", RELEASES["r1"][0])
    engine = {"engine_params": {"connect_args": {"read_only": True}}}
    uri = f"duckdb:///{tmp_path}/segmart.duckdb"
    body = {"database_name": "segmart", "sqlalchemy_uri": uri, "extra": json.dumps(engine)}
    database = superset.call("POST", "/api/v1/database/", body)["id"]
    browse = f"/api/v1/database/{database}"
    assert "segmart.main" in superset.call("GET", f"{browse}/schemas/")["result"]
    found = superset.call("GET", f"{browse}/tables/?q=(schema_name:main)")["result"]
    assert {(table["value"], table["type"]) for table in found} == {
        (name, "view") for name in tables()
    }
    body = {"database": database, "schema": "main", "table_name": "customer_segments"}
    created = superset.call("POST", "/api/v1/dataset/", body)
    columns = {column["column_name"] for column in created["data"]["columns"]}
    assert columns == set(tables()["customer_segments"].column_names)

    charted, errors, during, stop = ([], []), [], [], Event()

    def chart_on(answers: list[dict]) -> None:
        while not stop.is_set():
            try:
                answers.append(superset.chart(created["id"]))
            # Whatever fails in this thread is told at the end, where none is allowed.
            except Exception as error:
                errors.append(str(error))

    def chart_some_more() -> None:
        aims = [len(answers) + CHARTS for answers in charted]
        superset.wait_until(
            lambda: errors or all(map(lambda some, aim: len(some) >= aim, charted, aims))
        )

    with ThreadPoolExecutor() as clients:
        clients.map(chart_on, charted)
        try:
            chart_some_more()
            for release in ("r2", "r3", "r4"):
                before = sum(map(len, charted))
                # The notice of a real build: charts go on meanwhile.
                publish(tmp_path, release, RELEASES[release][0], notice=pointers.NOTICE)
                during.append(sum(map(len, charted)) - before)
                assert superset.chart(created["id"]) == RELEASES[release][1]
                chart_some_more()
        finally:
            stop.set()
    print({"charts": [len(answers) for answers in charted], "during a publication": during})
    assert errors == []
    assert min(during) > 0
    for answers in charted:
        assert [answer for answer, _ in itertools.groupby(answers)] == [
            numbers for _, numbers in RELEASES.values()
        ]
