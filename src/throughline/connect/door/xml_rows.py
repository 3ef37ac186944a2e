"""
XML as rows: one element that repeats is one row, its attributes and children are the columns.

A document type, and with it every entity but the five of XML itself, refuses the file. Elements are
freed as soon as their row is made.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from throughline.connect.door.files import File, stream_of
from throughline.connect.door.limits import Limits
from throughline.connect.door.records import EmptyError, Record, table_of
from throughline.connect.door.refusal import RefusalError, near, shown
from throughline.connect.door.tables import Part, Read, Wanted

TEXT = "#text"
_MOST_REPEATS = 20
_MOST_PATHS = 10_000
_DECLARED = re.compile(rb'^\s*<\?xml[^>]*?encoding\s*=\s*["\']([A-Za-z0-9._-]{1,40})["\']')
_BY_EXPAT = frozenset({"utf-8", "utf-16", "iso8859-1", "ascii"})
_NO_XML = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7"})


def read(file: File, wanted: Wanted) -> Read:
    """
    The elements at one path as rows, numbered from 1.

    Parameters
    ----------
    file
        A file of XML; namespaces are left out of names.
    wanted
        ``part`` is the path of the element below the root, such as ``demands/demand``. Empty, it is
        the element with attributes or children that is repeated most, which is told.
    """
    notes: list[str] = []
    part = wanted.part.strip("/")
    if not part:
        part = _most_frequent(_counts(file))
        notes.append(f'rows taken from its elements "{part}"')
    path, lost = part.split("/"), _Lost()
    try:
        table = table_of(part, lambda: _records(file, path, lost), file.limits, notes, _named)
    except EmptyError:
        counts = _counts(file)
        if part in counts:
            raise
        problem = f'has no elements "{part[:60]}"'
        raise RefusalError(problem, near(part, list(counts), what="repeated element")) from None
    if lost.names:
        some = ", ".join(sorted(lost.names)[:3])
        table.supposed.append(
            f"elements repeated more than {_MOST_REPEATS} times in one row are left out ({some}); "
            "read them as a part of their own"
        )
    return table


def parts(file: File) -> list[Part]:
    """The paths of elements with attributes or children, the most frequent first."""
    counts = _counts(file)
    ordered = sorted(counts, key=lambda path: (-counts[path], path.count("/")))
    return [Part(path, counts[path]) for path in ordered[: file.limits.parts]]


class _Lost:
    """Names of elements that were repeated too often to become columns."""

    def __init__(self) -> None:
        self.names: set[str] = set()


def _most_frequent(counts: dict[str, int]) -> str:
    if not counts:
        raise RefusalError("holds no repeated element", "Name the element that is one row.")
    return max(counts, key=lambda path: (counts[path], -path.count("/")))


def _counts(file: File) -> dict[str, int]:
    """How often each path below the root occurs, of elements that say more than one text."""
    counts: dict[str, int] = {}
    rich: set[str] = set()
    path: list[str] = []
    for event, element in _events(file):
        if event == "start":
            if len(path) > 1:
                rich.add("/".join(path[1:]))
            path.append(_local(element.tag))
            place = "/".join(path[1:])
            counts[place] = counts.get(place, 0) + 1
            if element.attrib:
                rich.add(place)
            if len(counts) > _MOST_PATHS:
                raise RefusalError(
                    f"holds elements at more than {_MOST_PATHS} paths", "Name the part to read."
                )
        else:
            path.pop()
            element.clear()
    counts.pop("", None)
    return {path: count for path, count in counts.items() if path in rich} or counts


def _records(file: File, path: list[str], lost: _Lost) -> Iterator[Record]:
    """Rows at a path below the root; the attributes of what is around them come along."""
    above: list[Element] = []
    inside, number = 0, 0
    for event, element in _events(file):
        if event == "start":
            above.append(element)
            names = [_local(one.tag) for one in above[1:]] if len(above) - 1 == len(path) else []
            inside += bool(inside) or names == path
            continue
        above.pop()
        if inside:
            inside -= 1
            if inside:
                continue  # a part of a row, kept until the row ends
            number += 1
            cells: dict[str, str] = {}
            _flatten(element, "", cells, lost, file.limits, number)
            for one in above[1:]:
                for name, value in one.attrib.items():
                    cells.setdefault(f"{_local(one.tag)}.{_local(name)}", value)
            yield number, cells
        element.clear()
        if above:
            del above[-1][:]


def _flatten(
    element: Element, before: str, cells: dict[str, str], lost: _Lost, limits: Limits, row: int
) -> None:
    """
    Attributes as ``@name`` and children as ``name``; the second child of one name is ``name.2``.
    """
    for name, value in element.attrib.items():
        cells[f"{before}@{_local(name)}"] = value
    text = (element.text or "").strip()
    if text and (len(element) or element.attrib or not before):
        cells[before + TEXT] = text
    times: dict[str, int] = {}
    for child in element:
        name = _local(child.tag)
        times[name] = count = times.get(name, 0) + 1
        if count > _MOST_REPEATS:
            lost.names.add(before + name)
            continue
        place = f"{before}{name}" if count == 1 else f"{before}{name}.{count}"
        if len(child) or child.attrib:
            _flatten(child, f"{place}.", cells, lost, limits, row)
        else:
            cells[place] = (child.text or "").strip()
    if len(cells) > limits.columns:
        problem = f"has more than {limits.columns} columns in row {row}"
        raise RefusalError(problem, "Name a smaller element as the part.", row=row)


def _named(columns: list[str]) -> list[str]:
    """``@id`` becomes ``id`` where no child has that name, and ``#text`` becomes ``text``."""
    taken = set(columns)
    named = []
    for column in columns:
        before, dot, last = column.rpartition(".")
        plain = before + dot + last.lstrip("@#")
        # The text of a child beside its attributes is what the child says: its own name.
        if last == TEXT and before and before not in taken:
            plain = before
        is_free = plain == column or plain not in taken
        taken.add(plain if is_free else column)
        named.append(plain if is_free else column)
    return named


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _events(file: File) -> Iterator[tuple[str, Element]]:
    """The beginnings and ends of elements; depth, attributes and texts are bounded on the way."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, iterparse

    stream, encoding = _stream(file)
    parser = DefusedXMLParser(forbid_dtd=True, encoding=encoding)
    try:
        yield from _bounded(iterparse(stream, events=("start", "end"), parser=parser), file.limits)
    except DefusedXmlException:
        raise _with_dtd() from None
    except ParseError as error:
        line, place = error.position
        reason = str(error).split(":")[0]
        problem = f"is not well-formed XML: {reason} in line {line}, character {place + 1}"
        raise RefusalError(problem, "Export it again.", row=line) from None
    except (LookupError, ValueError) as error:
        problem = f"is in an encoding that cannot be read ({str(error)[:80]})"
        raise RefusalError(problem, "Save it as UTF-8.") from None


def _with_dtd() -> RefusalError:
    cure = "Remove the DOCTYPE and the entities; exports need none."
    return RefusalError("holds a document type", cure, row=1)


def _bounded(events: Any, limits: Limits) -> Iterator[tuple[str, Element]]:
    depth = 0
    for event, element in events:
        if event == "end":
            depth -= 1
            if element.text and len(element.text) > limits.cell_characters:
                raise _too_long(element, element.text, limits)
            yield event, element
            continue
        depth += 1
        if depth > limits.depth:
            problem = f"is nested more than {limits.depth} elements deep"
            cure = f"At most {limits.depth} elements inside one another."
            raise RefusalError(problem, cure, value=_local(element.tag))
        if element.attrib:
            _check_attributes(element, limits)
        yield event, element


def _check_attributes(element: Element, limits: Limits) -> None:
    if len(element.attrib) > limits.columns:
        problem = f"has an element of {len(element.attrib)} attributes"
        raise RefusalError(problem, f"At most {limits.columns}.", value=_local(element.tag))
    for value in element.attrib.values():
        if len(value) > limits.cell_characters:
            raise _too_long(element, value, limits)


def _too_long(element: Element, text: str, limits: Limits) -> RefusalError:
    problem = f"has a text of {len(text)} characters in an element"
    name = shown(_local(element.tag))
    return RefusalError(problem, f"At most {limits.cell_characters}.", column=name, value=text)


def _stream(file: File) -> tuple[Any, str | None]:
    """
    The bytes, and the encoding to read them in when it is not for the parser to find out.

    The parser knows four encodings and those of one byte a character; what else is declared, such
    as Shift JIS, is made into UTF-8 first.
    """
    head = file.head(400)
    if not head.strip():
        raise RefusalError("is empty", "Give a document.")
    declared = _DECLARED.match(head.removeprefix(b"\xef\xbb\xbf"))
    if not declared:
        return file.stream(), None
    name = declared[1].decode("ascii")
    try:
        found = codecs.lookup(name)
    except LookupError:
        problem = f'declares the unknown encoding "{name}"'
        raise RefusalError(problem, "Save it as UTF-8.", row=1) from None
    if not found._is_text_encoding or found.name in _NO_XML:  # noqa: SLF001
        raise RefusalError(f'declares "{name}", no encoding of XML', "Save it as UTF-8.", row=1)
    if found.name in _BY_EXPAT:
        return file.stream(), None
    return stream_of(_as_utf8(file, found.name)), "utf-8"


def _as_utf8(file: File, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for chunk in file.chunks():
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()
