"""
A million rows through the parse door, against the csv module alone on the same file.

The peer only splits lines in the process that asks: it bounds nothing, finds out no encoding and
dies with its file. Ours reads in a process of its own; its peak memory is held against the bound.
A sheet of two columns fits into memory as a whole; one of ten columns is read row by row.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from _figure import ROOT, Figure, figure, in_turns, seconds, tell

sys.path.insert(0, str(ROOT / "src"))

from xlsxwriter import Workbook

from throughline.connect import doorkeeper
from throughline.connect.door.limits import MIB, Limits
from throughline.connect.sheets import read_sheet

BOUND_MIB = Limits().memory_bytes / MIB
START_FILES = 30


def main() -> None:
    """CSV, two widths of xlsx, JSON lines and XML, and what one small file costs."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, figures = Path(name), []
        plain = write_csv(folder / "peer.csv", given.rows, 10)
        for title, write, columns in (
            ("csv, 10 columns", write_csv, 10),
            ("xlsx, 2 columns", write_xlsx, 2),
            ("xlsx, 10 columns", write_xlsx, 10),
            ("JSON lines, 10 columns", write_json_lines, 10),
            ("XML, 10 columns", write_xml, 10),
        ):
            suffix = {write_csv: "csv", write_xlsx: "xlsx", write_xml: "xml"}.get(write, "jsonl")
            path = write(folder / f"ours.{suffix}", given.rows, columns)
            figures += measured(title, path, plain, given.rows, given.runs)
            path.unlink()
        figures.append(many_small(folder))
        tell(f"{given.rows:,} rows through the door", figures)


def measured(title: str, path: Path, peer: Path, rows: int, runs: int) -> list[Figure]:
    """Rows a second against the peer's, and the reader's peak against its bound."""
    peaks: list[float] = []
    # A sheet of ten columns takes a minute; one run of it says enough.
    runs = runs if path.suffix == ".csv" else 1

    def ours() -> float:
        return seconds(lambda: peaks.append(through_the_door(path, rows)))

    def theirs() -> float:
        return seconds(lambda: alone(peer, rows))

    taken, plain = in_turns(ours, theirs, runs=runs)
    note = f"{rows / min(taken):,.0f} rows a second"
    return [
        figure(title, taken, "s", "csv.reader on a csv of 10 columns", plain, note),
        figure(f"peak of its reader, {title}", peaks, "MiB", "bound", [BOUND_MIB]),
    ]


def through_the_door(path: Path, rows: int) -> float:
    """Read a file in a fresh process; its peak in MiB."""
    doorkeeper.end_idle_readers()
    sheet = read_sheet(path)
    pid = sheet._visit._process.pid  # noqa: SLF001
    peak, count = 0.0, 0
    for count, _ in enumerate(sheet.rows, start=1):
        if count % 100_000 == 1:
            peak = max(peak, peak_of(pid))
    assert count == rows
    return max(peak, peak_of(pid))


def peak_of(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((one for one in status.splitlines() if one.startswith("VmHWM")), "VmHWM 0")
    return int(line.split()[1]) / 1024


def alone(path: Path, rows: int) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        assert sum(1 for _ in reader) == rows


def many_small(folder: Path) -> Figure:
    """What a file of one row costs when many are read one after another, in a fresh process."""
    for number in range(START_FILES):
        (folder / f"small{number}.csv").write_text("id,name\nA,B\n")

    def ours() -> float:
        doorkeeper.end_idle_readers()
        return seconds(lambda: [small(folder / f"small{n}.csv") for n in range(START_FILES)])

    def theirs() -> float:
        return seconds(lambda: [alone(folder / f"small{n}.csv", 1) for n in range(START_FILES)])

    taken, plain = in_turns(ours, theirs, runs=5)
    each = f"{1000 * min(taken) / START_FILES:.1f} ms each, start of the reader included"
    return figure(f"{START_FILES} files of one row", taken, "s", "csv.reader", plain, each)


def small(path: Path) -> None:
    assert len(list(read_sheet(path).rows)) == 1


def cells(rows: int, columns: int) -> Callable[[], Iterator[list[float | str]]]:
    chance = Random(7)

    def one_after_another() -> Iterator[list[float | str]]:
        for _ in range(rows):
            yield [
                f"text {chance.randrange(1000)}" if place % 2 else chance.randrange(10**6) / 100
                for place in range(columns)
            ]

    return one_after_another


def header(columns: int) -> list[str]:
    return [f"column_{place}" for place in range(columns)]


def write_csv(path: Path, rows: int, columns: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header(columns))
        writer.writerows(cells(rows, columns)())
    return path


def write_xlsx(path: Path, rows: int, columns: int) -> Path:
    with Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, header(columns))
        for number, row in enumerate(cells(rows, columns)(), start=1):
            sheet.write_row(number, 0, row)
    return path


def write_json_lines(path: Path, rows: int, columns: int) -> Path:
    names = header(columns)
    with path.open("w", encoding="utf-8") as file:
        for row in cells(rows, columns)():
            inner = ", ".join(
                f'"{name}": {cell}' if isinstance(cell, float) else f'"{name}": "{cell}"'
                for name, cell in zip(names, row, strict=True)
            )
            file.write("{" + inner + "}\n")
    return path


def write_xml(path: Path, rows: int, columns: int) -> Path:
    names = header(columns)
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<rows>\n')
        for row in cells(rows, columns)():
            inner = " ".join(f'{name}="{cell}"' for name, cell in zip(names, row, strict=True))
            file.write(f"<row {inner}/>\n")
        file.write("</rows>\n")
    return path


if __name__ == "__main__":
    main()
