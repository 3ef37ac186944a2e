"""What a defect is: a rule that did not hold, how often, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

EXAMPLES_SHOWN = 5


class Severity(StrEnum):
    """
    How much a defect harms planning.

    ``stops``: what it touches cannot be planned or measured at all. ``distorts``: figures come out
    wrong. ``hides``: something is not seen. ``untidy``: it costs looking twice.
    """

    STOPS = "stops"
    DISTORTS = "distorts"
    HIDES = "hides"
    UNTIDY = "untidy"


_HARM = {s: place for place, s in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Example:
    """
    One place where the rule does not hold.

    ``row`` is the row as a spreadsheet counts it, None where there are no rows. ``key`` names the
    thing, ``text`` says what stands there.
    """

    row: int | None
    key: str
    text: str

    def as_json(self) -> dict[str, Any]:
        """As one JSON object."""
        return {"row": self.row, "key": self.key, "text": self.text}


@dataclass(frozen=True, slots=True)
class Defect:
    """
    A rule that does not hold for ``count`` of ``of`` rows, names or things.

    ``statement`` is a sentence that a planner understands, ``cure`` what to do. ``rule`` is a name
    in the register of rules.
    """

    rule: str
    file_or_table: str
    column: str
    count: int
    of: int
    examples: tuple[Example, ...]
    statement: str
    cure: str
    severity: Severity

    def as_json(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "rule": self.rule,
            "table": self.file_or_table,
            "column": self.column,
            "count": self.count,
            "of": self.of,
            "severity": self.severity.value,
            "statement": self.statement,
            "examples": [example.as_json() for example in self.examples],
            "cure": self.cure,
        }

    @property
    def share(self) -> float:
        """Count by of, 0 to 1."""
        return self.count / self.of if self.of else 0.0


def worst_first(defects: Iterable[Defect]) -> tuple[Defect, ...]:
    """Defects by how much they harm planning, then by how many they are."""
    return tuple(
        sorted(
            defects,
            key=lambda d: (_HARM[d.severity], -d.count, d.file_or_table, d.rule, d.column),
        )
    )
