"""A file on its way in: the form, the look at every column and every problem, the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from throughline.connect.preview import Preview, PreviewFile, PreviewRow
from throughline.errors import RowProblem
from throughline.model import TABLES
from throughline.model.sources import Source
from throughline.web.access import Visitor
from throughline.web.look import Look
from throughline.web.parked import Parked, files_of, kinds_words
from throughline.web.uploads import LARGEST_UPLOAD

MOST_PROBLEMS = 12
_SAMPLES = 3
_LONGEST_SAMPLE = 24
_PLACES_SHOWN = 5
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImportForm:
    """What the form needs to say, and the files of this person that still wait."""

    kinds: str
    largest_mib: int
    sources: tuple[str, ...]
    tables: tuple[str, ...]
    waiting: tuple[Parked, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One native column that a column of a file may become."""

    name: str
    label: str
    is_required: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """
    One column of a file, some of its values, what it becomes and why. ``also`` are further native
    columns that read it.
    """

    field: str
    source: str
    samples: tuple[str, ...]
    choices: tuple[Choice, ...]
    native: str
    also: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it stands in the file, and what is wrong with it; empty when nothing is."""

    text: str
    problem: str
    cure: str


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One row of the file; ``problems`` are about the row as a whole."""

    number: int
    cells: tuple[Cell, ...]
    problems: tuple[RowProblem, ...]

    @property
    def is_wrong(self) -> bool:
        """Whether the row would be set aside."""
        return bool(self.problems) or any(cell.problem for cell in self.cells)


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """The same thing wrong in the same column of several rows."""

    column: str
    problem: str
    cure: str
    count: int
    values: tuple[str, ...]
    rows: tuple[int, ...]
    more: int


