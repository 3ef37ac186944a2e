"""
Files that mean harm or are broken in ways that matter, made when they are needed.

None of them is ever committed: a scanner would rightly complain. Each is small where it lies.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from dataclasses import dataclass

MIB = 1024 * 1024
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = "id,name\n"


@dataclass(frozen=True)
class Bomb:
    """A file by name, its bytes, and a word that its refusal must hold."""

    name: str
    data: bytes
    said: str


def corpus() -> list[Bomb]:
    """All of them."""
    return [*workbooks(), *xml(), *json(), *text()]


# Workbooks ---------------------------------------------------------------------------------------


def workbook(
    sheet: bytes = b"", *, sheets: str = "", extra: dict[str, bytes] | None = None
) -> dict[str, bytes]:
    """The entries of a small honest xlsx, some replaced."""
    body = (
        sheet
        or (
            f'<worksheet {NS}><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c>'
            "</row></sheetData></worksheet>"
        ).encode()
    )
    entries = {
        "[Content_Types].xml": (
            b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            b'<Default Extension="rels" ContentType='
            b'"application/vnd.openxmlformats-package.relationships+xml"/>'
            b'<Default Extension="xml" ContentType="application/xml"/></Types>'
        ),
        "_rels/.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>"
        ).encode(),
        "xl/workbook.xml": (
            f'<workbook {NS} xmlns:r="{RELATIONS}"><sheets>'
            f"{sheets or one_sheet(1)}</sheets></workbook>"
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
            "</Relationships>"
        ).encode(),
        "xl/worksheets/sheet1.xml": body,
    }
    return {**entries, **(extra or {})}


def one_sheet(number: int) -> str:
    return f'<sheet name="s{number}" sheetId="{number}" r:id="rId1"/>'


def zipped(entries: dict[str, bytes], level: int = 9) -> bytes:
    """Entries as a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return stream.getvalue()


def lying(data: bytes, name: str, size: int) -> bytes:
    """The archive with another unpacked size said of one entry, at both places."""
    changed = bytearray(data)
    encoded = name.encode()
    for magic, size_at, name_at in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        place = -1
        while (place := data.find(magic, place + 1)) >= 0:
            if data[place + name_at : place + name_at + len(encoded)] == encoded:
                changed[place + size_at : place + size_at + 4] = struct.pack("<I", size)
    return bytes(changed)


def encrypted(data: bytes) -> bytes:
    """The archive with the bit set that says its entries are encrypted."""
    changed = bytearray(data)
    for magic, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := data.find(magic, place + 1)) >= 0:
            changed[place + flags_at] |= 1
    return bytes(changed)


def far_cells() -> bytes:
    return (
        f'<worksheet {NS}><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    ).encode()


def ods(content: str) -> bytes:
    spaces = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    body = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>{content}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        "</manifest:manifest>"
    )
    return zipped(
        {
            "mimetype": kind.encode(),
            "content.xml": body.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        }
    )


