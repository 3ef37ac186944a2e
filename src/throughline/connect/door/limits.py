"""How much one file may take of us."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024
GENEROUS_BYTES = 16 * MIB
"""
What is unpacked up to here is never called a bomb: lists of zeros do compress a thousandfold.
"""
_FILE_FOR_THE_TIME = 16 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """
    The bounds of one file. The defaults take a million rows and refuse what only means harm.

    ``bytes`` bounds the file as it lies there and as it is unpacked; workbooks, which are mostly
    markup, may unpack to four times of it. ``ratio`` is unpacked over packed size and counts from
    16 MiB on. ``cell_characters`` bounds one cell, and four of the longest one row. ``depth``
    counts objects, lists and elements inside one another. ``seconds`` is the processor time for a
    file of up to 16 MiB, and in proportion more for a larger one; four times as long is waited for
    a machine that is busy. ``memory_bytes`` is the address space of the process that reads.
    """

    bytes: int = 512 * MIB
    ratio: int = 200
    rows: int = 5_000_000
    columns: int = 16_384
    cell_characters: int = 1_000_000
    depth: int = 64
    seconds: float = 30.0
    memory_bytes: int = 512 * MIB
    parts: int = 1_000
    entries: int = 5_000
    number_characters: int = 400

    @property
    def row_characters(self) -> int:
        """The longest row, all its cells together."""
        return 4 * self.cell_characters

    @property
    def workbook_bytes(self) -> int:
        """The largest workbook when unpacked."""
        return 4 * self.bytes

    def seconds_for(self, file_bytes: int) -> float:
        """Time for a file of that size as it lies there."""
        return self.seconds * max(1.0, file_bytes / _FILE_FOR_THE_TIME)
