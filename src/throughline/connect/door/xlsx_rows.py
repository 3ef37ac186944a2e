"""Large sheets of an xlsx, read row by row in little memory (ECMA-376 part 1, clause 18)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import IO
from xml.etree.ElementTree import Element, ParseError, fromstring

from throughline.connect.door.limits import Limits
from throughline.connect.door.refusal import RefusalError
from throughline.connect.door.tables import Row
from throughline.connect.door.values import duration_text, number_text

_CURE = "Save it again in the spreadsheet program, or export the sheet as CSV."
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_BUILT_IN_DATES = frozenset({*range(14, 23), 27, 28, 29, 30, 31, 36, 45, 46, 47, 50, 57, 58})
_GROUP_BYTES = 1024 * 1024
_LONGEST_CHILD_BYTES = 16 * _GROUP_BYTES
_ROOT = re.compile(rb"<(?P<name>[A-Za-z_][\w.:-]*)")
_DIMENSION = re.compile(rb'dimension ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_FORM = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_LAST_SERIAL = 2_958_466  # the day after 9999-12-31
_FIRST_PLAIN_SERIAL = 60  # Lotus took 1900 for a leap year, and so do spreadsheets ever since
_DEEPEST = 64
_LETTERS = {chr(64 + n): n for n in range(1, 27)}


def _name_of(column: int) -> str:
    """The letters of a column: 1 is A, 27 is AA."""
    name = ""
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(65 + letter) + name
    return name


_NAMES = tuple(_name_of(place) for place in range(1, 257))


def sheet_entries(stream: io.BufferedIOBase) -> dict[str, str]:
    """The entry of each worksheet by its name, in the order of the workbook."""
    with _archive(stream) as archive:
        targets = {
            relation.get("Id", ""): relation.get("Target", "")
            for relation in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
        }
        found = {}
        for sheet in _elements(archive, "xl/workbook.xml", "sheet"):
            key = sheet.get(_RELATION) or sheet.get(_STRICT_RELATION) or ""
            target = targets.get(key, "")
            entry = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if "worksheets/" in entry:
                found[sheet.get("name", "")] = entry
        return found


def spans(stream: io.BufferedIOBase, entries: Sequence[str]) -> Iterator[int]:
    """How many cells the used range of each sheet spans, as the sheet itself says."""
    with _archive(stream) as archive:
        for entry in entries:
            with archive.open(entry) as sheet:
                found = _DIMENSION.search(sheet.read(4096))
            if found:
                first, top, last, bottom = (part.decode("ascii") for part in found.groups())
                yield (_column(last) - _column(first) + 1) * (int(bottom) - int(top) + 1)


def xlsx_rows(stream: io.BufferedIOBase, name: str, limits: Limits) -> Iterator[Row]:
    """The rows of one sheet, with cells that are missing filled in as empty."""
    entry = sheet_entries(stream)[name]
    with _archive(stream) as archive:
        book = next(_elements(archive, "xl/workbook.xml", "workbookPr"), None)
        is_1904 = book is not None and book.get("date1904", "") in ("1", "true")
        strings = _shared_strings(archive)
        forms = _date_forms(archive)
        text_of = _cell_reader(strings, forms, is_1904=is_1904)
        number = 0
        for row in _children(archive, entry, b"sheetData", b"row"):
            number = _whole(row.get("r"), number + 1)
            yield number, _filled(row, text_of, limits, number)


def _filled(
    row: Element, text_of: Callable[[Element], str], limits: Limits, number: int
) -> list[str]:
    cells: list[str] = []
    append, row_text = cells.append, str(number)
    for place, cell in enumerate(row):
        reference = cell.get("r")
        # Nearly every cell stands where the one before it ends; the others are looked at closer.
        if place < len(_NAMES) and reference == _NAMES[place] + row_text and place == len(cells):
            append(text_of(cell))
            continue
        column = _column(reference or "") or len(cells) + 1
        if column > limits.columns:
            problem = f"has a cell in column {column} of row {number}"
            raise RefusalError(problem, f"At most {limits.columns} columns.", row=number)
        if column > len(cells):
            cells.extend([""] * (column - 1 - len(cells)))
            append(text_of(cell))
    return cells


def _column(reference: str) -> int:
    """The column of a reference such as AB12, 0 when it has none."""
    place = 0
    for letter in reference:
        value = _LETTERS.get(letter)
        if value is None or place > 1_000_000:
            break
        place = place * 26 + value
    return place


def _cell_reader(
    strings: list[str], forms: list[str], *, is_1904: bool
) -> Callable[[Element], str]:
    def read(cell: Element) -> str:
        kind = cell.get("t")
        if kind == "inlineStr":
            return _rich_text(cell)
        value = _value_of(cell)
        if kind is None or kind == "n":
            return number(value, cell.get("s")) if value else ""
        if kind == "s":
            place = _whole(value, -1)
            return strings[place] if 0 <= place < len(strings) else ""
        if kind == "b":
            return "true" if value == "1" else "false" if value else ""
        # As the other reader has it, an error is no value.
        return "" if kind == "e" else _unescaped(value)

    def number(value: str, style: str | None) -> str:
        place = _whole(style, 0)
        form = forms[place] if place < len(forms) else ""
        try:
            found = float(value)
        except ValueError:
            return value
        return _date_text(found, form, is_1904=is_1904) if form else number_text(found)

    return read


def _value_of(cell: Element) -> str:
    for child in cell:
        if child.tag.endswith("}v"):
            return child.text or ""
    return ""


def _date_text(number: float, form: str, *, is_1904: bool) -> str:
    if form == "duration":
        return duration_text(timedelta(days=number)) if abs(number) < _LAST_SERIAL else str(number)
    if is_1904:
        number += 1462
    if not 0 <= number < _LAST_SERIAL:
        return number_text(number)
    days = number if number >= _FIRST_PLAIN_SERIAL else number + 1
    moment = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(milliseconds=round(days * 86_400_000))
    moment = moment.replace(tzinfo=None)
    if number < 1:
        return moment.time().isoformat()
    return moment.isoformat() if moment.time().isoformat() != "00:00:00" else f"{moment:%Y-%m-%d}"


def _shared_strings(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    items = _children(archive, "xl/sharedStrings.xml", b"sst", b"si")
    return [_rich_text(item) for item in items]


def _rich_text(item: Element) -> str:
    """The text of a string, its formatted runs joined, phonetic hints left out."""
    return _unescaped("".join(_runs(item)))


def _runs(item: Element) -> Iterator[str]:
    for child in item:
        tag = child.tag
        if tag.endswith("}t"):
            yield child.text or ""
        elif tag.endswith(("}r", "}is")):
            yield from _runs(child)


def _unescaped(text: str) -> str:
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _date_forms(archive: zipfile.ZipFile) -> list[str]:
    """For each cell style whether it shows dates (``date``), spans (``duration``) or neither."""
    if "xl/styles.xml" not in archive.namelist():
        return []
    own = {
        _whole(form.get("numFmtId"), -1): form.get("formatCode", "")
        for form in _elements(archive, "xl/styles.xml", "numFmt")
    }
    styles: list[str] = []
    for cell_styles in _elements(archive, "xl/styles.xml", "cellXfs"):
        for style in cell_styles:
            number = _whole(style.get("numFmtId"), 0)
            styles.append(_form_of(number, own.get(number)))
    return styles


def _form_of(number: int, code: str | None) -> str:
    if code is None:
        if number == 46:
            return "duration"
        return "date" if number in _BUILT_IN_DATES else ""
    plain = _NOT_FORM.sub("", code.split(";")[0]).lower()
    if "[h" in plain or "[m" in plain or "[s" in plain:
        return "duration"
    if plain == "general":
        return ""
    return "date" if any(letter in plain for letter in "ymdhs") else ""


def _archive(stream: io.BufferedIOBase) -> zipfile.ZipFile:
    stream.seek(0)
    return zipfile.ZipFile(stream)


def _children(
    archive: zipfile.ZipFile, entry: str, container: bytes, child: bytes
) -> Iterator[Element]:
    """
    The children of a long container, such as the rows of a sheet, about a megabyte at a time.

    Each group of them is put between the root element with the container in it and their ends, and
    parsed as a small document: events for every element of ten million cells would take minutes.
    What comes before the root is cut off, and a document type with it, so no entity can be
    declared; the plain parser of the standard library, several times as fast as the defused one, is
    safe with that.
    """
    with archive.open(entry) as stream:
        try:
            for group in _groups(stream, entry, container, child):
                root = fromstring(group)  # noqa: S314
                found = root if root.tag.endswith(f"}}{container.decode()}") else _last(root)
                yield from found
        except (ParseError, zipfile.BadZipFile, EOFError) as error:
            problem = f"is not an intact workbook ({error})"
            raise RefusalError(problem, _CURE, value=entry) from None


def _last(root: Element) -> Element:
    if not len(root):
        raise RefusalError("is not an intact workbook", _CURE)
    return root[-1]


def _groups(stream: IO[bytes], entry: str, container: bytes, child: bytes) -> Iterator[bytes]:
    """Whole children of a container as small documents of their own."""
    rest = stream.read(_GROUP_BYTES)
    begin = re.search(rb"<((?:[\w.-]+:)?)%s(?:\s[^<>]*)?>" % container, rest)
    root = _ROOT.search(rest)
    if begin is None or root is None:
        raise RefusalError(f"has no {container.decode()} at the beginning", _CURE, value=entry)
    if begin[0].endswith(b"/>"):
        return
    before, prefix = rest[root.start() : begin.end()], begin[1]
    child_end, end = b"</%s%s>" % (prefix, child), b"</%s%s>" % (prefix, container)
    after = end if root.start() == begin.start() else end + b"</%s>" % root["name"]
    rest = rest[begin.end() :]
    while True:
        cut = rest.rfind(child_end) + len(child_end)
        if cut >= len(child_end):
            yield before + rest[:cut] + after
            rest = rest[cut:]
        if end in rest:
            return
        chunk = stream.read(_GROUP_BYTES)
        if not chunk or len(rest) > _LONGEST_CHILD_BYTES:
            raise RefusalError("is not an intact workbook: a part breaks off", _CURE, value=entry)
        rest += chunk


def _elements(archive: zipfile.ZipFile, entry: str, name: str) -> Iterator[Element]:
    """The elements of that local name in a small part of the workbook."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, iterparse

    try:
        with archive.open(entry) as stream:
            parser = DefusedXMLParser(forbid_dtd=True)
            above: list[Element] = []
            for event, element in iterparse(stream, events=("start", "end"), parser=parser):
                if event == "start":
                    above.append(element)
                    if len(above) > _DEEPEST:
                        raise RefusalError("is nested too deeply", _CURE, value=entry)
                    continue
                above.pop()
                if element.tag.rpartition("}")[2] == name:
                    yield element
    except KeyError:
        raise RefusalError(f"lacks its entry {entry}", _CURE) from None
    except (ParseError, DefusedXmlException, zipfile.BadZipFile, EOFError) as error:
        raise RefusalError(f"is not an intact workbook ({error})", _CURE, value=entry) from None


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
