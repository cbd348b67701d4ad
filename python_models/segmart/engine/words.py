"""What Python says in dbt's output: as it goes, and after the last line of dbt itself."""

import contextlib
from collections.abc import Iterator, Sequence

from dbt_common.events.base_types import EventMsg
from dbt_common.events.event_manager_client import add_callback_to_manager
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note

from segmart import SegmentationError

# The line with the numbers of what has passed, warned and failed.
LAST_OF_DBT = "StatsLine"
# The model that publishes.
PUBLISHES = "releases"


def say(sentence: str) -> None:
    """Each line of it as one of dbt's output, in each of its formats; outside of dbt nothing."""
    for line in sentence.splitlines():
        fire_event(Note(msg=line))


def say_last(sentences: Sequence[str]) -> None:
    """Lines after the last one of this run of dbt."""
    waiting = list(sentences)

    def say_waiting(message: EventMsg) -> None:
        # dbt forgets its callbacks before its next run.
        while message.info.name == LAST_OF_DBT and waiting:
            say(waiting.pop(0))

    add_callback_to_manager(say_waiting)


def say_failed_tests_last() -> None:
    """After the last line of this run of dbt: which data tests have failed, and what to do."""
    failed: list[tuple[str, int]] = []
    published: list[str] = []

    def note(message: EventMsg) -> None:
        kind, data = message.info.name, message.data
        if kind == "LogTestResult" and data.status == "fail":
            failed.append((data.name, data.num_failures))
        if kind == "LogModelResult" and data.node_info.node_name == PUBLISHES:
            published.append(data.status)
        if kind == LAST_OF_DBT and failed:
            # It imports pandas, which not all that opens the profile needs.
            from segmart.sentences import failed_test

            is_published = published not in ([], ["error"])
            while failed:
                say(failed_test(*failed.pop(0), is_published))

    add_callback_to_manager(note)


@contextlib.contextmanager
def refusal_said_last() -> Iterator[None]:
    """Around code or a function: the reason of its refusal is the last word of this run of dbt."""
    try:
        yield
    except SegmentationError as error:
        say_last([str(error)])
        raise
