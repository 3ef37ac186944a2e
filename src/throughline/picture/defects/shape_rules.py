"""What is wrong with a table as a table: its header, the width of its rows, rows that are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.columns import Mask, RawColumn, RawTable, shown
from throughline.picture.defects.findings import EXAMPLES_SHOWN, Defect, Example, Severity
from throughline.picture.defects.register import counted, found, rule, thousands
from throughline.picture.defects.roles import Roles

_LEAST_COLUMNS = 3
_LEAST_ROWS = 3
_FEW = 0.05
_NEARLY_ALWAYS = 0.95
_TOTALS = w.names(
    "total totals gesamt gesamtsumme summe endsumme zwischensumme subtotal grand sum somme suma "
    "totale totaal totaux totales somma ergebnis"
)

TITLE_ABOVE_HEADER = rule(
    "title_above_header",
    level="rows",
    about="The first line is a title, or a header of groups, and the names of the columns stand "
    "further down.",
    counts="columns that the first line does not name, of all columns",
    silent="the first line names half of the columns; fewer than 3 columns; fewer than 3 rows; the "
    "columns without a name are empty",
    cure="Remove the lines above the names of the columns and export again.",
    severity=Severity.STOPS,
)
COLUMN_NAMED_TWICE = rule(
    "column_named_twice",
    level="rows",
    about="The same name stands in the header several times: nobody can say which column is meant.",
    counts="columns that share their name with another, of all columns",
    silent="the columns have no name at all",
    cure="Give each column a name of its own in the export.",
    severity=Severity.STOPS,
)
ROW_OF_OTHER_WIDTH = rule(
    "row_of_other_width",
    level="rows",
    about="Rows with more or fewer cells than the header has columns: which cell belongs to which "
    "column cannot be known.",
    counts="rows whose number of cells is not that of the header, of all rows",
    silent="the first line is a title (title_above_header)",
    cure="Look for a delimiter inside a cell that is not quoted, or for a cell that is missing.",
    severity=Severity.STOPS,
)
HEADER_REPEATED = rule(
    "header_repeated",
    level="rows",
    about="The header stands again among the rows, as when pages or files were put together.",
    counts="rows that are equal to the header, of all rows",
    silent="the table has one column",
    cure="Remove these rows; no record stands in them.",
    severity=Severity.DISTORTS,
)
TOTALS_AMONG_ROWS = rule(
    "totals_among_rows",
    level="rows",
    about="A row of totals stands among the rows that it adds up, and would count twice.",
    counts="rows that begin with a word for a total, of all rows",
    silent="more than a twentieth of the rows and more than one begin so; the row fills all the "
    "columns that the others fill: then it is the name of a thing",
    cure="Leave these rows out: in a mapping with [[table.where]], or in the export.",
    severity=Severity.DISTORTS,
)


def shape_rules(roles: Roles) -> Iterator[Defect]:
    """Every finding about the table as a whole."""
    table = roles.profiled.table
    titles = list(_title(table))
    yield from titles or _other_width(table)
    yield from _named_twice(table)
    yield from _header_again(table)
    yield from _totals(table)


def _title(table: RawTable) -> Iterator[Defect]:
    widths = Counter(table.misfits.values())
    widths[len(table.header)] += len(table) - len(table.misfits)
    columns, named = max(widths, default=0), sum(bool(name.strip()) for name in table.header)
    if columns < _LEAST_COLUMNS or len(table) < _LEAST_ROWS or named >= columns / 2:
        return
    unnamed = [c for c, name in zip(table.columns, table.header, strict=True) if not name.strip()]
    if not table.misfits and not any(column.known for column in unnamed):
        return
    said = (
        f"The first line names {named} of {columns} columns: it looks like a title, and the names "
        "of the columns seem to stand below it."
    )
    text = ", ".join(shown(name) for name in table.header if name.strip())
    examples = [Example(None, "", f"first line: {text or 'no name'}")]
    yield found(TITLE_ABOVE_HEADER, table.name, "", columns - named, columns, examples, said)


def _other_width(table: RawTable) -> Iterator[Defect]:
    of, width, count = len(table), len(table.header), len(table.misfits)
    if not count:
        return
    examples = [
        Example(int(table.row_numbers[row]), "", f"{cells} cells for {width} columns")
        for row, cells in list(table.misfits.items())[:EXAMPLES_SHOWN]
    ]
    said = (
        f"{counted(count, 'row has', 'rows have')} more or fewer cells than the header has "
        f"columns, of {thousands(of)}."
    )
    yield found(ROW_OF_OTHER_WIDTH, table.name, "", count, of, examples, said)


def _named_twice(table: RawTable) -> Iterator[Defect]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(table.header, start=1):
        places.setdefault(name.strip().casefold(), []).append(place)
    for name, at in places.items():
        if not name or len(at) == 1:
            continue
        called = table.header[at[0] - 1].strip()
        where = ", ".join(map(str, at))
        said = f'"{shown(called)}" is the name of {len(at)} columns: {where}.'
        examples = [Example(None, shown(called), f"columns {where}")]
        of = len(table.header)
        yield found(COLUMN_NAMED_TWICE, table.name, called, len(at), of, examples, said)


def _header_again(table: RawTable) -> Iterator[Defect]:
    if len(table.columns) < 2 or not len(table):
        return
    again: Mask = np.ones(len(table), np.bool_)
    for column, name in zip(table.columns, table.header, strict=True):
        again &= _where(column, [text.strip() == name.strip() for text in column.texts])
    count, of = int(again.sum()), len(table)
    # A line without a name is no header, and a blank row is not one again.
    if not count or not any(name.strip() for name in table.header):
        return
    examples = table.examples(np.flatnonzero(again).tolist(), table.columns[:2])
    said = f"The header stands again in {counted(count, 'row')} of {thousands(of)}."
    yield found(HEADER_REPEATED, table.name, "", count, of, examples, said)


def _totals(table: RawTable) -> Iterator[Defect]:
    of = len(table)
    if of < _LEAST_ROWS or len(table.columns) < 2:
        return
    rows = _begins_with_total(table) & _lacks_what_others_have(table)
    count = int(rows.sum())
    if not count or (count > 1 and count > _FEW * of):
        return
    examples = table.examples(np.flatnonzero(rows).tolist(), table.columns[:4])
    said = f"{counted(count, 'row')} of {thousands(of)} {_look(count)} of the others."
    yield found(TOTALS_AMONG_ROWS, table.name, "", count, of, examples, said)


def _look(count: int) -> str:
    return "looks like a total" if count == 1 else "look like totals"


def _begins_with_total(table: RawTable) -> Mask:
    """Rows whose first cell that says something is a word for a total."""
    rows: Mask = np.zeros(len(table), np.bool_)
    before: Mask = np.ones(len(table), np.bool_)
    for column in table.columns:
        rows |= before & _where(column, [is_total(text) for text in column.texts])
        before &= column.empty
    return rows


def is_total(text: str) -> bool:
    """Whether a cell says nothing but that its row is a total, in one of several languages."""
    said = w.words_of(text) if len(text) <= len("Zwischensumme gesamt:") else ()
    return bool(said) and set(said) <= _TOTALS


def _lacks_what_others_have(table: RawTable) -> Mask:
    """Rows in which a column is empty that nearly all rows fill."""
    lacking: Mask = np.zeros(len(table), np.bool_)
    for column in table.columns:
        if column.known >= min(_NEARLY_ALWAYS * len(table), len(table) - 1):
            lacking |= column.empty
    return lacking


def _where(column: RawColumn, is_so: Sequence[bool]) -> Mask:
    """Rows whose text is so, said of each distinct text."""
    return np.asarray(is_so, np.bool_)[column.codes]
