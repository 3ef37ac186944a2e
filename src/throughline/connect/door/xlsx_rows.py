"""Large sheets of an xlsx, read row by row in little memory (ECMA-376 part 1, clause 18)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, ParseError

from throughline.connect.door.limits import Limits
from throughline.connect.door.refusal import RefusalError
from throughline.connect.door.tables import Row
from throughline.connect.door.values import duration_text, number_text

_CURE = "Save it again in the spreadsheet program, or export the sheet as CSV."
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_BUILT_IN_DATES = frozenset({*range(14, 23), 27, 28, 29, 30, 31, 36, 45, 46, 47, 50, 57, 58})
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_FORM = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_LAST_SERIAL = 2_958_466  # the day after 9999-12-31
_FIRST_PLAIN_SERIAL = 60  # Lotus took 1900 for a leap year, and so do spreadsheets ever since
_DEEPEST = 64
_LETTERS = {chr(64 + n): n for n in range(1, 27)}


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
        for row in _elements(archive, entry, "row", is_cleared=True):
            number = _whole(row.get("r"), number + 1)
            cells = _filled(row, text_of, limits, number)
            row.clear()
            yield number, cells


def _filled(
    row: Element, text_of: Callable[[Element], str], limits: Limits, number: int
) -> list[str]:
    cells: list[str] = []
    for cell in row:
        place = _column(cell.get("r", "")) or len(cells) + 1
        if place > limits.columns:
            problem = f"has a cell in column {place} of row {number}"
            raise RefusalError(problem, f"At most {limits.columns} columns.", row=number)
        if place > len(cells) + 1:
            cells.extend([""] * (place - 1 - len(cells)))
        if place == len(cells) + 1:
            cells.append(text_of(cell))
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
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _rich_text(cell)
        value = next((child.text or "" for child in cell if child.tag.endswith("}v")), "")
        if kind == "s":
            place = _whole(value, -1)
            return strings[place] if 0 <= place < len(strings) else ""
        if kind == "b":
            return "true" if value == "1" else "false" if value else ""
        if kind == "e":
            return ""  # as the other reader has it: an error is no value
        if kind != "n" or not value:
            return _unescaped(value)
        style = _whole(cell.get("s"), 0)
        form = forms[style] if style < len(forms) else ""
        try:
            number = float(value)
        except ValueError:
            return value
        return _date_text(number, form, is_1904=is_1904) if form else number_text(number)

    return read


def _date_text(number: float, form: str, *, is_1904: bool) -> str:
    if form == "duration":
        return duration_text(timedelta(days=number))
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
    found = []
    for item in _elements(archive, "xl/sharedStrings.xml", "si", is_cleared=True):
        found.append(_rich_text(item))
        item.clear()
    return found


def _rich_text(item: Element) -> str:
    """The text of a string, its formatted runs joined, phonetic hints left out."""
    parts: list[str] = []
    for child in item:
        kind = child.tag.rpartition("}")[2]
        if kind == "t":
            parts.append(child.text or "")
        elif kind in ("r", "is"):
            parts.append(_rich_text(child))
            continue
    return _unescaped("".join(parts)) if item.tag.rpartition("}")[2] != "r" else "".join(parts)


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


def _elements(
    archive: zipfile.ZipFile, entry: str, name: str, *, is_cleared: bool = False
) -> Iterator[Element]:
    """The elements of that local name as they end; with ``is_cleared`` nothing else is kept."""
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
                    if is_cleared and above:
                        above[-1].clear()
    except KeyError:
        raise RefusalError(f"lacks its entry {entry}", _CURE) from None
    except (ParseError, DefusedXmlException, zipfile.BadZipFile, EOFError) as error:
        raise RefusalError(f"is not an intact workbook ({error})", _CURE, value=entry) from None


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
