"""Lines of events: bounded, whatever sends them."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from throughline.connect.event_lines import event_lines
from throughline.connect.events import LONGEST_LINE, read_events
from throughline.errors import DataError


def lines(said: bytes, **bounds: int) -> list[str]:
    return list(event_lines(io.BytesIO(said), **bounds))


def test_only_a_line_feed_ends_a_line():
    assert lines("a\u2028b\r\n\nc".encode()) == ["a\u2028b\r", "", "c"]


def test_a_byte_that_is_not_utf_8_spoils_its_own_line_alone():
    assert lines(b"\xff\n\xc3\xbc\n") == ["\udcff", "ü"]


def test_a_line_without_end_is_cut_and_refused_and_the_next_one_is_read():
    said = b'"' + b"x" * (6 * LONGEST_LINE) + b'"\n{"a"\n'
    found = lines(said)
    assert [len(line) > LONGEST_LINE for line in found] == [True, False]
    assert len(found[0]) < 5 * LONGEST_LINE
    _, problems = read_events(found, now=datetime(2026, 3, 2, tzinfo=UTC))
    assert [(p.row, p.problem[:11]) for p in problems] == [(1, "is too long"), (2, "is not JSON")]


def test_more_bytes_or_lines_than_allowed_are_refused_with_the_cure():
    with pytest.raises(DataError, match="More than 1 MiB of events"):
        lines(b"x" * 3 * 2**20, most_bytes=2**20)
    with pytest.raises(DataError, match="More than 2 lines"):
        lines(b"a\nb\nc\n", most_lines=2)


class Endless(io.RawIOBase):
    """A sender that never ends its line."""

    def readable(self) -> bool:
        return True

    def readinto(self, target: object) -> int:
        view = memoryview(target)  # type: ignore[arg-type]
        view[:] = b"x" * len(view)
        return len(view)


def test_a_sender_that_never_stops_is_stopped():
    with pytest.raises(DataError, match="More than 8 MiB"):
        list(event_lines(io.BufferedReader(Endless()), most_bytes=2**23))