def workbooks() -> list[Bomb]:
    zeros = bytes(20 * MIB)
    many_sheets = "".join(one_sheet(n) for n in range(1_000_000))
    plain = zipped(workbook())
    sheet = "xl/worksheets/sheet1.xml"
    wide = (
        f'<worksheet {NS}><sheetData><row r="1">' + "<c><v>1</v></c>" * 20_000 + "</row>"
        "</sheetData></worksheet>"
    ).encode()
    dtd = b'<!DOCTYPE a [<!ENTITY b "c">]>' + workbook()[sheet]
    return [
        Bomb("ratio.xlsx", zipped(workbook(extra={"xl/media/a.bin": zeros})), "times its size"),
        Bomb("sheet_of_blanks.xlsx", zipped(workbook(b" " * (20 * MIB))), "times its size"),
        Bomb("million_sheets.xlsx", zipped(workbook(sheets=many_sheets)), "more than 1000 sheets"),
        Bomb("million_entries.xlsx", empty_entries(1_000_000), "more than 5000 entries"),
        Bomb("nested.xlsx", zipped(workbook(extra={"xl/a.zip": plain})), "another archive"),
        Bomb("nested_hidden.xlsx", zipped(workbook(extra={"xl/a.bin": plain})), "another archive"),
        Bomb("lie_small.xlsx", lying(zipped(workbook(zeros)), sheet, 100), "larger than it says"),
        Bomb(
            "lie_plausible.xlsx",
            lying(zipped(workbook(zeros)), sheet, 60_000),
            "larger than it says",
        ),
        Bomb("climbing.xlsx", zipped(workbook(extra={"../../etc/x": b"a"})), "outside of itself"),
        Bomb("absolute.xlsx", zipped(workbook(extra={"/etc/x": b"a"})), "outside of itself"),
        Bomb("twice.xlsx", doubled(), "two entries of one name"),
        Bomb("encrypted.xlsx", encrypted(plain), "encrypted"),
        Bomb("cut.xlsx", plain[: len(plain) // 2], "not an intact workbook"),
        Bomb("no_zip.xlsx", b"id,name\nA,B\n", "not a workbook"),
        Bomb("empty.xlsx", b"", "empty"),
        Bomb("zip_of_nothing.xlsx", zipped({}), "no workbook"),
        Bomb("no_workbook.xlsx", zipped({"readme.txt": b"hello"}), "no workbook"),
        Bomb("far_cells.xlsx", zipped(workbook(far_cells())), "memory"),
        Bomb("wide.xlsx", zipped(workbook(wide)), "20000 cells"),
        Bomb("doctype.xlsx", zipped(workbook(dtd)), "document type"),
        Bomb("cut_sheet.xlsx", zipped(workbook(far_cells()[:-40])), "not an intact workbook"),
        Bomb("old.xls", b"\xd0\xcf\x11\xe0" + bytes(5000), "no workbook"),
        Bomb(
            "repeated.ods",
            ods(
                '<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576">'
                '<table:table-cell table:number-columns-repeated="16384" '
                'office:value-type="float" office:value="1"/></table:table-row></table:table>'
            ),
            "no workbook",
        ),
        Bomb("packed.xlsx.gz", gzip.compress(zipped(workbook(extra={"a": zeros}))), "times its"),
    ]


def empty_entries(count: int) -> bytes:
    """An archive whose directory lists one empty entry a million times, made by hand for speed."""
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    entry = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0
    )
    directory = (entry + b"a") * count
    tail = struct.pack(
        "<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), len(local)
    )
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(local) + len(directory), 1)
    end = struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), len(local), 0
    )
    return local + directory + tail + locator + end


def doubled() -> bytes:
    import warnings

    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(stream, "w") as archive:
            for name, data in workbook().items():
                archive.writestr(name, data)
            archive.writestr("xl/workbook.xml", b"<workbook/>")
    return stream.getvalue()


# XML ---------------------------------------------------------------------------------------------


def xml() -> list[Bomb]:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    rows = "<r><a>1</a></r><r><a>2</a></r>"
    return [
        Bomb(
            "laughs.xml",
            f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]><x><r>&l9;</r></x>'.encode(),
            "document type",
        ),
        Bomb(
            "quadratic.xml",
            f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><x>{"<r>&a;</r>" * 50_000}</x>'.encode(),
            "document type",
        ),
        Bomb(
            "external_file.xml",
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x><r>&a;</r></x>',
            "document type",
        ),
        Bomb(
            "external_address.xml",
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:1/">]><x><r>&a;</r></x>',
            "document type",
        ),
        Bomb(
            "external_dtd.xml",
            f'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><x>{rows}</x>'.encode(),
            "document type",
        ),
        Bomb(
            "parameter_entity.xml",
            b'<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/hostname"> %a;]><x/>',
            "document type",
        ),
        Bomb("undeclared.xml", b"<x><r>&nothing;</r></x>", "well-formed"),
        Bomb("deep.xml", b"<a>" * 100_000 + b"</a>" * 100_000, "elements deep"),
        Bomb("cut.xml", f"<x>{rows}".encode(), "line 1"),
        Bomb("crossed.xml", b"<x>\n<r><a></r></a>\n</x>", "line 2"),
        Bomb(
            "attributes.xml",
            ("<x><r " + " ".join(f'a{n}="1"' for n in range(20_000)) + "/></x>").encode(),
            "20000 attributes",
        ),
        Bomb("long_text.xml", b"<x><r>" + b"a" * (2 * MIB) + b"</r></x>", "characters"),
        Bomb(
            "children.xml",
            ("<x><r>" + "".join(f"<a{n}>1</a{n}>" for n in range(20_000)) + "</r></x>").encode(),
            "10000 paths",
        ),
        Bomb("nul.xml", b"<x><r>a\0b</r></x>", "line 1"),
        Bomb("unknown.xml", b'<?xml version="1.0" encoding="nonsense"?><x/>', "encoding"),
        Bomb("no_encoding.xml", b'<?xml version="1.0" encoding="zlib_codec"?><x/>', "no encoding"),
        Bomb("empty.xml", b"", "empty"),
    ]


