"""
A file that could not be read as any table yet: its columns and first rows, for somebody to say what
they are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from throughline.connect.intake import FileTally
from throughline.connect.preview import MOST_ROWS, Preview, PreviewColumn, PreviewFile, PreviewRow
from throughline.connect.sheets import has_parts, read_sheet, sheets_in
from throughline.web.pages.data_mapping import columns_read, toml_text
from throughline.web.parked import Parked

MOST_SHEETS = 5


def unmapped(parked: Parked, now: datetime) -> Preview:
    """
    A look at a file with nothing read from it but what stands there.

    Raises
    ------
    FileError
        When not even that can be read.
    """
    rules = _rules(parked)
    files = tuple(_file(parked, rule) for rule in rules)
    return Preview(parked.source, now, files, toml_text({"table": rules}))


def _rules(parked: Parked) -> list[dict[str, Any]]:
    """The rules that were chosen and did not do, or one without a table for each sheet."""
    if parked.mapping:
        found: list[dict[str, Any]] = tomllib.loads(parked.mapping)["table"]
        return found
    parts = [""]
    if has_parts(parked.path):
        parts = [info.part for info in sheets_in(parked.path)[:MOST_SHEETS]]
    return [
        {"name": "", "file": parked.name, **({"part": part} if part else {}), "columns": {}}
        for part in parts
    ]


def _file(parked: Parked, rule: dict[str, Any]) -> PreviewFile:
    part = str(rule.get("part", ""))
    name = f"{parked.name} {part}".strip()
    with read_sheet(parked.path, part=part) as sheet:
        rows = tuple(
            PreviewRow(number, tuple(cells), (), ())
            for number, cells in islice(sheet.rows, MOST_ROWS)
        )
        tally = FileTally(name, rule["name"], supposed=list(sheet.supposed))
        return PreviewFile(tally, sheet.header, tuple(_columns(rule)), rows)


def _columns(rule: dict[str, Any]) -> Iterator[PreviewColumn]:
    for native, entry in rule["columns"].items():
        for source in columns_read(entry) or ("",):
            yield PreviewColumn(source, native, "")
