"""
Run the fault tests to their full counts and say what each row measured.

    scripts/faults.py [--row C1,C4] [--seed 7] [--record]

The sheets that the tests leave in build/faults/ are printed as one table; the exit code is not 0
when a row failed, was skipped or did not go to its full count. ``--record`` writes what was
measured into docs/reliability.toml and its page; without it no file of the repository changes.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "faults"
RESULTS = ROOT / "build" / "faults"
DATA = ROOT / "docs" / "reliability.toml"
HELD, NOT_YET = "held", "not yet"

Sheet = Mapping[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a fault test says of itself: its row, its name, and its full and short counts."""

    row: str
    test: str
    full: int
    short: int


def main() -> int:
    """Run, print, and with ``--record`` write; answers the exit code."""
    options = _parser().parse_args()
    wanted = [row for row in options.row.split(",") if row]
    marks = [mark for mark in marks_in(TESTS) if not wanted or mark.row in wanted]
    unknown = sorted(set(wanted) - {mark.row for mark in marks})
    if unknown or not marks:
        sys.stderr.write(f"No fault test of {', '.join(unknown) or 'any row'} in tests/faults.\n")
        return 2
    for mark in marks:
        (RESULTS / f"{mark.row}.json").unlink(missing_ok=True)
    code = _run(options.row, options.seed)
    sheets = {mark.row: _sheets(mark.row) for mark in marks}
    sys.stdout.write("".join(f"{line}\n" for line in table_of(marks, sheets)))
    if options.record:
        _record(marks, sheets)
    return 0 if code == 0 and all(_is_held(m, sheets[m.row].get(m.test)) for m in marks) else 1


def marks_in(folder: Path) -> list[Mark]:
    """The marks of all fault tests of a folder, read from their text, by row."""
    found = [mark for file in sorted(folder.glob("test_*.py")) for mark in _marks_of(file)]
    return sorted(found, key=lambda mark: (mark.row, mark.test))


def with_sheets(rows: Iterable[Row], marks: Iterable[Mark], sheets: Mapping[str, Sheet]) -> None:
    """Enter into the rows what was measured: figure, counts, commit, and whether they are held."""
    by_row: dict[str, list[Mark]] = {}
    for mark in marks:
        by_row.setdefault(mark.row, []).append(mark)
    for row in rows:
        own = by_row.get(row["row"], [])
        measured = [sheet for mark in own if (sheet := sheets[mark.row].get(mark.test))]
        if measured:
            is_held = all(_is_held(mark, sheets[mark.row].get(mark.test)) for mark in own)
            row["status"] = HELD if is_held else NOT_YET
            row["figure"] = "; ".join(filter(None, map(_figure, measured)))
            row["date"] = max(sheet["at"] for sheet in measured)[:10]
            row["commit"] = ", ".join(dict.fromkeys(sheet["commit"] for sheet in measured))
            row["counts"] = {sheet["test"]: sheet["count"] for sheet in measured}


def written(rows: Iterable[Row], head: str) -> str:
    """The data file: its comment, then row by row."""
    return "\n".join([head, *("\n".join(_toml(row)) + "\n" for row in rows)])


def head_of(text: str) -> str:
    """The comment with which the data file begins."""
    return text.partition("\n[[rows]]")[0]


def table_of(marks: Iterable[Mark], sheets: Mapping[str, Mapping[str, Sheet]]) -> Iterator[str]:
    """One line for each test: row, outcome, count, seconds, fsync rate, processor, load, figure."""
    counted = f"{'count':>9} {'full':>9} {'s':>7} {'fsync/s':>9}"
    yield f"{'row':4} {'outcome':8} {counted} cpu  load  figure"
    for mark in marks:
        sheet = sheets[mark.row].get(mark.test)
        if sheet is None:
            yield f"{mark.row:4} {'not run':8} {0:9,} {mark.full:9,}  {mark.test}"
            continue
        on = sheet["machine"]
        rate = f"{on['fsyncs_per_second_before']:,}"
        yield (
            f"{mark.row:4} {sheet['outcome']:8} {sheet['count']:9,} {mark.full:9,} "
            f"{on['seconds']:7,.1f} {rate:>9} {on['cpu_share']:4} {on['load_after']:5} "
            f"{sheet['figure'] or mark.test}"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run the fault tests to their full counts.")
    parser.add_argument("--row", default="", help="rows separated by commas; default: all")
    parser.add_argument("--seed", default="", help="seed of everything random; default: the usual")
    parser.add_argument("--record", action="store_true", help="write the figures into the docs")
    return parser


def _run(row: str, seed: str) -> int:
    environment = {
        **os.environ,
        "THROUGHLINE_FAULTS": "full",
        "THROUGHLINE_FAULTS_ROW": row,
        "THROUGHLINE_FAULTS_SEED": seed,
    }
    command = [sys.executable, "-m", "pytest", "tests/faults", "-m", "faults", "-v"]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603


def _sheets(row: str) -> dict[str, Sheet]:
    file = RESULTS / f"{row}.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def _is_held(mark: Mark, sheet: Sheet | None) -> bool:
    return sheet is not None and sheet["outcome"] == "passed" and sheet["count"] >= mark.full


def _figure(sheet: Sheet) -> str:
    if sheet["outcome"] == "passed":
        return str(sheet["figure"])
    if sheet["count"] >= sheet["full"] and sheet["figure"]:
        return f"a goal was missed: {sheet['figure']}"
    return f"{sheet['test']} failed after {sheet['count']:,} of {sheet['full']:,}"


def _record(marks: list[Mark], sheets: Mapping[str, Mapping[str, Sheet]]) -> None:
    text = DATA.read_text(encoding="utf-8")
    rows = tomllib.loads(text)["rows"]
    with_sheets(rows, marks, sheets)
    DATA.write_text(written(rows, head_of(text)), encoding="utf-8", newline="\n")
    subprocess.run([sys.executable, "docs/generate.py"], cwd=ROOT, check=True)


def _toml(row: Row) -> Iterator[str]:
    # Texts and counts are all there is, and a JSON text is a TOML text.
    yield "[[rows]]"
    for name, value in row.items():
        if isinstance(value, dict):
            inner = ", ".join(f"{key} = {count}" for key, count in value.items())
            yield f"{name} = {{ {inner} }}" if inner else f"{name} = {{}}"
        else:
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}"


def _marks_of(file: Path) -> Iterator[Mark]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for call in getattr(node, "decorator_list", ()):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.faults":
                said = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
                yield Mark(said["row"], node.name, said["full"], said["short"])


if __name__ == "__main__":
    sys.exit(main())
