"""Which rows are wanted: the tests of ``[[table.where]]``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from throughline.connect.mapping.cells import CellError, number
from throughline.connect.mapping.rules import Filter
from throughline.connect.mapping.sources import Context, Getter


def tester(condition: Filter, get: Getter, decimal: str) -> Callable[[Context], bool]:
    """What tells whether a row passes one test."""
    test, value = _TESTS[condition.test], condition.value
    return lambda context: test(get(context), value, decimal)


def _compare(text: str, limit: float, decimal: str, sign: int) -> bool:
    try:
        return sign * (number(text, decimal) - limit) > 0
    except CellError:
        return False


_TESTS: dict[str, Callable[[str, Any, str], bool]] = {
    "is": lambda text, value, _: text == value,
    "is_not": lambda text, value, _: text != value,
    "in": lambda text, value, _: text in value,
    "not_in": lambda text, value, _: text not in value,
    "starts_with": lambda text, value, _: text.startswith(value),
    "empty": lambda text, value, _: (not text) == value,
    "above": lambda text, value, decimal: _compare(text, value, decimal, 1),
    "below": lambda text, value, decimal: _compare(text, value, decimal, -1),
    "before": lambda text, value, _: bool(text) and text < value,
    "not_before": lambda text, value, _: text >= value,
}
