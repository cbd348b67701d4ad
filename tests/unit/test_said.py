"""What Python says of a run of dbt: how far a statement is, and which test has failed."""

import duckdb
import pytest
from dbt.events.types import LogModelResult, LogTestResult, StatsLine
from dbt_common.events.event_manager_client import (
    add_callback_to_manager,
    cleanup_event_logger,
)
from dbt_common.events.functions import fire_event

from segmart.engine import progress, words

AT = {"index": 1, "execution_time": 0.1}


@pytest.fixture
def said(monkeypatch):
    """The sentences that are said, in order."""
    found = []
    monkeypatch.setattr(words, "say", found.append)
    monkeypatch.setattr(progress, "say", found.append)
    cleanup_event_logger()
    yield found
    cleanup_event_logger()


def result_of(name: str, status: str, rows: int) -> LogTestResult:
    node = {"node_name": name}
    return LogTestResult(
        name=name, status=status, num_failures=rows, num_models=9, node_info=node, **AT
    )


def test_each_line_of_a_text_is_one_of_the_output() -> None:
    lines: list[str] = []
    cleanup_event_logger()
    add_callback_to_manager(lambda message: lines.append(message.info.msg))
    words.say("one\ntwo")
    cleanup_event_logger()
    assert lines == ["one", "two"]


@pytest.mark.parametrize(
    ("status", "follows"),
    [(None, "Nothing is published"), ("error", "Nothing is published"), ("OK", "The release of")],
)
def test_a_failed_test_is_named_last_with_what_follows_and_what_to_do(said, status, follows):
    words.say_failed_tests_last()
    fire_event(result_of("accounting_adds_up", "fail", 1))
    fire_event(result_of("nothing_warns", "warn", 2))
    fire_event(result_of("rfm_labels_cover_all_scores_once", "pass", 0))
    if status:
        node = {"node_name": "releases"}
        fire_event(LogModelResult(description="", status=status, total=9, node_info=node, **AT))
    assert said == []
    counts = ("pass", "warn", "error", "skip", "noop", "total")
    fire_event(StatsLine(stats=dict.fromkeys(counts, 1)))
    (sentence,) = said
    assert "the test accounting_adds_up finds 1 row that must not be there. " + follows in sentence
    assert "dbt show --select accounting_adds_up" in sentence


class Cursor:
    """One whose statement is as far as it is told, and that is closed then."""

    def __init__(self, *percents: float) -> None:
        self.percents = list(percents)

    def execute(self, sql: str) -> None:
        pass

    def query_progress(self) -> float:
        if not self.percents:
            raise duckdb.ConnectionException("closed")
        return self.percents.pop(0)


def test_a_statement_that_still_runs_at_the_next_look_says_how_far_it_is(said, monkeypatch):
    monkeypatch.setattr(progress, "get_node_info", lambda: {"node_name": "stored_order_lines"})
    # The thread of its own looks at nothing while this test lasts.
    monkeypatch.setattr(progress, "EVERY", 3600)
    looks = progress.Progress()
    # None runs, one begins, the same one, its last rows, none, and the node is done.
    long = Cursor(-1, 20, 60.4, 100, -1)
    looks.watch(long)
    # Two that are short.
    short = Cursor(70, 10)
    looks.watch(short)
    for _ in range(6):
        looks.look()
    assert said == ["stored_order_lines: 60 % of a long statement is done"]