# JSON --------------------------------------------------------------------------------------------


def json() -> list[Bomb]:
    return [
        Bomb("deep_lists.json", b"[" * 100_000 + b"]" * 100_000, "too deeply"),
        Bomb("deep_objects.json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too deeply"),
        Bomb("deep_inside.json", b'[{"a":' + b"[" * 80 + b"]" * 80 + b"}]", "too deeply"),
        Bomb("long_number.json", b'[{"a":' + b"1" * (10 * MIB) + b"}]", "number of"),
        Bomb("long_fraction.json", b'[{"a":1.' + b"1" * (10 * MIB) + b"}]", "number of"),
        Bomb("nan.json", b'[{"a":NaN}]', "not a number"),
        Bomb("infinity.json", b'[{"a":-Infinity}]', "not a number"),
        Bomb("twice.json", b'[{"a":1,"a":2}]', "twice"),
        Bomb("twice_outside.json", b'{"a":[{"b":1}],"a":[{"b":2}]}', "twice"),
        Bomb("twice_flat.json", b'[{"a":{"b":1},"a.b":2}]', "twice"),
        Bomb("cut.json", b'[{"a":1},\n{"a"', "line 2"),
        Bomb("more.json", b'[{"a":1}]\n]', "line 2"),
        Bomb("long_text.json", b'[{"a":"' + b"x" * (9 * MIB) + b'"}]', "characters"),
        Bomb("no_objects.json", b"[1,2,3]", "no object"),
        Bomb("just_text.json", b'"hello"', "not JSON of objects"),
        Bomb("nul.json", b'[{"a":"x\0y"}]', "NUL"),
        Bomb(
            "columns.json",
            ("[{" + ",".join(f'"a{n}":1' for n in range(20_000)) + "}]").encode(),
            "columns",
        ),
        Bomb("lines_twice.jsonl", b'{"a":1}\n{"a":1,"a":2}\n', "line 2"),
    ]


# Text --------------------------------------------------------------------------------------------


def text() -> list[Bomb]:
    million = HEAD.encode() + b"A," + b"x" * (2 * MIB) + b"\n"
    return [
        Bomb("nul.csv", HEAD.encode() + b"A,B\nC,\0D\n", "line 3"),
        Bomb("odd_utf16.csv", "id,name\nA,B\n".encode("utf-16") + b"\x41", "UTF-16"),
        Bomb("lone_surrogate.csv", b"\xff\xfe" + b"i\0d\0\n\0\x00\xd8A\0\n\0", "UTF-16"),
        Bomb("bad_mark.csv", b"\xef\xbb\xbfid,name\nA,\xff\xfe\n", "UTF-8"),
        Bomb("ratio.csv.gz", gzip.compress(HEAD.encode() + b"A,B\n" * (10 * MIB)), "times"),
        Bomb("zeros.csv.gz", gzip.compress(bytes(64 * MIB)), "NUL"),
        Bomb("cut.csv.gz", gzip.compress(HEAD.encode() * 1000)[:40], "intact gzip"),
        Bomb("flipped.csv.gz", flipped(gzip.compress(HEAD.encode() * 1000)), "intact gzip"),
        Bomb("no_gzip.csv.gz", b"id,name\n", "intact gzip"),
        Bomb("gzip.csv", gzip.compress(HEAD.encode()), "compressed"),
        Bomb("really.csv", zipped(workbook()), "Excel"),
        Bomb("long_cell.csv", million, "row 2"),
        Bomb("open_quote.csv", HEAD.encode() + b'A,"B\n' + b"C,D\n" * 1000, "row 2"),
        Bomb("wide.csv", b"id," * 20_000 + b"\n", "20001 cells"),
        Bomb("empty.csv", b"", "empty"),
        Bomb("blank.csv", b"\n\n \n", "empty"),
        Bomb("one_line.csv", b"x" * (5 * MIB), "characters"),
    ]


def flipped(data: bytes) -> bytes:
    """One bit of the checksum at the end turned."""
    return data[:-8] + bytes([data[-8] ^ 1]) + data[-7:]
