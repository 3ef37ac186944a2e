"""
Checks across rows: what each row refers to must be there, nothing may contain itself, ends come
after starts.

A row that fails is set aside, and so is every row that needs it; the first cause is always named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from throughline.connect.intake import Intake, Row
from throughline.errors import RowProblem
from throughline.model import TABLES
from throughline.model.columns import join_key, split_key, subject_of
from throughline.model.door import close_words, near_miss
from throughline.model.spans import SPANS, backward_spans
from throughline.model.working_time import weekday_numbers

Body = dict[str, Any]
Wrong = tuple[str, str, str]  # column, problem, cure

_MOST_CANDIDATES = 4000
_MOST_SEARCHES = 200

_MAY_NOT_BE_EMPTY_SPANS = frozenset({"calendar_exceptions"})


class Known(Protocol):
    """What holds already, from earlier loads: rows may refer to it."""

    def has(self, table: str, key: str) -> bool:
        """Whether there is a record with this key."""
        ...

    def keys(self, table: str) -> Iterable[str]:
        """All keys of a table."""
        ...


class NothingKnown:
    """What holds before the first load."""

    def has(self, table: str, key: str) -> bool:
        """Nothing is there."""
        del table, key
        return False

    def keys(self, table: str) -> Iterable[str]:
        """No keys."""
        del table
        return ()


def cross_check(intake: Intake, known: Known | None = None) -> None:
    """
    Set aside every row that cannot stand beside the others.

    Parameters
    ----------
    intake
        The rows of one load; those that cannot stand are moved out of its tables and reported.
    known
        What holds already, from earlier loads.
    """
    known = known or NothingKnown()
    for table in list(intake.tables):
        _check_rows(intake, table)
    _check_cycles(intake, known)
    # A row that is set aside takes those with it that need it, so look again until nothing moves.
    finder = _Finder(intake, known)
    while sum([finder.check(table) for table in in_order_of_need(intake.tables)]):
        pass


def in_order_of_need(tables: Iterable[str]) -> list[str]:
    """Tables with those first that others refer to."""
    wanted, placed = set(tables), list[str]()

    def place(name: str, above: tuple[str, ...]) -> None:
        if name in placed or name in above:
            return
        for column in TABLES[name].columns:
            if column.refers_to:
                place(column.refers_to, (*above, name))
        placed.append(name)

    for name in TABLES:
        place(name, ())
    return [name for name in placed if name in wanted]


def _check_rows(intake: Intake, table: str) -> None:
    rule = _RULES.get(table)
    if rule is None and table not in SPANS:
        return
    for key, row, body in list(intake.bodies(table)):
        wrongs = [*_wrong_spans(table, body), *(rule(body) if rule else ())]
        if wrongs:
            intake.set_aside(table, key, [_problem(row, body, wrong) for wrong in wrongs])


def _problem(row: Row, body: Mapping[str, Any], wrong: Wrong) -> RowProblem:
    column, problem, cure = wrong
    value = body.get(column)
    text = "" if value is None else str(value)
    return RowProblem(row.tally.name, row.number, column, text, problem, cure)


def _wrong_spans(table: str, body: Body) -> Iterator[Wrong]:
    for start, end in backward_spans(table, body):
        yield end, f"is before {start} ({body[start]})", "Correct one of the two."
    if table in _MAY_NOT_BE_EMPTY_SPANS:
        for start, end in SPANS[table]:
            if body[start] == body[end]:
                yield end, f"is the same as {start}", "Give an end after the start."


def _calendar(body: Body) -> Iterator[Wrong]:
    try:
        ZoneInfo(body["time_zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield "time_zone", "is not an IANA time zone", "Write it like Europe/Berlin or UTC."


def _shift(body: Body) -> Iterator[Wrong]:
    try:
        weekday_numbers(body["weekdays"])
    except ValueError as error:
        yield "weekdays", f"cannot be read: {error}", "Write days like Mon-Fri or Sat,Sun."


def _bom_line(body: Body) -> Iterator[Wrong]:
    if body["parent"] == body["component"]:
        yield "component", "is made of itself", "Remove the line, or correct parent or component."


def _lane(body: Body) -> Iterator[Wrong]:
    if body["source"] == body["target"]:
        yield "target", "is the site it leaves", "Remove the lane, or correct one of its sites."


def _forecast(body: Body) -> Iterator[Wrong]:
    if date.fromisoformat(body["week"]).weekday() != 0:
        yield "week", "is not a Monday", "Give the Monday of the week."


def _relation(body: Body) -> Iterator[Wrong]:
    if body["strength"] not in (0, 1, 3, 9):
        yield "strength", "is not one of 0, 1, 3, 9", "Use the strengths of QFD: 0, 1, 3 or 9."
    if body["source"] == body["target"]:
        yield "target", "is its own source", "An element cannot serve itself."


def _feed(body: Body) -> Iterator[Wrong]:
    if body["table"] not in TABLES:
        yield "table", "is not a table", near_miss(str(body["table"]), TABLES)


def _match(body: Body) -> Iterator[Wrong]:
    if body["table"] not in ("materials", "suppliers"):
        yield "table", "holds nothing that is matched", "Write materials or suppliers."
    elif body["one"] >= body["other"]:
        yield "other", f"does not come after {body['one']}", "Write the smaller of the two as one."


_RULES: dict[str, Callable[[Body], Iterator[Wrong]]] = {
    "calendars": _calendar,
    "sites": _calendar,
    "shifts": _shift,
    "bill_of_materials": _bom_line,
    "transport_lanes": _lane,
    "forecasts": _forecast,
    "strategy_relations": _relation,
    "feeds": _feed,
    "matches": _match,
}


@dataclass(frozen=True, slots=True)
class _Needs:
    """What one column of a table needs: the subjects one of which must exist for a value."""

    columns: tuple[str, ...]
    what: str
    tables: tuple[str, ...]
    subjects: Callable[[tuple[Any, ...]], tuple[str, ...]]


def _needs_of(table: str) -> Iterator[_Needs]:
    for column in TABLES[table].columns:
        if column.refers_to:
            target = column.refers_to
            yield _Needs((column.name,), _spoken(target), (target,), _subjects_in((target,)))
    yield from _FURTHER_NEEDS.get(table, ())


def _subjects_in(tables: tuple[str, ...]) -> Callable[[tuple[Any, ...]], tuple[str, ...]]:
    def subjects(values: tuple[Any, ...]) -> tuple[str, ...]:
        key = join_key(values)
        return tuple(subject_of(table, key) for table in tables)

    return subjects


def _as_written(values: tuple[Any, ...]) -> tuple[str, ...]:
    return (str(values[0]),)


def _spoken(table: str) -> str:
    irregular = {"equipment": "machine", "personnel": "person", "enterprise": "company"}
    return irregular.get(table) or table.removesuffix("s").replace("_", " ")


_STEP = _Needs(("material", "sequence"), "step", ("operations",), _subjects_in(("operations",)))
_FURTHER_NEEDS: dict[str, tuple[_Needs, ...]] = {
    "calendar_exceptions": (
        _Needs(
            ("scope",),
            "calendar, work center or machine",
            ("calendars", "work_centers", "equipment"),
            _subjects_in(("calendars", "work_centers", "equipment")),
        ),
    ),
    "operation_alternatives": (_STEP,),
    "quality_checks": (_STEP,),
    "strategy_relations": (
        _Needs(("source",), "objective or lever", ("objectives", "levers"), _as_written),
        _Needs(("target",), "lever or requirement", ("levers", "requirements"), _as_written),
    ),
}


class _Finder:
    """
    Looks up what rows refer to, and remembers the answers: most rows refer to the same few things.
    """

    def __init__(self, intake: Intake, known: Known) -> None:
        self._intake, self._known = intake, known
        self._searches = 0
        self._near: dict[tuple[tuple[str, ...], str], str] = {}
        self._candidates: dict[tuple[str, ...], list[str]] = {}

    def check(self, table: str) -> int:
        """Set aside the rows of a table that refer to what is not there; how many."""
        rows = self._intake.tables[table]
        index = {column.name: i for i, column in enumerate(TABLES[table].columns)}
        wrong: dict[str, list[RowProblem]] = defaultdict(list)
        for need in _needs_of(table):
            places = [index[name] for name in need.columns]
            is_there: dict[tuple[Any, ...], bool] = {}
            for key, row in rows.items():
                values = tuple(row.values[place] for place in places)
                if values == ("",):
                    continue
                if values not in is_there:
                    is_there[values] = any(map(self._exists, need.subjects(values)))
                if not is_there[values]:
                    wrong[key].append(self._problem(row, need, values))
        for key, problems in wrong.items():
            self._intake.set_aside(table, key, problems)
        return len(wrong)

    def _exists(self, subject: str) -> bool:
        table, _, key = subject.partition("/")
        return key in self._intake.tables.get(table, ()) or self._known.has(table, key)

    def _problem(self, row: Row, need: _Needs, values: tuple[Any, ...]) -> RowProblem:
        text = " ".join(map(str, values))
        column = ", ".join(need.columns)
        for subject in need.subjects(values):
            if cause := self._intake.gone.get(subject):
                problem = f"was set aside ({cause.tally.name} row {cause.number})"
                cure = "Mend that row; this one then stands."
                return RowProblem(row.tally.name, row.number, column, text, problem, cure)
        problem = f"is not a known {need.what}"
        return RowProblem(row.tally.name, row.number, column, text, problem, self._cure(need, text))

    def _cure(self, need: _Needs, text: str) -> str:
        """
        What comes near. Searching is slow, so a file full of unknown names is not searched to its
        end.
        """
        place = (need.tables, text)
        if place not in self._near:
            self._searches += 1
            near = self._search(need, text) if self._searches <= _MOST_SEARCHES else []
            self._near[place] = (
                "Did you mean " + " or ".join(f'"{word}"' for word in near) + "?"
                if near
                else f"Add it to {' or '.join(need.tables)}, or correct the name."
            )
        return self._near[place]

    def _search(self, need: _Needs, text: str) -> list[str]:
        if need.tables not in self._candidates:
            self._candidates[need.tables] = list(self._names(need))
        names = self._candidates[need.tables]
        if len(names) > _MOST_CANDIDATES:
            names = [n for n in names if n[:2] == text[:2] and abs(len(n) - len(text)) < 2]
        return close_words(text, names[:_MOST_CANDIDATES])

    def _names(self, need: _Needs) -> Iterator[str]:
        subjects = [
            subject_of(table, key)
            for table in need.tables
            for keys in (self._known.keys(table), self._intake.tables.get(table, ()))
            for key in keys
        ]
        for subject in sorted(set(subjects)):
            if need.subjects is _as_written:
                yield subject
            else:
                yield " ".join(split_key(subject.partition("/")[2]))


def _check_cycles(intake: Intake, known: Known) -> None:
    """
    Set aside each BOM line that closes a cycle with lines before it or with lines known already.
    """
    lines = intake.tables.get("bill_of_materials")
    if not lines:
        return
    below: dict[str, list[str]] = defaultdict(list)
    for key in sorted(known.keys("bill_of_materials")):
        if key not in lines:
            parent, component, *_ = split_key(key)
            below[parent].append(component)
    arrows = {key: split_key(key)[:2] for key in lines}
    suspects = _on_cycles([*arrows.values(), *((p, c) for p in below for c in below[p])])
    for key, (parent, component) in arrows.items():
        path = _path(below, component, parent) if {parent, component} <= suspects else None
        if path is None:
            below[parent].append(component)
            continue
        row = lines[key]
        cycle = " > ".join([parent, *path])
        problem = RowProblem(
            row.tally.name,
            row.number,
            "component",
            component,
            f"closes a cycle: {cycle}",
            "A material cannot contain itself. Remove this line or one of the others.",
        )
        intake.set_aside("bill_of_materials", key, [problem])


def _on_cycles(arrows: Iterable[tuple[str, ...]]) -> set[str]:
    """
    Materials that may lie on a cycle: what is left when materials without parent or component are
    peeled off.
    """
    pairs = [(a, b) for a, b, *_ in arrows]
    while True:
        sources, targets = {a for a, _ in pairs}, {b for _, b in pairs}
        inner = [(a, b) for a, b in pairs if a in targets and b in sources]
        if len(inner) == len(pairs):
            return sources | targets
        pairs = inner


def _path(below: Mapping[str, list[str]], start: str, goal: str) -> list[str] | None:
    """A way down from ``start`` to ``goal``, both included; None when there is none."""
    came_from: dict[str, str] = {start: ""}
    stack = [start]
    while stack:
        here = stack.pop()
        if here == goal:
            way = [here]
            while came_from[way[-1]]:
                way.append(came_from[way[-1]])
            return way[::-1]
        for component in below.get(here, ()):
            if component not in came_from:
                came_from[component] = here
                stack.append(component)
    return None
