"""The entries of a mapping file by key and type, and a note of everything that is wrong in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from throughline.connect.mapping.rules import MappingProblem
from throughline.model.door import near_miss

Types = type | tuple[type, ...]
_SPOKEN: dict[Types, str] = {
    str: "a text",
    list: "a list",
    dict: "a table",
    bool: "true or false",
    int: "a whole number",
    (int, float): "a number",
    (str, int, float, bool): "a text or a number",
    (str, list): "a text or a list of texts",
}


def as_text(value: Any) -> str:
    """A value of TOML as a cell would hold it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class Entries:
    """Takes values out of one mapping file and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.table = ""
        self.problems: list[MappingProblem] = []

    def wrong(self, key: str, value: Any, problem: str, cure: str) -> None:
        """Note a mistake in the table that is read at present."""
        self.problems.append(
            MappingProblem(self.file, self.table, key, as_text(value), problem, cure)
        )

    def get(
        self, entry: Mapping[str, Any], key: str, wanted: Types, otherwise: Any, place: str = ""
    ) -> Any:
        """
        The value under a key when it has the wanted type; a mistake and ``otherwise`` when it has
        not.
        """
        if key not in entry:
            return otherwise
        value = entry[key]
        is_bool_for_number = isinstance(value, bool) and wanted in (int, (int, float))
        if isinstance(value, wanted) and not is_bool_for_number:
            return value
        spoken = _SPOKEN[wanted]
        self.wrong(
            f"{place}.{key}" if place else key, value, f"is not {spoken}", f"Write {spoken}."
        )
        return otherwise

    def texts(self, entry: Mapping[str, Any], key: str) -> list[str]:
        """The list of texts under a key."""
        values = self.get(entry, key, list, [])
        if all(isinstance(value, str) for value in values):
            return list(values)
        self.wrong(key, values, "is not a list of texts", f'Write {key} = ["a", "b"].')
        return []

    def only(self, entry: Mapping[str, Any], known: Sequence[str], place: str = "") -> None:
        """Note every key that a mapping does not have here."""
        for key in entry:
            if key not in known:
                where = f"{place}.{key}" if place else key
                self.wrong(where, "", "is not a key of a mapping", near_miss(key, known))

    def readable(self, place: str, text: str, read: Callable[[str], object], like: str) -> bool:
        """Whether a text can be read; it may be empty."""
        try:
            if text:
                read(text)
        except ValueError as error:
            self.wrong(place, text, f"cannot be read: {error}", f"Write it like {like}.")
            return False
        return True
