"""The register of rules: what each looks for, when it does not speak, and the cure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from throughline.picture.defects.findings import Defect, Example, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One rule of the defect finder.

    ``level`` says what it looks at: the rows of one table, the tables of a folder, or a plant.
    ``counts`` says what is counted, of what; ``silent`` when it does not speak.
    """

    name: str
    level: str
    about: str
    counts: str
    silent: str
    cure: str
    severity: Severity


RULES: dict[str, Rule] = {}


def rule(
    name: str,
    *,
    level: str,
    about: str,
    counts: str,
    silent: str,
    cure: str,
    severity: Severity,
) -> str:
    """Enter a rule in the register; returns its name."""
    RULES[name] = Rule(name, level, about, counts, silent, cure, severity)
    return name


def found(
    name: str,
    table: str,
    column: str,
    count: int,
    of: int,
    examples: Iterable[Example],
    statement: str,
    cure: str = "",
) -> Defect:
    """A defect by a rule of the register, with the rule's cure unless another is given."""
    by = RULES[name]
    return Defect(
        name,
        table,
        column,
        int(count),
        int(of),
        tuple(examples),
        statement,
        cure or by.cure,
        by.severity,
    )


def counted(number: int, one: str, many: str = "") -> str:
    """A count with its noun, for example ``"1 row"`` or ``"2,369 rows"``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def thousands(number: float) -> str:
    """A count as text, for example ``"22,976"``."""
    return f"{number:,}"
