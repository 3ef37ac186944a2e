"""
Files that were whole once: seeds of every format, and what chance makes of them.

Half of the mutations know the format: they put in its own signs where those hurt, repeat whole
pieces, or damage the markup inside a workbook and pack it again. The others know bytes only.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from xlsxwriter import Workbook

HEADER = ("id", "name", "unit", "procurement", "cost_eur", "lead_time_days")
ROWS = tuple(
    (f"M-{n}", f"Welle {n} ø{n} mm", "pcs", "make" if n % 2 else "buy", f"{n}.5", str(n % 9))
    for n in range(1, 25)
)
MOST_BYTES = 2_000_000

TOKENS: dict[str, tuple[bytes, ...]] = {
    "csv": (
        b'"',
        b'""',
        b",",
        b";",
        b"\t",
        b"+|",
        b"\r",
        b"\n",
        b"\r\n",
        b"\0",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xe2\x80\xa8",
        b"'",
        b"=1+1",
        b"1e999",
        b"-",
        b"\x81",
        b"\xc3",
        b"\x1f",
        b'"\n"',
        b"9" * 500,
        b"id,name,id\n",
        b"\x1a",
    ),
    "json": (
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b'"\\ud800"',
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"9" * 500,
        b'"id":',
        b"null",
        b"true",
        b"\0",
        b"\xff",
        b"//",
        b'{"a":{"a":',
        b"[" * 70,
        b'"\\u0000"',
        b"\n",
        b"{}",
    ),
    "xml": (
        b"<",
        b">",
        b"&",
        b"&lt;",
        b"&#0;",
        b"&#x10FFFF;",
        b"<!DOCTYPE a>",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<?a?>",
        b"<a>",
        b"</a>",
        b"<a/>",
        b'a="',
        b"'",
        b"\0",
        b"\xff",
        b'xmlns="b"',
        b"<a " * 70,
        b'encoding="utf-16"',
        b"<!ENTITY a 'b'>",
        b"<r>" * 70,
    ),
    "bytes": (
        b"\0",
        b"\xff",
        b"\x7f",
        b"\x80",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\xff" * 4,
        b"\0" * 8,
    ),
}
SHEET_TOKENS = (
    *TOKENS["xml"],
    b'<c r="XFD1048576"><v>1</v></c>', b'<row r="1048576">', b't="s"', b"<v>99999999</v>",
    b"<v>1e308</v>", b's="9999"', b'r="A0"', b'<row r="-1">', b"<is><t>x</t></is>", b't="b"',
    b'<dimension ref="A1:XFD1048576"/>',
)  # fmt: skip


@dataclass(frozen=True)
class Seed:
    """A whole file: its name, its bytes, and the family of signs that hurts it."""

    name: str
    family: str
    data: bytes


def seeds() -> list[Seed]:
    """The same two dozen materials in every format; each is read without a single problem."""
    table = "\n".join(",".join(row) for row in (HEADER, *ROWS)) + "\n"
    quoted = "\n".join(";".join(f'"{cell}"' for cell in row) for row in (HEADER, *ROWS))
    bars = "".join("+|".join(row) + "\r\n" for row in (HEADER, *ROWS))
    objects = [dict(zip(HEADER, row, strict=True)) for row in ROWS]
    lines = "\n".join(map(json.dumps, objects))
    elements = "".join(
        f'<material id="{row[0]}" unit="{row[2]}"><name>{row[1]}</name><procurement>{row[3]}'
        f"</procurement><cost_eur>{row[4]}</cost_eur></material>"
        for row in ROWS
    )
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n<plant><all>{elements}</all></plant>'
    return [
        Seed("materials.csv", "csv", table.encode()),
        Seed("materials.csv", "csv", quoted.encode("cp1252")),
        Seed("materials.csv", "csv", table.encode("utf-16")),
        Seed("materials.csv", "csv", bars.encode()),
        Seed("materials.csv.gz", "bytes", gzip.compress(table.encode(), mtime=0)),
        Seed("materials.json", "json", json.dumps(objects, indent=1).encode()),
        Seed("materials.json", "json", json.dumps({"plant": {"all": objects}}).encode()),
        Seed("materials.jsonl", "json", lines.encode()),
        Seed("materials.xml", "xml", document.encode()),
        Seed("materials.xml", "xml", document.replace("UTF-8", "cp1252").encode("cp1252")),
        Seed("materials.xlsx", "sheet", workbook(shared=True)),
        Seed("materials.xlsx", "sheet", workbook(shared=False)),
    ]


def workbook(*, shared: bool) -> bytes:
    """The table as an xlsx, its texts in the sheet or in a table of their own."""
    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True, "constant_memory": not shared})
    sheet = book.add_worksheet("any")
    for number, row in enumerate((HEADER, *ROWS)):
        for place, cell in enumerate(row):
            sheet.write_string(number, place, cell)
    book.close()
    return stream.getvalue()


def mutants(chance: Random, count: int) -> Iterator[tuple[str, bytes]]:
    """So many damaged files, each with its name, of every seed alike."""
    whole = seeds()
    for number in range(count):
        seed, other = whole[number % len(whole)], chance.choice(whole)
        yield seed.name, mutated(chance, seed.family, seed.data, other.data)[:MOST_BYTES]


def mutated(chance: Random, family: str, data: bytes, other: bytes) -> bytes:
    """One to four things done to a file."""
    if family == "sheet" and chance.random() < 0.7:
        return _inside(chance, data, other)
    tokens = TOKENS["bytes" if family == "sheet" else family]
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(STEPS)(chance, data, tokens, other)
    return data


def _inside(chance: Random, data: bytes, other: bytes) -> bytes:
    """Damage one entry of a workbook before it is packed again."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([name for name in entries if name.endswith((".xml", ".rels"))])
    for _ in range(chance.randint(1, 4)):
        entries[name] = chance.choice(STEPS)(chance, entries[name], SHEET_TOKENS, other)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content[:MOST_BYTES])
    return stream.getvalue()


