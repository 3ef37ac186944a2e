"""
JSON as rows: a list of objects, a list of objects somewhere in a document, or one object a line.

The document is walked and never held: only one object of the list is in memory at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from throughline.connect.door import formats
from throughline.connect.door.files import File
from throughline.connect.door.json_values import cells_of, decoder, json_text, lists_in, too_deep
from throughline.connect.door.limits import Limits
from throughline.connect.door.records import EmptyError, Record, table_of
from throughline.connect.door.refusal import RefusalError, near
from throughline.connect.door.tables import Part, Read, Wanted
from throughline.connect.door.texts import Text, first_lines, read_text

_BLANKS = " \t\r\n"
# A value cut off by the end of a portion fails this near to it.
_SEAM = 16


def read(file: File, wanted: Wanted) -> Read:
    """
    The objects of one list as rows, numbered from 1; of JSON lines the line is the number.

    Parameters
    ----------
    file
        A file of JSON.
    wanted
        ``part`` is the dotted path of the list. Empty, it is the document itself, or JSON lines, or
        the longest list of objects in it, which is told.
    """
    text = read_text(file, wanted.encoding)
    if _is_lines(text):
        _refuse_part(wanted.part)
        return table_of("", lambda: _lines(text), file.limits, text.supposed)
    part, notes = wanted.part, list(text.supposed)
    begins = _first_character(text)
    if not part and begins == "{":
        part = _longest_list(text)
        notes.append(f'rows taken from its list "{part}"' if part else "read as one object")
    try:
        return table_of(part, lambda: _records(text, part), file.limits, notes)
    except EmptyError:
        if part:
            _check_there(text, part)
        raise


def parts(file: File) -> list[Part]:
    """The lists of objects in a document: the document itself, then the longest first."""
    text = read_text(file)
    if _is_lines(text):
        return [Part("", sum(1 for _ in _lines(text)))]
    counts = _lists(text)
    longest = sorted(counts.items(), key=lambda item: (bool(item[0]), -item[1]))
    return [Part(path, count) for path, count in longest[: file.limits.parts]] or [Part("", 1)]


def _is_lines(text: Text) -> bool:
    if text.file.name.endswith(formats.JSON_LINES):
        return True
    lines = first_lines(text, 2, text.file.limits.row_characters)
    if len(lines) < 2 or not lines[1].lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(lines[0]), dict)
    except (ValueError, RecursionError):
        return False


def _first_character(text: Text) -> str:
    found = next((chunk.lstrip(_BLANKS)[:1] for chunk in text.chunks() if chunk.strip()), "")
    if not found:
        raise RefusalError("is empty", "Give a list of objects.")
    if found not in "[{":
        problem = f'is not JSON of objects: it begins with "{found}"'
        raise RefusalError(problem, "Give a list of objects, or one object a line.")
    return found


def _refuse_part(part: str) -> None:
    if part:
        problem = f'has no part "{part[:60]}": it holds one object a line'
        raise RefusalError(problem, "Leave the part out.")


def _lines(text: Text) -> Iterator[Record]:
    limits, decode = text.file.limits, decoder(text.file.limits).decode
    for number, line in enumerate(_split(text, limits), start=1):
        if not line.strip():
            continue
        try:
            found = decode(line)
        except RefusalError as refused:
            raise _placed(refused, number) from None
        except json.JSONDecodeError as error:
            raise _not_json(error.msg, number, error.pos + 1, line) from None
        except RecursionError:
            raise _placed(too_deep(limits), number) from None
        yield number, _cells(found, number, limits)


def _split(text: Text, limits: Limits) -> Iterator[str]:
    """Lines that end in a line feed alone: texts in JSON may hold other separators."""
    rest, number = "", 0
    for chunk in text.chunks():
        *lines, rest = (rest + chunk).split("\n")
        number += len(lines)
        yield from lines
        if len(rest) > limits.row_characters:
            problem = f"has a line of more than {limits.row_characters} characters"
            raise RefusalError(problem, "One object a line.", row=number + 1, value=rest)
    yield rest


def _cells(
    found: Any, number: int, limits: Limits, around: dict[str, str] | None = None
) -> dict[str, str]:
    if not isinstance(found, dict):
        shown = json_text(found, limits)[:100]
        problem = f"has something that is no object in place {number}"
        raise RefusalError(problem, 'Give {"column": value, ...}.', row=number, value=shown)
    try:
        cells = cells_of(found, limits)
    except RefusalError as refused:
        raise _placed(refused, number, "object") from None
    return {**around, **cells} if around else cells


def _records(text: Text, part: str) -> Iterator[Record]:
    """The objects of the list at a dotted path, or the document as one object."""
    walk = _Walk(text)
    found_items = walk.items(part.split(".") if part else [])
    for number, (found, around) in enumerate(found_items, start=1):
        yield number, _cells(found, number, text.file.limits, around)
    walk.check_end()


def _longest_list(text: Text) -> str:
    counts = _lists(text)
    return max(counts, key=lambda path: counts[path]) if counts else ""


def _check_there(text: Text, part: str) -> None:
    counts = _lists(text)
    if part not in counts:
        known = [path for path in counts if path]
        problem = f'has no list of objects "{part[:60]}"'
        raise RefusalError(problem, near(part, known, what="list of objects"))


def _lists(text: Text) -> dict[str, int]:
    walk = _Walk(text)
    counts: dict[str, int] = {}
    for path, value in walk.survey():
        for place, count in lists_in(value, text.file.limits, path):
            counts[place] = counts.get(place, 0) + count
            if len(counts) > text.file.limits.columns:
                raise RefusalError("holds too many different lists", "Split it.")
    walk.check_end()
    return counts


class _Walk:
    """One way through a document, from its beginning to its end."""

    def __init__(self, text: Text) -> None:
        self._chunks, self._limits = text.chunks(), text.file.limits
        self._decode = decoder(self._limits).raw_decode
        self._held, self._place, self._lines = "", 0, 1
        self._is_over = False

    def items(self, path: list[str]) -> Iterator[tuple[Any, dict[str, str]]]:
        """The items of the list at a path, each with the cells of what surrounds it."""
        yield from self._descend(path, "", 1, take=True)

    def survey(self) -> Iterator[tuple[str, Any]]:
        """Every item of every list that objects lead to, in a list of its own, with its path."""
        yield from self._survey("", 1)

    def check_end(self) -> None:
        """Nothing may follow the document."""
        if self._next_character():
            raise self._refusal("Extra data")

    def _descend(
        self, path: list[str], name: str, depth: int, *, take: bool
    ) -> Iterator[tuple[Any, dict[str, str]]]:
        begins = self._next_character()
        if begins == "{" and (path or not take):
            for key in self._keys(depth):
                wanted = take and bool(path) and key == path[0]
                yield from self._descend(path[1:], key, depth + 1, take=wanted)
        elif begins == "[":
            for item in self._list(depth):
                if take:
                    yield from _dig(item, path, name, {}, self._limits)
                else:
                    _check_depth(item, self._limits, depth)
        else:
            found = self._value()
            _check_depth(found, self._limits, depth)
            if take and not path:
                yield found, {}

    def _survey(self, path: str, depth: int) -> Iterator[tuple[str, Any]]:
        begins = self._next_character()
        if begins == "{":
            for key in self._keys(depth):
                yield from self._survey(f"{path}.{key}" if path else key, depth + 1)
        elif begins == "[":
            for item in self._list(depth):
                yield path, [item]
        else:
            self._value()

    def _keys(self, depth: int) -> Iterator[str]:
        """The keys of an object; each one's value must be walked before the next is asked for."""
        self._enter(depth)
        seen: set[str] = set()
        if self._next_character() == "}":
            self._place += 1
            return
        while True:
            if self._next_character() != '"':
                raise self._refusal("Expecting property name enclosed in double quotes")
            key = self._value()
            if key in seen:
                problem = f"says one key of an object twice in line {self.line}"
                raise RefusalError(problem, "Say it once.", row=self.line, column=key, value=key)
            if len(seen) > self._limits.columns:
                raise RefusalError("has an object of too many keys", "Give a list of objects.")
            seen.add(key)
            self._expect(":")
            yield key
            if self._expect(",}") == "}":
                return

    def _list(self, depth: int) -> Iterator[Any]:
        self._enter(depth)
        if self._next_character() == "]":
            self._place += 1
            return
        while True:
            self._next_character()
            yield self._value()
            if self._expect(",]") == "]":
                return

    def _enter(self, depth: int) -> None:
        if depth > self._limits.depth:
            raise _placed(too_deep(self._limits), self.line)
        self._place += 1

    @property
    def line(self) -> int:
        """The line of the place that is read next."""
        return self._lines + self._held.count("\n", 0, self._place)

    def _next_character(self) -> str:
        while True:
            while self._place < len(self._held):
                character = self._held[self._place]
                if character not in _BLANKS:
                    return character
                self._place += 1
            if not self._fill():
                return ""

    def _expect(self, wanted: str) -> str:
        found = self._next_character()
        if not found or found not in wanted:
            raise self._refusal(f"Expecting '{wanted[0]}' delimiter")
        self._place += 1
        return found

    def _value(self) -> Any:
        """The value that begins here, whole; more of the file is taken until it is."""
        while True:
            try:
                found, end = self._decode(self._held, self._place)
            except RefusalError as refused:
                raise _placed(refused, self.line) from None
            except RecursionError:
                raise _placed(too_deep(self._limits), self.line) from None
            except json.JSONDecodeError as error:
                is_cut = error.pos > len(self._held) - _SEAM or error.msg.startswith("Untermin")
                if is_cut and self._fill():
                    continue
                self._place = max(self._place, error.pos)
                raise self._refusal(error.msg) from None
            # A number may go on in the next portion.
            if end == len(self._held) and self._fill():
                continue
            self._place = end
            return found

    def _fill(self) -> bool:
        """Take the next portion, dropping what was read; False at the end of the file."""
        chunk = next(self._chunks, None)
        while chunk == "":
            chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._lines += self._held.count("\n", 0, self._place)
        self._held, self._place = self._held[self._place :] + chunk, 0
        if len(self._held) > 2 * self._limits.row_characters + len(chunk):
            most = 2 * self._limits.row_characters
            problem = f"has one object of more than {most} characters from line {self.line} on"
            cure = "Give the rows as a list of smaller objects, and name that list as the part."
            raise RefusalError(problem, cure, row=self.line)
        return True

    def _refusal(self, why: str) -> RefusalError:
        begin = self._held.rfind("\n", 0, self._place)
        shown = self._held[self._place : self._place + 40]
        return _not_json(why, self.line, self._place - begin, shown)


