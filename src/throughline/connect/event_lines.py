"""Lines of events as they come in a file or through a pipe, never more of them than allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from throughline.connect.events import LONGEST_LINE
from throughline.errors import DataError

MOST_BYTES = 256 * 1024 * 1024
MOST_LINES = 1_000_000
# A character takes at most four bytes, so what is longer than this is too long for certain.
_LONGEST_BYTES = 4 * LONGEST_LINE + 4
_SKIPPED = 1024 * 1024


def event_lines(
    stream: BinaryIO, *, most_bytes: int = MOST_BYTES, most_lines: int = MOST_LINES
) -> Iterator[str]:
    """
    The lines of a stream, one after another.

    Only line feeds end a line; texts may hold other separators. A byte that is not UTF-8 spoils its
    own line: it becomes half a surrogate pair, which no field may hold. Of a line that is too long
    for an event only the beginning is given, still too long, and the rest passed over.

    Raises
    ------
    DataError
        When there are more bytes or lines than allowed; nothing should be recorded then.
    """
    read = count = 0
    while line := stream.readline(_LONGEST_BYTES):
        count, read = count + 1, read + len(line)
        if len(line) == _LONGEST_BYTES and not line.endswith(b"\n"):
            read += _pass_over(stream, most_bytes - read)
        if read > most_bytes:
            message = f"More than {most_bytes // 1024 // 1024} MiB of events. Send them in parts."
            raise DataError(message)
        if count > most_lines:
            raise DataError(f"More than {most_lines:,} lines of events. Send them in parts.")
        yield line.removesuffix(b"\n").decode("utf-8", "surrogateescape")


def _pass_over(stream: BinaryIO, most: int) -> int:
    """Read on to the end of the line, but not for ever; how many bytes that were."""
    read = 0
    while read <= most and (more := stream.readline(_SKIPPED)):
        read += len(more)
        if more.endswith(b"\n"):
            break
    return read
