"""The whole numbers of a text file, line by line, within bounds and with precise errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from throughline.errors import RowError, RowProblem

MOST_BYTES = 256 * 1024 * 1024
MOST_LINES = 4_000_000
MOST_MACHINES = 1_000_000
LARGEST = 10**12
"""No number of an instance is larger: sums of them stay far inside 64 bits."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that holds numbers; ``row`` counts all lines of the file from 1."""

    file: str
    row: int
    values: list[int]

    def wrong(self, place: int, problem: str, cure: str) -> RowError:
        """What is wrong with the number at ``place`` (from 0), or with the line where it ends."""
        has_value = 0 <= place < len(self.values)
        value = str(self.values[place]) if has_value else ""
        column = f"number {place + 1}" if has_value else ""
        return refusal(self.file, self.row, column, value, problem, cure)

    def must_have(self, count: int, what: str) -> None:
        """Refuse a line that has not exactly so many numbers."""
        if len(self.values) != count:
            problem = f"has {len(self.values)} numbers where {what} takes {count}"
            raise self.wrong(-1, problem, "Check the format that was named, and the line.")

    def between(self, place: int, least: int, most: int, what: str) -> int:
        """The number at ``place``, refused where it is absent or out of bounds."""
        if place >= len(self.values):
            problem = f"ends where {what} should follow"
            raise self.wrong(-1, problem, "Complete the line.")
        value = self.values[place]
        if not least <= value <= most:
            problem = f"is not {what} from {least} to {most}"
            raise self.wrong(place, problem, "Correct the number, or the size in the first line.")
        return value


@dataclass(frozen=True, slots=True)
class Numbers:
    """All lines of a file that hold numbers, in order."""

    file: str
    name: str
    lines: list[Line]

    def line(self, place: int, what: str) -> Line:
        """One line, refused where the file ends before it."""
        if place >= len(self.lines):
            row = self.lines[-1].row if self.lines else 0
            problem = f"is the last line, and {what} should follow"
            cure = "Complete the file, or correct the size in its first line."
            raise refusal(self.file, row, "", "", problem if row else "holds no numbers", cure)
        return self.lines[place]

    def must_end(self, place: int, what: str) -> None:
        """Refuse lines behind the last that the size allows for."""
        if place < len(self.lines):
            problem = f"is one line more than {what}"
            cure = "Remove the line, or correct the size in the first line."
            raise self.lines[place].wrong(-1, problem, cure)


def read_numbers(path: Path) -> Numbers:
    """
    The numbers of a file; blank lines and what follows ``#`` are left out.

    Raises
    ------
    RowError
        When the file is too large, is not text, or holds what is not a whole number.
    """
    if path.is_dir():
        raise refusal(path.name, 0, "", "", "is a folder", "Name one file of it.")
    with path.open("rb") as opened:
        data = opened.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        problem = f"is larger than {MOST_BYTES // 1024**2} MiB"
        raise refusal(path.name, 0, "", "", problem, "Take a smaller instance.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        cure = "Unpack it first if it is an archive; instances are plain text."
        raise refusal(path.name, 0, "", "", "is not text", cure) from None
    return Numbers(path.name, path.stem or path.name, list(_lines(path.name, text)))


def refusal(file: str, row: int, column: str, value: str, problem: str, cure: str) -> RowError:
    """One problem as the error that is raised for it."""
    return RowError([RowProblem(file, row, column, value, problem, cure)])


def _lines(file: str, text: str) -> Iterator[Line]:
    for row, line in enumerate(text.splitlines(), start=1):
        if row > MOST_LINES:
            problem = f"has more than {MOST_LINES} lines"
            raise refusal(file, row, "", "", problem, "Take a smaller instance.")
        words = line.partition("#")[0].split()
        if words:
            yield Line(file, row, [_whole(file, row, n, word) for n, word in enumerate(words)])


def _whole(file: str, row: int, place: int, word: str) -> int:
    # The third number of a first line may be an average, which nobody reads.
    is_short = len(word) <= 24
    try:
        value = int(word) if is_short else LARGEST + 1
    except ValueError:
        value = _from_decimal(word, is_average=(row, place) == (1, 2))
    if abs(value) > LARGEST or not word.isascii() or "_" in word:
        shown = word if is_short else word[:24] + "…"
        problem = f"is not a whole number up to {LARGEST}"
        cure = "Correct it, or name the format of the file if it is another."
        raise refusal(file, row, f"number {place + 1}", shown, problem, cure)
    return value


def _from_decimal(word: str, *, is_average: bool) -> int:
    # Some files state whole numbers as decimals, such as 5.00.
    try:
        value = float(word)
    except ValueError:
        return LARGEST + 1
    is_usable = abs(value) <= LARGEST and (is_average or value.is_integer())
    return int(value) if is_usable else LARGEST + 1
