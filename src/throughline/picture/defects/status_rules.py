"""A status that says something else than the dates of its row."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.columns import Mask
from throughline.picture.defects.findings import Defect, Severity
from throughline.picture.defects.order_rules import reversed_rows
from throughline.picture.defects.profile import Profile
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import MomentRole, Roles, status_words
from throughline.picture.defects.values import DAY

LEAST_ROWS = 10
_FEW = 0.1

HIDES_LATE = rule(
    "status_hides_late",
    level="rows, plant",
    about="Rows whose status says they are simply done ended later than planned, although another "
    "status is there for what is late.",
    counts="rows called done that ended late, of the rows called done with both ends",
    silent="no status of the column means late, fewer than 10 rows are called done, or there is no "
    "planned end beside the actual one",
    cure="Compute lateness from the dates and not from the status.",
    severity=Severity.HIDES,
)
LATE_ON_TIME = rule(
    "status_late_on_time",
    level="rows",
    about="Rows whose status says late ended no later than planned.",
    counts="rows called late that ended in time, of the rows called late with both ends",
    silent="fewer than 10 rows are called late, or more than half of them ended in time",
    cure="Compute lateness from the dates and not from the status.",
    severity=Severity.UNTIDY,
)
DONE_WITHOUT_END = rule(
    "done_without_end",
    level="rows, plant",
    about="The status says done, and nothing says when.",
    counts="rows called done without an end, of the rows called done",
    silent="fewer than 10 rows are called done, or more than a tenth of them have no end: then the "
    "column is not kept",
    cure="Have the end recorded, or take the status back.",
    severity=Severity.DISTORTS,
)
OPEN_WITH_END = rule(
    "open_with_end",
    level="rows, plant",
    about="The status says open or running, and the row has an end.",
    counts="rows called open with an end, of the rows called open",
    silent="fewer than 10 rows are called open, or more than a tenth of them have an end: then the "
    "end is written on all rows of a thing afterwards",
    cure="Close it, or take the end back.",
    severity=Severity.DISTORTS,
)
WAITING_STARTED = rule(
    "waiting_but_started",
    level="rows",
    about="The status says that work has not begun, and the row has an actual start.",
    counts="rows called waiting with an actual start, of the rows called waiting",
    silent="fewer than 10 rows are called waiting, or more than a tenth of them have a start",
    cure="Correct the status or the start.",
    severity=Severity.DISTORTS,
)


def status_rules(roles: Roles) -> Iterator[Defect]:
    """Every finding about every column of statuses."""
    for status in roles.statuses:
        yield from _lateness(roles, status)
        for end in _actual(roles, "end"):
            yield from _end_and_status(roles, status, end)
        for start in _actual(roles, "start"):
            if start.aspect == "actual":
                rows = _rows_that(status, _is_waiting)
                yield from _seldom(
                    roles,
                    WAITING_STARTED,
                    status,
                    start.profile,
                    rows,
                    known=True,
                    said="{has} an actual start",
                )


def _actual(roles: Roles, phase: str) -> list[MomentRole]:
    """Columns that say when something really began or ended, the one named actual alone if any."""
    named = [m for m in roles.moments if m.phase == phase and m.aspect != "planned"]
    return [m for m in named if m.aspect == "actual"] or named


def _rows_that(status: Profile, means: Callable[[frozenset[str]], bool]) -> Mask:
    texts = status.column.texts
    says = np.fromiter((means(status_words(t)) for t in texts), np.bool_, len(texts))
    return says[status.column.codes]


_NOT = frozenset(
    {"not", "un", "nicht", "no", "in", "partially", "teilweise", "partly", "incomplete"}
)


def is_done(said: frozenset[str]) -> bool:
    """Whether the words of a status mean done, and nothing about late."""
    return bool(said & w.DONE) and not said & (w.LATE | _NOT)


def is_late(said: frozenset[str]) -> bool:
    """Whether the words of a status mean late."""
    return bool(said & w.LATE) and not said & _NOT


def _is_open(said: frozenset[str]) -> bool:
    return bool(said & w.OPEN) and not said & (w.DONE | _NOT)


def _is_waiting(said: frozenset[str]) -> bool:
    return bool(said & w.WAITING) and not said & (w.DONE | _NOT)


def _lateness(roles: Roles, status: Profile) -> Iterator[Defect]:
    late, done = _rows_that(status, is_late), _rows_that(status, is_done)
    if not late.any() or not done.any():
        return
    for planned, actual in _planned_and_actual_ends(roles):
        plan, end = planned.profile, actual.profile
        both = ~(np.isnan(plan.moments) | np.isnan(end.moments))
        after = reversed_rows(end, plan)
        hidden, of = done & after, int((done & both).sum())
        if hidden.any() and of >= LEAST_ROWS:
            yield _contradiction(
                roles,
                HIDES_LATE,
                status,
                (plan, end),
                hidden,
                of,
                f"ended later than planned, although {_called(status, late)} is there for it",
            )
        wrong, of = late & both & ~after, int((late & both).sum())
        if wrong.any() and of >= LEAST_ROWS and wrong.sum() <= of / 2:
            yield _contradiction(
                roles, LATE_ON_TIME, status, (plan, end), wrong, of, "ended in time"
            )


def _planned_and_actual_ends(roles: Roles) -> Iterator[tuple[MomentRole, MomentRole]]:
    ends = [m for m in roles.moments if m.phase == "end" or m.step >= 40 or m.aspect == "planned"]
    for planned in ends:
        for actual in ends:
            same = planned.base == actual.base or not planned.base or not actual.base
            if (
                planned.aspect == "planned"
                and planned.phase != "start"
                and same
                and (actual.aspect != "planned" and actual.phase != "start")
            ):
                yield planned, actual


def _called(status: Profile, rows: Mask) -> str:
    names = sorted({status.column.texts[c] for c in np.unique(status.column.codes[rows])})
    return " or ".join(f'"{name.strip()}"' for name in names[:3])


def _contradiction(
    roles: Roles,
    name: str,
    status: Profile,
    beside: tuple[Profile, ...],
    rows: Mask,
    of: int,
    said: str,
) -> Defect:
    table, count = roles.profiled.table, int(rows.sum())
    examples = table.examples(
        np.flatnonzero(rows).tolist(),
        (status.column, *(p.column for p in beside)),
        roles.profiled.key,
    )
    statement = (
        f'{thousands(count)} of {thousands(of)} rows that "{status.name}" calls '
        f"{_called(status, rows)} {said}."
    )
    return found(name, table.name, status.name, count, of, examples, statement)


def _end_and_status(roles: Roles, status: Profile, end: MomentRole) -> Iterator[Defect]:
    done, still = _rows_that(status, is_done), _rows_that(status, _is_open)
    yield from _seldom(
        roles,
        DONE_WITHOUT_END,
        status,
        end.profile,
        done,
        known=False,
        said=f'{{has}} no "{end.profile.name}"',
    )
    yield from _seldom(
        roles,
        OPEN_WITH_END,
        status,
        end.profile,
        still,
        known=True,
        said=f'{{has}} a "{end.profile.name}"',
    )


def _seldom(
    roles: Roles,
    name: str,
    status: Profile,
    moment: Profile,
    called: Mask,
    *,
    known: bool,
    said: str,
) -> Iterator[Defect]:
    of = int(called.sum())
    rows = called & (~moment.column.empty if known else moment.column.empty)
    if known:
        # An end at the edge of time, such as 9999-12-31, means that there is none.
        rows &= ~(moment.moments > 100 * 365 * DAY)
    count = int(rows.sum())
    if of < LEAST_ROWS or not 0 < count <= _FEW * of:
        return
    text = said.format(has="has" if count == 1 else "have")
    yield _contradiction(roles, name, status, (moment,), rows, of, text)
