"""JSON without its traps, and values of it as cells: no double keys, no NaN, bounded depth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from throughline.connect.door.limits import Limits
from throughline.connect.door.refusal import RefusalError


class Number(str):
    """A number as it stands in the file, digit for digit."""

    __slots__ = ()


def decoder(limits: Limits) -> json.JSONDecoder:
    """A strict decoder: objects as dictionaries, numbers as the text they are written in."""

    def number(text: str) -> Number:
        if len(text) > limits.number_characters:
            problem = f"holds a number of {len(text)} characters"
            raise RefusalError(problem, "Give numbers of fewer digits.", value=text)
        return Number(text)

    return json.JSONDecoder(
        object_pairs_hook=_once,
        parse_float=number,
        parse_int=number,
        parse_constant=_no_constant,
    )


def cells_of(found: dict[str, Any], limits: Limits, before: str = "") -> dict[str, str]:
    """
    An object as cells by column: objects inside it are flattened to dotted names, lists stand as
    JSON text.
    """
    cells: dict[str, str] = {}
    _flatten(found, before, cells, limits, depth=1)
    return cells


def lists_in(
    found: Any, limits: Limits, path: str = "", depth: int = 0
) -> Iterator[tuple[str, int]]:
    """The lists of objects inside a value, by dotted path, with how many objects each holds."""
    if depth > limits.depth:
        raise too_deep(limits)
    if isinstance(found, dict):
        for key, value in found.items():
            yield from lists_in(value, limits, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(found, list):
        objects = [item for item in found if isinstance(item, dict)]
        if objects:
            yield path, len(objects)
        for item in found:
            if isinstance(item, dict | list):
                yield from lists_in(item, limits, path, depth + 1)


def too_deep(limits: Limits) -> RefusalError:
    """The refusal of what is nested deeper than allowed."""
    cure = f"At most {limits.depth} objects and lists inside one another."
    return RefusalError("is nested too deeply", cure)


def _flatten(
    found: dict[str, Any], before: str, cells: dict[str, str], limits: Limits, depth: int
) -> None:
    if depth > limits.depth:
        raise too_deep(limits)
    for key, value in found.items():
        name = before + key
        if isinstance(value, dict):
            _flatten(value, f"{name}.", cells, limits, depth + 1)
            continue
        if name in cells:
            raise _double(name)
        cells[name] = value if type(value) is str else _cell(value, limits, depth)


def _cell(value: Any, limits: Limits, depth: int) -> str:
    if isinstance(value, str):
        return str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json_text(value, limits, depth + 1) if value else ""


def json_text(value: Any, limits: Limits, depth: int = 1) -> str:
    """A value as compact JSON, its numbers digit for digit."""
    if depth > limits.depth:
        raise too_deep(limits)
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        inner = (
            f"{json.dumps(k, ensure_ascii=False)}: {json_text(v, limits, depth + 1)}"
            for k, v in value.items()
        )
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(json_text(item, limits, depth + 1) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _double(key)
            seen.add(key)
    return found


def _double(key: str) -> RefusalError:
    return RefusalError("says one key of an object twice", "Say it once.", column=key, value=key)


def _no_constant(text: str) -> Any:
    raise RefusalError(f"holds {text}, which is not a number", "Leave it out, or say null.")
