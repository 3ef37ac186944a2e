"""Series: what runs back, what is missing, what is said to be missing, what never varies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.backwards_rules import LOCAL_TIME, OUT_OF_ORDER, backwards
from throughline.picture.defects.columns import shown
from throughline.picture.defects.findings import Defect, Severity
from throughline.picture.defects.gap_rules import days_without_rows, missing_steps
from throughline.picture.defects.profile import Kind
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import Roles, in_order
from throughline.picture.defects.series import LEAST_ROWS, is_recorded, runs_of

_THINGS_NAMED = 10
_LONG_SERIES = 100

SAID_ABSENT = rule(
    "said_to_be_absent",
    level="rows",
    about="A column says which rows are absent, missing or lost.",
    counts="rows that say so, of the rows of the same thing where there is a thing",
    silent="the column is no yes or no, no row says so, or most rows do",
    cure="Fetch what is missing; until then treat sums over these things as too low.",
    severity=Severity.HIDES,
)
NEVER_VARIES = rule(
    "never_varies",
    level="rows",
    about="A measured value is the same in every row of a series, or a value that differs from "
    "thing to thing, such as a lead time or duration, is the same for all.",
    counts="rows with the value, of all rows",
    silent="the name says a limit, a target or a setting; fewer than 100 rows in a series, fewer "
    "than 20 in other tables; outside of a series everything but lead times and durations, for a "
    "constant may well be right",
    cure="Check whether it is measured at all; leave it out of every analysis until it is.",
    severity=Severity.HIDES,
)


def series_rules(roles: Roles) -> Iterator[Defect]:
    """Every finding about series."""
    series = roles.series
    if series is not None:
        back = list(backwards(roles, series))
        yield from back
        # Rows in a wrong place leave a gap where they belong: that is one defect, not two.
        if all(defect.rule in {OUT_OF_ORDER, LOCAL_TIME} for defect in back):
            yield from missing_steps(roles, series)
    yield from days_without_rows(roles)
    yield from _said_absent(roles)
    yield from _never_varies(roles)


def _said_absent(roles: Roles) -> Iterator[Defect]:
    table = roles.profiled.table
    for flag in roles.profiled.of(Kind.BOOLEAN):
        if not set(flag.words) & w.ABSENT:
            continue
        says = flag.trues
        if not says.any() or says.mean() > 0.5:
            continue
        thing = next(
            (r.profile for r in roles.resources if 1 < r.profile.distinct <= len(table) / 10), None
        )
        if thing is None:
            thing = next((p for p in roles.labels if p.kind is Kind.LABEL and p is not flag), None)
        codes = thing.column.codes if thing is not None else np.zeros(len(table), np.int32)
        lacking = np.unique(codes[says])
        if len(lacking) > _THINGS_NAMED:
            codes, lacking, thing = np.zeros(len(table), np.int32), np.zeros(1, np.int32), None
        for code in lacking.tolist():
            mine = codes == code
            rows = np.flatnonzero(mine & says)
            name = thing.column.texts[code] if thing is not None else ""
            whose = f"{name}: " if name else ""
            said = (
                f"{whose}{thousands(len(rows))} of {thousands(int(mine.sum()))} rows are said to "
                f'be missing in "{flag.name}".'
            )
            shown_in = [c for c in table.columns if c is not flag.column][:3]
            examples = table.examples(rows.tolist(), shown_in, thing.column if thing else None)
            yield found(
                SAID_ABSENT, table.name, flag.name, len(rows), int(mine.sum()), examples, said
            )


_BOUNDS = (("min",), ("max",))
_DIFFERS = w.LEAD_TIME | w.DURATION


def _never_varies(roles: Roles) -> Iterator[Defect]:
    table, of = roles.profiled.table, len(roles.profiled.table)
    in_series = _has_sequence(roles) and of >= _LONG_SERIES
    for profile in roles.profiled.profiles:
        if profile.distinct != 1 or profile.column.known < of or of < LEAST_ROWS:
            continue
        number = profile.number_of_text[~np.isnan(profile.number_of_text)]
        said = set(profile.words)
        measured = (
            in_series and len(number) == 1 and number[0] not in {0.0, 1.0} and not said & w.SETTING
        )
        expected = (
            profile.words[:1] not in _BOUNDS
            and len(number) == 1
            and bool(said & _DIFFERS)
            and not said & w.IDENTITY
        )
        if not (measured or expected):
            continue
        text = next(
            t for t, n in zip(profile.column.texts, profile.column.null_texts, strict=True) if not n
        )
        statement = f'"{profile.name}" is {shown(text)} in all {thousands(of)} rows.'
        example = table.examples([0], (profile.column,), roles.profiled.key)
        yield found(NEVER_VARIES, table.name, profile.name, of, of, example, statement)


def _has_sequence(roles: Roles) -> bool:
    """Whether rows are repeated measurements: along time, or along a count that runs per thing."""
    if roles.series is not None and is_recorded(roles.series, runs_of(roles.series)):
        return True
    numbers = [p for p in roles.profiled.of(Kind.NUMBER) if p.is_whole and p.share == 1]
    measured = [p for p in roles.profiled.of(Kind.NUMBER) if not p.is_whole]
    if len(measured) < 3:
        return False
    for thing in numbers:
        if not 1 < thing.distinct <= len(roles.profiled.table) / 10:
            continue
        for count in numbers:
            if (
                count is not thing
                and in_order(count.numbers, thing.column.codes) == 1.0
                and (count.distinct > 10)
            ):
                return True
    return False
