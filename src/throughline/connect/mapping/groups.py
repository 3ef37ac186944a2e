"""Which of a group's values is meant: the words of ``take``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from throughline.connect.mapping.cells import CellError, number, number_text


def _numbers(texts: list[str], decimal: str) -> list[float]:
    return [number(text, decimal) for text in texts if text]


def _extreme(texts: list[str], decimal: str, pick: Callable[..., Any]) -> str:
    """The least or greatest: by number when all are numbers, else by text, as ISO dates need it."""
    there = [text for text in texts if text]
    try:
        return str(pick(there, key=lambda text: number(text, decimal))) if there else ""
    except CellError:
        return str(pick(there))


def _total(texts: list[str], decimal: str) -> str:
    return number_text(sum(_numbers(texts, decimal)), decimal)


def _mean(texts: list[str], decimal: str) -> str:
    numbers = _numbers(texts, decimal)
    return number_text(sum(numbers) / len(numbers), decimal) if numbers else ""


TAKES: dict[str, Callable[[list[str], str], str]] = {
    "first": lambda texts, _: texts[0],
    "last": lambda texts, _: texts[-1],
    "min": lambda texts, decimal: _extreme(texts, decimal, min),
    "max": lambda texts, decimal: _extreme(texts, decimal, max),
    "sum": _total,
    "mean": _mean,
}
"""By word: what picks one text out of a group's texts, given the decimal mark."""