Step = Callable[[Random, bytes, tuple[bytes, ...], bytes], bytes]


def _flip(chance: Random, data: bytes, _: tuple[bytes, ...], __: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(chance: Random, data: bytes, _: tuple[bytes, ...], __: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _drop(chance: Random, data: bytes, _: tuple[bytes, ...], __: bytes) -> bytes:
    begin, end = _span(chance, data)
    return data[:begin] + data[end:]


def _repeat(chance: Random, data: bytes, _: tuple[bytes, ...], __: bytes) -> bytes:
    begin, end = _span(chance, data)
    times = chance.choice((2, 3, 10, 100, 1000))
    return data[:begin] + data[begin:end] * times + data[end:]


def _put_token(chance: Random, data: bytes, tokens: tuple[bytes, ...], _: bytes) -> bytes:
    place = chance.randrange(len(data) + 1)
    token = chance.choice(tokens) * chance.choice((1, 1, 1, 2, 100))
    return data[:place] + token + data[place:]


def _overwrite(chance: Random, data: bytes, tokens: tuple[bytes, ...], _: bytes) -> bytes:
    token = chance.choice(tokens)
    place = chance.randrange(len(data) + 1)
    return data[:place] + token + data[place + len(token) :]


def _splice(chance: Random, data: bytes, _: tuple[bytes, ...], other: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _span(chance: Random, data: bytes) -> tuple[int, int]:
    begin = chance.randrange(len(data) + 1)
    return begin, min(len(data), begin + chance.choice((1, 3, 10, 100, 1000)))


STEPS: tuple[Step, ...] = (
    _flip, _flip, _cut, _drop, _repeat, _put_token, _put_token, _put_token, _overwrite, _splice,
)  # fmt: skip
