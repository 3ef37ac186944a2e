"""
Everything Throughline raises on purpose.

    ThroughlineError
    ├── DataError            what came in is wrong: set it aside, show it, go on
    │   ├── RowError             one row of one file: file, row, column, value, cure
    │   └── EventError           one event: its id, the field, the value, cure
    ├── RequestError         what was asked for is wrong: an unknown id, a right that is missing
    │   ├── UnknownIdError       no such thing; names near misses
    │   ├── NotAllowedError      the decision right is with somebody else
    │   └── StaleError           somebody wrote in between; both versions are named
    └── WorldError           the world failed (disk, database, network): safe to try again

What is infeasible is an answer, not an error, and has no class here. What we did wrong ourselves is
an ordinary Python exception: it stops the act and leaves the last good plan in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches


class ThroughlineError(Exception):
    """The root of the tree; carries a sentence that ends in what to do."""


class DataError(ThroughlineError):
    """What came in from outside is wrong."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """
    One thing that is wrong in one cell, as the person who sent the file needs to read it.

    ``row`` is counted as a spreadsheet counts: the header is row 1. It is 0 when the whole file is
    meant.
    """

    file: str
    row: int
    column: str
    value: str
    problem: str
    cure: str

    def __str__(self) -> str:
        place = f"{self.file} row {self.row}" if self.row else self.file
        column = f' column "{self.column}"' if self.column else ""
        value = f': "{self.value}"' if self.value else ":"
        return f"{place}{column}{value} {self.problem}. {self.cure}"

    def as_json(self) -> dict[str, object]:
        """The problem as the ``load`` command prints it."""
        return asdict(self)


class RowError(DataError):
    """A row that cannot become a record. Carries every problem found in it, not only the first."""

    def __init__(self, problems: Iterable[RowProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class EventError(DataError):
    """An event that cannot be accepted."""

    def __init__(self, event_id: str, field: str, value: object, problem: str, cure: str) -> None:
        self.event_id, self.field, self.value, self.problem, self.cure = (
            event_id,
            field,
            value,
            problem,
            cure,
        )
        super().__init__(f'event "{event_id}" field "{field}": {value!r} {problem}. {cure}')


class RequestError(ThroughlineError):
    """What was asked for cannot be done as asked."""


class UnknownIdError(RequestError):
    """There is no such thing; the message names what comes near."""

    def __init__(self, what: str, wanted: str, known: Iterable[str]) -> None:
        self.what, self.wanted = what, wanted
        near = get_close_matches(wanted, list(known), n=3, cutoff=0.6)
        cure = (
            f"Did you mean {' or '.join(near)}?"
            if near
            else f"List the {what}s to see what there is."
        )
        super().__init__(f'"{wanted}" is not a known {what}. {cure}')


class NotAllowedError(RequestError):
    """The act needs a right that this user or role does not hold."""


class StaleError(RequestError):
    """The thing was changed by somebody else since it was read."""


class WorldError(ThroughlineError):
    """Disk, database or network failed. Nothing was half done; the act may be tried again."""
