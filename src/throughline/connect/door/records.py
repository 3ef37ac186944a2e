"""Records that name their own columns, as JSON and XML do, made into one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from throughline.connect.door.limits import Limits
from throughline.connect.door.refusal import RefusalError
from throughline.connect.door.tables import Read, Row, checked_header

Record = tuple[int, dict[str, str]]
_HELD_CHARACTERS = 8_000_000


class EmptyError(RefusalError):
    """There is no record, so there is no header either."""

    def __init__(self) -> None:
        super().__init__("is empty", "Give at least one record with a value in it.")


def table_of(
    part: str,
    records: Callable[[], Iterator[Record]],
    limits: Limits,
    supposed: Sequence[str],
    named: Callable[[list[str]], list[str]] = list,
) -> Read:
    """
    Records as a table whose header is every column of any of them, in order of first appearance.

    The file is read once to know the header and to find what is wrong with it, and again for the
    rows, unless they are few enough to be kept.

    Parameters
    ----------
    records
        Begins anew at each call.
    named
        What the columns are called in the header.
    """
    columns: dict[str, None] = {}
    held: list[Record] | None = []
    characters = 0
    for count, (number, cells) in enumerate(records(), start=1):
        if count > limits.rows:
            problem = f"has more than {limits.rows} rows"
            raise RefusalError(problem, "Split it into several files.", row=number)
        columns.update(dict.fromkeys(cells))
        if len(columns) > limits.columns:
            problem = f"has more than {limits.columns} columns up to row {number}"
            raise RefusalError(problem, "Name a smaller part of it.", row=number)
        characters += sum(map(len, cells.values())) + 64 * len(cells)
        if held is not None:
            held.append((number, cells))
            if characters > _HELD_CHARACTERS:
                held = None
    names = list(columns)
    if not names:
        raise EmptyError
    header = checked_header(named(names), limits)
    rows = _rows(iter(held) if held is not None else records(), names)
    return Read(part, header, rows, list(supposed))


def _rows(records: Iterator[Record], names: Sequence[str]) -> Iterator[Row]:
    for number, cells in records:
        get = cells.get
        yield number, [get(name, "") for name in names]
