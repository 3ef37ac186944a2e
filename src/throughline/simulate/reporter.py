"""What the simulated floor says: every record as an event with an id that does not change."""

from __future__ import annotations

from throughline.model.codec import moment_text, to_json
from throughline.model.columns import table_of
from throughline.model.events import Event, recorded_kind, subject_of
from throughline.simulate.stretch import Stretch

SOURCE = "simulated-floor"
_LATELY = 40


class Reporter:
    """Collects what is said in a stretch; ``events`` are in the order of saying."""

    def __init__(self, stretch: Stretch) -> None:
        self._stretch = stretch
        self.events: list[Event] = []

    def say(self, record: object, now: int) -> None:
        """State one record at a minute of the stretch."""
        table = table_of(type(record))
        key, at = table.key_of(record), self._stretch.moment(now)
        # Of two statements about one thing in one minute the later one holds: its id is greater.
        number = sum(
            event.subject == subject_of(table.name, key) and event.occurred_at == at
            for event in self.events[-_LATELY:]
        )
        self.events.append(
            Event(
                id=f"{SOURCE}:{table.name}/{key}@{moment_text(at)}#{self._rank(now)}{number}",
                kind=recorded_kind(table.name),
                subject=subject_of(table.name, key),
                source=SOURCE,
                occurred_at=at,
                body=to_json(record),
                correlation_id=f"{SOURCE}:{at.date().isoformat()}",
            )
        )

    def told(self) -> tuple[Event, ...]:
        """Everything that was said, in order of time."""
        return tuple(sorted(self.events, key=lambda event: (event.occurred_at, event.id)))

    def _rank(self, now: int) -> str:
        # What is said at the very beginning of a stretch follows what the one before said last.
        return "b" if now == self._stretch.start else "a"
