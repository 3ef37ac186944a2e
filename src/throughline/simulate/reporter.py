"""What the simulated floor says: every record as an event with an id that does not change."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from throughline.model.codec import moment_text, to_json
from throughline.model.columns import table_of
from throughline.model.events import Event, recorded_kind, subject_of
from throughline.simulate.stretch import Stretch

SOURCE = "simulated-floor"
_MESSAGES = 64  # about one thing in one minute, at most


class Reporter:
    """Collects what is said in a stretch; ``events`` are in the order of saying."""

    def __init__(self, stretch: Stretch) -> None:
        self._stretch = stretch
        self.events: list[Event] = []
        self._said: Counter[tuple[str, str, int]] = Counter()

    def say(self, record: object, now: int) -> None:
        """State one record at a minute of the stretch."""
        table = table_of(type(record))
        key, at = table.key_of(record), self._stretch.moment(now)
        # Of two statements about one thing in one minute the later holds: its number is greater.
        number = self._said[key, table.name, now]
        self._said[key, table.name, now] += 1
        self.events.append(
            Event(
                id=f"{SOURCE}:{table.name}/{key}@{moment_text(at)}#{self._rank(now)}{number}",
                kind=recorded_kind(table.name),
                subject=subject_of(table.name, key),
                source=SOURCE,
                occurred_at=at,
                body=to_json(record),
                source_seq=self._message(at, now, number),
                correlation_id=f"{SOURCE}:{at.date().isoformat()}",
            )
        )

    def told(self) -> tuple[Event, ...]:
        """Everything that was said, in order of time."""
        return tuple(sorted(self.events, key=lambda event: (event.occurred_at, event.id)))

    def _message(self, at: datetime, now: int, number: int) -> int:
        """
        The number of a message: it rises with time, and with what is said in one minute.

        It is far above the places that others take, so that an order which is released and started
        in one minute is started; and it leaves room for what the loop says between two stretches.
        """
        begins = _MESSAGES // 2 if now == self._stretch.start else 0
        return int(at.timestamp()) // 60 * _MESSAGES + begins + number

    def _rank(self, now: int) -> str:
        # What is said at the very beginning of a stretch follows what the one before said last.
        return "b" if now == self._stretch.start else "a"
