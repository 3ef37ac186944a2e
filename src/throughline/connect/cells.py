"""
Cells that a spreadsheet would take for a formula: made harmless on the way out, and equal again on
the way in.

A spreadsheet runs what begins with ``=``, ``+``, ``-`` or ``@``, also behind blanks, and a cell
from outside may say ``=HYPERLINK(...)`` (OWASP ASVS 5.0, V1.2.10). Such a cell is written with an
apostrophe before it, as people do in spreadsheets themselves.
"""

from __future__ import annotations

import re

APOSTROPHE = "'"
_BEGINNINGS = frozenset("=+-@＝＋－＠")
_BLANKS = " \t\r\n\v\f\0\u00a0\u200b\u2060\u3000\ufeff"
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def neutral(text: str) -> str:
    """
    A text as the cell of an export: harmless in every spreadsheet, and ``restored`` to itself.

    An apostrophe goes before texts that could be a formula, before those that begin with an
    apostrophe already, and before those whose blanks at the ends would be lost. Plain numbers such
    as ``-5`` stay numbers.
    """
    return APOSTROPHE + text if _needs_apostrophe(text) else text


def restored(cell: str) -> str:
    """
    The text that ``neutral`` made this cell from. Cells that it never makes stay as they are, so
    ``'s-Hertogenbosch`` of a file made by hand keeps its apostrophe.
    """
    if cell.startswith(APOSTROPHE) and _needs_apostrophe(cell[1:]):
        return cell[1:]
    return cell


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take this text for a formula."""
    begin = text.lstrip(_BLANKS)
    if not begin or begin[0] not in _BEGINNINGS:
        return False
    return _NUMBER.fullmatch(text) is None


def _needs_apostrophe(text: str) -> bool:
    return text.startswith(APOSTROPHE) or text != text.strip() or is_formula(text)
