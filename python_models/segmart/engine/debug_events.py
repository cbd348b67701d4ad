"""dbt's events for debugging: none becomes a message that nobody reads.

dbt turns each event into a protobuf message before it looks whether anybody reads it. In a build of
the demo nine of ten events are for a debug log, which is not written by default.
"""

from typing import Any

from dbt.tracking import track_behavior_change_warn
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager

made_at_once = BaseEvent.__init__


class MessageWhenAsked:
    """The attribute ``pb_msg`` of an event, until it has its message."""

    def __get__(self, event: BaseEvent, kind: type[BaseEvent]) -> Any:
        made_at_once(event, *event.__dict__["words"], **event.__dict__["values"])
        return event.__dict__["pb_msg"]


def made_when_asked(event: BaseEvent, *words: Any, **values: Any) -> None:
    event.__dict__.update(words=words, values=values)


class Manager(EventManager):
    """dbt's own, which passes on an event for debugging only where somebody may read it."""

    def fire_event(
        self, e: BaseEvent, level: EventLevel | None = None, *rest: Any, **options: Any
    ) -> None:
        if (level or e.level_tag()) != EventLevel.DEBUG or self.has_reader():
            super().fire_event(e, level, *rest, **options)

    def has_reader(self) -> bool:
        """Whether a log has this level, or somebody else has a callback, which gets all events."""
        return any(logger.level == EventLevel.DEBUG for logger in self.loggers) or any(
            callback is not track_behavior_change_warn
            and not str(getattr(callback, "__module__", None)).startswith("segmart.")
            for callback in self.callbacks
        )


def leave_out() -> None:
    """From now on make no message for debugging in this process that nobody would read."""
    given = get_event_manager()
    if type(given) is EventManager:
        manager = Manager()
        manager.__dict__.update(given.__dict__)
        ctx_set_event_manager(manager)
        BaseEvent.__init__ = made_when_asked
        BaseEvent.pb_msg = MessageWhenAsked()