def _dig(
    item: Any, path: list[str], name: str, around: dict[str, str], limits: Limits
) -> Iterator[tuple[Any, dict[str, str]]]:
    """
    What lies at the rest of a path inside an item, with the item's own simple values in columns
    that begin with the name of its list.
    """
    if not path:
        yield item, around
        return
    if isinstance(item, list):
        for one in item:
            yield from _dig(one, path, name, around, limits)
    elif isinstance(item, dict) and path[0] in item:
        simple = {k: v for k, v in item.items() if not isinstance(v, list | dict)}
        near_by = {**around, **cells_of(simple, limits, f"{name}." if name else "")}
        found = item[path[0]]
        if isinstance(found, list) and len(path) == 1:
            for one in found:
                yield one, near_by
        else:
            yield from _dig(found, path[1:], path[0], near_by, limits)


def _check_depth(value: Any, limits: Limits, depth: int) -> None:
    for _ in lists_in(value, limits, depth=depth):
        pass


def _placed(refused: RefusalError, row: int, place: str = "line") -> RefusalError:
    if not refused.row:
        refused.row = row
        refused.problem = f"{refused.problem} in {place} {row}"
    return refused


def _not_json(why: str, line: int, place: int, shown: str) -> RefusalError:
    problem = f"is not JSON: {why} in line {line}, character {place}"
    return RefusalError(problem, "Export it again.", row=line, value=shown)
