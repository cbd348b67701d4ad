"""Events for debugging: made only for those who read them, and then as dbt makes them."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbt.adapters.events.types import SQLQuery
from dbt.tracking import track_behavior_change_warn
from dbt_common.events import base_types, event_manager_client
from dbt_common.events.base_types import BaseEvent, EventLevel, EventMsg
from dbt_common.events.event_manager import EventManager
from dbt_common.events.functions import fire_event
from dbt_common.events.logger import LineFormat, LoggerConfig
from dbt_common.events.types import Note

from segmart.engine import debug_events

VALUES = {"conn_name": "model.orders", "sql": "select 1"}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The kinds of the events that have been made, of a manager of this test alone."""
    kinds: list[str] = []

    def made_and_noted(event: BaseEvent, *words: object, **values: object) -> None:
        kinds.append(type(event).__name__)
        at_once(event, *words, **values)

    at_once = debug_events.made_at_once
    monkeypatch.setattr(debug_events, "made_at_once", made_and_noted)
    monkeypatch.setattr(event_manager_client, "_EVENT_MANAGER", EventManager())
    debug_events.leave_out()
    yield kinds
    BaseEvent.__init__ = at_once
    del BaseEvent.pb_msg


def add_logger(manager: EventManager, level: EventLevel) -> io.StringIO:
    output = io.StringIO()
    options = {"line_format": LineFormat.PlainText, "output_stream": output}
    manager.add_logger(LoggerConfig(name=level.value, level=level, **options))
    return output


def test_no_message_is_made_that_nobody_reads(made: list[str]) -> None:
    manager = event_manager_client.get_event_manager()
    output = add_logger(manager, EventLevel.INFO)
    manager.add_callback(track_behavior_change_warn)
    fire_event(SQLQuery(**VALUES))
    assert made == []
    fire_event(Note(msg="said"))
    fire_event(SQLQuery(**VALUES), level=EventLevel.INFO)
    assert made == ["Note", "SQLQuery"]
    assert output.getvalue().count("\n") == 2
    assert "select 1" in output.getvalue()


def test_who_reads_gets_the_event_as_dbt_makes_it(made: list[str]) -> None:
    manager = event_manager_client.get_event_manager()
    got: list[EventMsg] = []
    manager.add_callback(got.append)
    fire_event(SQLQuery(**VALUES))
    assert made == ["SQLQuery"]
    (message,) = got
    assert message.info.level == "debug"
    assert (message.data.conn_name, message.data.sql) == tuple(VALUES.values())
    manager.callbacks.clear()
    output = add_logger(manager, EventLevel.DEBUG)
    fire_event(SQLQuery(**VALUES))
    assert "select 1" in output.getvalue()


def test_an_event_is_read_and_changed_as_before(made: list[str]) -> None:
    event = SQLQuery(**VALUES)
    assert event.sql == "select 1"
    event.sql = "select 2"
    assert "select 2" in event.message()
    assert event.level_tag() == base_types.EventLevel.DEBUG
    assert made == ["SQLQuery"]


def test_they_are_left_out_once_dbt_has_opened_the_file(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    words = ["--quiet", "debug", "--connection", "--project-dir", root, "--profiles-dir", root]
    code = (
        "from dbt.cli.main import dbtRunner\n"
        "from dbt_common.events.event_manager_client import get_event_manager\n"
        f"assert dbtRunner().invoke({[*words, '--log-path', str(tmp_path)]}).success\n"
        "print(type(get_event_manager()).__module__)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"SEGMART_WAREHOUSE": str(tmp_path / "segmart.duckdb")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [debug_events.__name__]
