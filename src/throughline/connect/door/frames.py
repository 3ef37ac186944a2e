"""
What crosses the pipe: one byte for the kind, four for the length, then UTF-8.

Rows travel as one text, cells parted by the unit separator: to split it is as fast as Python gets,
and there is nothing in it to unpickle or to evaluate. A portion with that very sign in a cell
travels as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from struct import Struct
from typing import Any

HEAD = Struct(">BI")
LARGEST_FRAME = 32 * 1024 * 1024
SEPARATOR = "\x1f"

REQUEST, HEADER, ROWS, ROWS_AS_JSON, PARTS, END, REFUSAL = b"QHRJSEX"


def frame(kind: int, payload: bytes) -> bytes:
    """One message."""
    return HEAD.pack(kind, len(payload)) + payload


def json_frame(kind: int, value: Any) -> bytes:
    """One message that says a JSON value."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return frame(kind, text.encode("utf-8", "backslashreplace"))


def rows_frame(
    numbers: Sequence[int], rows: Sequence[Sequence[str]], texts: Sequence[str]
) -> bytes:
    """
    Some rows with their numbers; ``texts`` are the rows with their cells joined.

    The first line says how they are numbered and how wide they are: one number where they count up
    by one or have one width, else all of them.
    """
    widths = [len(row) for row in rows]
    first, last, count = numbers[0], numbers[-1], len(numbers)
    head = {
        "count": count,
        "numbers": first if last - first == count - 1 else list(numbers),
        "widths": widths[0] if min(widths) == max(widths) else widths,
    }
    text = SEPARATOR.join(texts)
    if text.count(SEPARATOR) != sum(widths) - 1:
        cells = [cell for row in rows for cell in row]
        return json_frame(ROWS_AS_JSON, {**head, "cells": cells})
    # Half a surrogate pair, which JSON can smuggle in, is shown as what it is: \ud800.
    body = json.dumps(head, separators=(",", ":")) + "\n" + text
    return frame(ROWS, body.encode("utf-8", "backslashreplace"))
