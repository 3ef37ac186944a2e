"""Why a file is refused: what is wrong with it, where, and the cure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

LONGEST_SHOWN = 80


class RefusalError(Exception):
    """A file that will not be read further. ``row`` is 0 where no single row is meant."""

    def __init__(
        self, problem: str, cure: str, *, row: int = 0, column: str = "", value: str = ""
    ) -> None:
        self.problem, self.cure = problem, cure
        self.row, self.column, self.value = row, shown(column), shown(value)
        super().__init__(f"{problem}. {cure}")

    def as_json(self) -> dict[str, object]:
        """The refusal as it crosses the pipe."""
        return {
            "problem": self.problem,
            "cure": self.cure,
            "row": self.row,
            "column": self.column,
            "value": self.value,
        }


def shown(text: str) -> str:
    """The beginning of a text, as every terminal can take it."""
    short = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    plain = "".join(c if c.isprintable() else " " for c in short)
    return plain.encode("utf-8", "backslashreplace").decode()


def near(wanted: str, known: Sequence[str], *, what: str) -> str:
    """The cure for a name that is not there: what comes near, else what there is."""
    close = get_close_matches(wanted, known[:1000], n=3, cutoff=0.6)
    if close:
        return "Did you mean " + " or ".join(f'"{shown(name)}"' for name in close) + "?"
    if not known:
        return f"It holds no {what}."
    more = ", ..." if len(known) > 8 else ""
    return "It holds " + ", ".join(f'"{shown(name)}"' for name in known[:8]) + f"{more}."