@dataclass(frozen=True, slots=True)
class FileView:
    """One file for one table, as the look at it shows it."""

    index: int
    name: str
    table: str
    tables: tuple[tuple[str, str], ...]
    about: str
    refusal: str
    rows: int
    accepted: int
    unchanged: int
    set_aside: int
    left_out: int
    supposed: tuple[str, ...]
    columns: tuple[ColumnChoice, ...]
    fixed: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    header: tuple[str, ...]
    sample: tuple[SampleRow, ...]
    problems: tuple[ProblemGroup, ...]
    more_problems: int


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What would come of a file. ``why_not`` says why it cannot be recorded; empty when it can."""

    files: tuple[FileView, ...]
    rows: int
    accepted: int
    unchanged: int
    set_aside: int
    left_out: int
    is_suggested: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class ResultView:
    """What came of a file that was recorded; ``left_out`` counts rows that were not come to."""

    source: str
    rows: int
    accepted: int
    unchanged: int
    set_aside: int
    left_out: int
    is_complete: bool
    sequence: int
    problems: tuple[ProblemGroup, ...]
    more_problems: int
    tables: tuple[str, ...]


def import_form(look: Look) -> ImportForm:
    """The form, with the sources that were heard of and the tables this person may speak of."""
    return ImportForm(
        kinds=kinds_words(),
        largest_mib=LARGEST_UPLOAD // _MIB,
        sources=tuple(look.plant.records(Source)),
        tables=recordable(look.who),
        waiting=files_of(look.who.username),
    )


def recordable(who: Visitor) -> tuple[str, ...]:
    """The tables that somebody may bring a file of, in the order in which they are declared."""
    return tuple(name for name in TABLES if who.may_record(name))


def preview_page(look: Look, found: Preview) -> PreviewView:
    """The look at a file: counts, columns, first rows, problems."""
    files = tuple(_file(look.who, index, file) for index, file in enumerate(found.files))
    counts = {what: found.total(what) for what in _COUNTS}
    return PreviewView(
        files=files,
        **counts,
        is_suggested=found.is_suggested,
        why_not=_why_not(files, counts["accepted"]),
    )


def result_page(result: dict[str, Any]) -> ResultView:
    """What came of a file, from the report that the load gave."""
    problems = [RowProblem(**error) for file in result["files"] for error in file["errors"]]
    groups = grouped(problems)
    return ResultView(
        source=result["source"],
        rows=result["rows"],
        accepted=result["accepted"],
        unchanged=result["unchanged"],
        set_aside=result["set_aside"],
        left_out=0 if result["complete"] else sum(file["left_out"] for file in result["files"]),
        is_complete=result["complete"],
        sequence=result["sequence"],
        problems=groups[:MOST_PROBLEMS],
        more_problems=max(0, len(groups) - MOST_PROBLEMS),
        tables=tuple(sorted({file["table"] for file in result["files"] if file["table"]})),
    )


def grouped(problems: Iterable[RowProblem]) -> tuple[ProblemGroup, ...]:
    """Problems of one kind in one column as one line, the most frequent first."""
    groups: dict[tuple[str, str, str], list[RowProblem]] = {}
    for problem in problems:
        key = problem.column, problem.problem, problem.cure
        groups.setdefault(key, []).append(problem)
    found = [_group(column, text, cure, of) for (column, text, cure), of in groups.items()]
    return tuple(sorted(found, key=lambda group: -group.count))


_COUNTS = ("rows", "accepted", "unchanged", "set_aside", "left_out")


def _group(column: str, text: str, cure: str, problems: Sequence[RowProblem]) -> ProblemGroup:
    values = dict.fromkeys(problem.value for problem in problems if problem.value)
    rows = sorted(problem.row for problem in problems if problem.row)
    return ProblemGroup(
        column=column,
        problem=text,
        cure=cure,
        count=len(problems),
        values=tuple(values)[:_SAMPLES],
        rows=tuple(rows[:_PLACES_SHOWN]),
        more=max(0, len(rows) - _PLACES_SHOWN),
    )


def _file(who: Visitor, index: int, file: PreviewFile) -> FileView:
    tally = file.tally
    table = TABLES.get(tally.table)
    groups = grouped(tally.errors)
    return FileView(
        index=index,
        name=tally.name,
        table=tally.table,
        tables=tuple((name, TABLES[name].about) for name in recordable(who)),
        about="" if table is None else table.about,
        refusal=_refusal(who, tally.table),
        **{what: getattr(tally, what) for what in _COUNTS},
        supposed=tuple(tally.supposed),
        columns=tuple(_columns(index, file)),
        fixed=tuple((c.native, c.why) for c in file.columns if not c.source),
        missing=_missing(file),
        header=file.header,
        sample=tuple(_row(file, row) for row in file.rows),
        problems=groups[:MOST_PROBLEMS],
        more_problems=max(0, len(groups) - MOST_PROBLEMS),
    )


def _refusal(who: Visitor, table: str) -> str:
    if not table or who.may_record(table):
        return ""
    text = gettext("Your role may not record %(table)s. Ask somebody whose role may.")
    return text % {"table": table}


def _why_not(files: Sequence[FileView], accepted: int) -> str:
    refusals = [file.refusal for file in files if file.refusal]
    if refusals:
        return refusals[0]
    if not any(file.table for file in files):
        return gettext("Choose the table that the rows belong to.")
    if not accepted:
        return nothing_to_record()
    return ""


def nothing_to_record() -> str:
    """The sentence for a file of which nothing would be recorded."""
    return gettext("No row of it says anything new that you could record.")


def _columns(index: int, file: PreviewFile) -> Iterator[ColumnChoice]:
    read: dict[str, list[tuple[str, str]]] = {}
    for column in file.columns:
        for source in column.source.split(", "):
            read.setdefault(source, []).append((column.native, column.why))
    for place, name in enumerate(file.header):
        natives = [(native, why) for native, why in read.get(name, []) if native]
        chosen = natives[0][0] if natives else ""
        why = natives[0][1] if natives else dict(read.get(name, [])).get("", "")
        yield ColumnChoice(
            field=f"column-{index}-{place}",
            source=name,
            samples=_samples(file.rows, place),
            choices=tuple(_choices(file.tally.table, chosen)),
            native=chosen,
            also=tuple(native for native, _ in natives[1:]),
            why=why,
        )


def _choices(table: str, chosen: str) -> Iterator[Choice]:
    for column in TABLES[table].columns if table in TABLES else ():
        yield Choice(column.name, column.about, column.required, column.name == chosen)


def _missing(file: PreviewFile) -> tuple[str, ...]:
    """Required columns of the table that nothing of the file becomes."""
    table = TABLES.get(file.tally.table)
    filled = {column.native for column in file.columns}
    columns = () if table is None else table.columns
    return tuple(c.name for c in columns if c.required and c.name not in filled)


def _samples(rows: Sequence[PreviewRow], place: int) -> tuple[str, ...]:
    found = dict.fromkeys(_short(row.cells[place]) for row in rows if place < len(row.cells))
    return tuple(text for text in found if text)[:_SAMPLES]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_SAMPLE else text[: _LONGEST_SAMPLE - 1] + "…"


def _row(file: PreviewFile, row: PreviewRow) -> SampleRow:
    told: dict[int, RowProblem] = {}
    rest = []
    for problem in row.problems:
        columns = _columns_of(file, problem)
        places = [place for place, name in enumerate(file.header) if name in columns]
        for place in places:
            told.setdefault(place, problem)
        if not places:
            rest.append(problem)
    cells = tuple(
        Cell(text, told[i].problem, told[i].cure) if i in told else Cell(text, "", "")
        for i, text in enumerate(row.cells)
    )
    return SampleRow(row.number, cells, tuple(rest))


def _columns_of(file: PreviewFile, problem: RowProblem) -> set[str]:
    """The columns of the file that a problem with "Qty, Unit -> quantity" or "quantity" means."""
    named = {part.strip() for part in problem.column.split(" -> ")[0].split(",")}
    found = {name for name in file.header if name in named or name.casefold() in named}
    for column in file.columns:
        if column.native in named:
            found |= set(column.source.split(", "))
    return found
