"""Series: rows that follow one another, so that each knows the next and what is held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from throughline.connect.mapping.filters import tester
from throughline.connect.mapping.rules import SeriesRule
from throughline.connect.mapping.sources import Cells, Context, Getter

NumberedRow = tuple[int, Context]


def in_series(
    rows: Iterable[NumberedRow],
    series: SeriesRule,
    *,
    find: Callable[[str], Getter],
    decimal: str,
    width: int,
    on_left_out: Callable[[], None],
) -> Iterator[NumberedRow]:
    """
    Rows of the series, each one when the row after it is known.

    To each context are added what is held, the number in the series, and the next row's cells.
    ``width`` is the number of the file's own columns; ``on_left_out`` is called for rows that
    belong to no series.
    """
    keys = [find(source) for source in series.of]
    tests = [tester(condition, find(condition.column), decimal) for condition in series.filters]
    note = _note_taker(series, find)
    waiting: dict[tuple[str, ...], NumberedRow] = {}
    numbers: dict[tuple[str, ...], int] = {}
    for number, context in rows:
        key = tuple(get(context) for get in keys)
        held = note(key, context)
        if not all(test(context) for test in tests):
            on_left_out()
            continue
        if before := waiting.get(key):
            yield _followed(before, context[0])
        numbers[key] = numbers.get(key, 0) + 1
        waiting[key] = number, [*context, held, [str(numbers[key])]]
    for last in waiting.values():
        yield _followed(last, [""] * width)


def _followed(row: NumberedRow, after: Cells) -> NumberedRow:
    number, context = row
    return number, [*context, after]


def _note_taker(
    series: SeriesRule, find: Callable[[str], Getter]
) -> Callable[[tuple[str, ...], Context], Cells]:
    """What notes the wanted values of each series as they are said, and tells what holds."""
    held = series.held
    if held is None:
        return lambda _, __: ()
    name, value = find(held.name), find(held.value)
    places = {wanted: place for place, wanted in enumerate(held.only)}
    nothing = ("",) * len(places)
    holds: dict[tuple[str, ...], tuple[str, ...]] = {}

    def note(key: tuple[str, ...], context: Context) -> Cells:
        now = holds.get(key, nothing)
        place = places.get(name(context))
        if place is not None:
            now = holds[key] = (*now[:place], value(context), *now[place + 1 :])
        return now

    return note
