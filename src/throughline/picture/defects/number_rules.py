"""Numbers that cannot be right: another unit, a negative length, a percentage above 100."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.columns import Codes, Mask
from throughline.picture.defects.findings import Defect, Severity
from throughline.picture.defects.profile import Kind, Profile
from throughline.picture.defects.register import found, rule, thousands
from throughline.picture.defects.roles import Roles
from throughline.picture.defects.values import DAY, Floats, as_moment

LEAST_ROWS = 20
_LEAST_FOR_UNITS = 50
_LEAST_VALUES = 10
_FEW = 0.05
_A_PART = 0.2
_YEARS = 30
_FACTORS = (
    (1000.0, "1000, as between g and kg, mm and m, or Wh and kWh"),
    (60.0, "60, as between seconds and minutes or minutes and hours"),
    (3600.0, "3600, as between seconds and hours"),
    (25.4, "25.4, as between mm and inch"),
    (100.0, "100, as between cents and euros, or percent and fractions"),
    (1_000_000.0, "1,000,000"),
    (10_000.0, "10,000"),
    (100_000.0, "100,000"),
    (10.0, "10, as with a decimal point in the wrong place"),
)
_NEAR = 0.25
_MARKS = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, 9999.0, 99999.0, 999999.0, 9999999.0)

UNIT_SLIP = rule(
    "unit_slip",
    level="rows",
    about="A few values of a column are 10, 25.4, 60, 100, 1000 or 3600 times the rest, or that "
    "part of it: they were written in another unit.",
    counts="rows with such a value, of the rows with a number",
    silent="fewer than 50 numbers or 10 different ones; the name says a rank or a place; more "
    "than a fifth is apart; the others spread so widely that such a value may be right; no empty "
    "band lies between the two; prices are compared within one thing only; all that is apart is "
    "one and the same value",
    cure="Find out the unit of these rows and convert them; never take their mean with the rest.",
    severity=Severity.DISTORTS,
)
NEGATIVE = rule(
    "negative",
    level="rows",
    about="A length of time, a quantity, a weight or a price is below zero.",
    counts="rows below zero, of the rows with a number",
    silent="fewer than 20 numbers; more than one in twenty is negative; the name says a change, a "
    "balance or a deviation, or nothing at all",
    cure="Ask whether it is a return or a correction, and record it as one; else correct the sign.",
    severity=Severity.DISTORTS,
)
PLACEHOLDER = rule(
    "placeholder_number",
    level="rows",
    about="One number far outside of all others, such as -1 or 9999, stands for unknown.",
    counts="rows with that number, of the rows with a number",
    silent="fewer than 20 numbers; it stands there once; other numbers come near it",
    cure="Read it as empty.",
    severity=Severity.DISTORTS,
)
OVER_100 = rule(
    "percentage_over_100",
    level="rows",
    about="A percentage is above 100 or below 0, although nearly all others lie between.",
    counts="rows outside, of the rows with a number",
    silent="fewer than 20 numbers; more than one in twenty is outside: then it is a ratio that may "
    "exceed 100; the name does not say percent",
    cure="Check how it was computed; a share cannot exceed the whole.",
    severity=Severity.DISTORTS,
)
FAR_DATE = rule(
    "date_far_off",
    level="rows",
    about="A date lies decades away from all others, as a wrong year or a mark for unknown does.",
    counts="rows with such a date, of the rows with a date",
    silent="fewer than 20 dates; more than one in twenty is far off; the others spread over more "
    "than 30 years themselves",
    cure="Correct the year; read marks such as 1900-01-01 and 9999-12-31 as empty.",
    severity=Severity.DISTORTS,
)


def number_rules(roles: Roles) -> Iterator[Defect]:
    """Every finding about numbers and far dates."""
    for profile in roles.profiled.of(Kind.NUMBER):
        marks = _placeholders(profile)
        yield from _placeholder(roles, profile, marks)
        yield from _negative(roles, profile, marks)
        yield from _over_100(roles, profile)
        yield from _unit_slip(roles, profile, marks)
    for profile in roles.profiled.of(Kind.MOMENT):
        yield from _far_dates(roles, profile)


def _report(roles: Roles, name: str, profile: Profile, rows: Mask, of: int, said: str) -> Defect:
    table = roles.profiled.table
    examples = table.examples(np.flatnonzero(rows).tolist(), (profile.column,), roles.profiled.key)
    return found(name, table.name, profile.name, int(rows.sum()), of, examples, said)


def _is_identity(profile: Profile) -> bool:
    return bool(set(profile.words) & w.IDENTITY) and not set(profile.words) & w.QUANTITY


def _placeholders(profile: Profile) -> Mask:
    """Distinct texts that are a mark for unknown."""
    values, counts = profile.number_of_text, profile.column.counts
    marks = np.zeros(len(values), np.bool_)
    known = ~np.isnan(values)
    if int(counts[known].sum()) < LEAST_ROWS or _is_identity(profile) or known.sum() < 10:
        return marks
    for mark in _MARKS:
        here = known & (values == mark)
        rest = known & ~here
        count = int(counts[here].sum())
        if count < 2 or not rest.any() or count > 0.5 * counts[known].sum():
            continue
        low, high = float(values[rest].min()), float(values[rest].max())
        if (mark < 0 and low >= 0 and high > 1) or (mark > 0 and high < mark / 10 and low >= 0):
            marks |= here
    return marks


def _placeholder(roles: Roles, profile: Profile, marks: Mask) -> Iterator[Defect]:
    if not marks.any():
        return
    rows = marks[profile.column.codes]
    of = int((~np.isnan(profile.numbers)).sum())
    values = sorted({t for t, m in zip(profile.column.texts, marks, strict=True) if m})
    count = int(rows.sum())
    said = (
        f'"{profile.name}" is {" or ".join(values)} in {thousands(count)} of {thousands(of)} rows '
        "and far from that in all others: a mark for unknown."
    )
    yield _report(roles, PLACEHOLDER, profile, rows, of, said)


def _negative(roles: Roles, profile: Profile, marks: Mask) -> Iterator[Defect]:
    said_words = set(profile.words)
    if not said_words & w.NEVER_NEGATIVE or said_words & w.MAY_BE_NEGATIVE or _is_identity(profile):
        return
    with np.errstate(invalid="ignore"):
        rows = (profile.numbers < 0) & ~marks[profile.column.codes]
    of, count = int((~np.isnan(profile.numbers)).sum()), int(rows.sum())
    if of < LEAST_ROWS or not 0 < count <= _FEW * of:
        return
    said = f'"{profile.name}" is below zero in {thousands(count)} of {thousands(of)} rows.'
    yield _report(roles, NEGATIVE, profile, rows, of, said)


def _over_100(roles: Roles, profile: Profile) -> Iterator[Defect]:
    percent = bool(set(profile.words) & w.PERCENT) or "%" in profile.name
    if not percent or set(profile.words) & w.MAY_BE_NEGATIVE:
        return
    numbers = profile.numbers
    with np.errstate(invalid="ignore"):
        rows = (numbers > 100) | (numbers < 0)
    of, count = int((~np.isnan(numbers)).sum()), int(rows.sum())
    if of < LEAST_ROWS or not 0 < count <= _FEW * of:
        return
    said = f'"{profile.name}" is outside 0 to 100 in {thousands(count)} of {thousands(of)} rows.'
    yield _report(roles, OVER_100, profile, rows, of, said)


# Units


@dataclass(frozen=True, slots=True)
class _Slip:
    rows: Mask
    factor: str
    larger: bool


def _unit_slip(roles: Roles, profile: Profile, marks: Mask) -> Iterator[Defect]:
    if _is_identity(profile) or set(profile.words) & w.ORDINAL or profile.distinct < _LEAST_VALUES:
        return
    numbers = np.where(marks[profile.column.codes], np.nan, profile.numbers)
    with np.errstate(invalid="ignore"):
        positive = numbers > 0
    of = int(positive.sum())
    if of < _LEAST_FOR_UNITS:
        return
    slip = _slip(roles, profile, numbers, positive)
    if slip is None:
        return
    count = int(slip.rows.sum())
    way = "larger" if slip.larger else "smaller"
    said = (
        f'"{profile.name}" is {way} than in all others in {thousands(count)} of {thousands(of)} '
        f"rows, by a factor of about {slip.factor}."
    )
    yield _report(roles, UNIT_SLIP, profile, slip.rows, of, said)


def _slip(roles: Roles, profile: Profile, numbers: Floats, positive: Mask) -> _Slip | None:
    """Values apart from all others, or apart from the others of the same thing."""
    # What one thing costs says nothing about another.
    if not set(profile.words) & w.MONEY and (slip := _apart(numbers, positive)) is not None:
        return slip
    for thing in roles.things:
        codes = thing.column.codes
        if thing is profile or len(codes) < 5 * thing.distinct:
            continue
        slip = _apart(_by_thing(numbers, positive, codes), positive)
        if slip is not None:
            return slip
    return None


def _by_thing(numbers: Floats, positive: Mask, codes: Codes) -> Floats:
    """Numbers as multiples of the median of their thing."""
    rows = np.flatnonzero(positive)
    order = rows[np.lexsort((numbers[rows], codes[rows]))]
    starts = np.flatnonzero(np.concatenate(([True], np.diff(codes[order]) != 0)))
    sizes = np.diff(np.append(starts, len(order)))
    medians = numbers[order][starts + (sizes - 1) // 2]
    relative = np.full(len(numbers), np.nan)
    relative[order] = numbers[order] / np.repeat(medians, sizes)
    return relative


def _apart(numbers: Floats, positive: Mask) -> _Slip | None:
    """The values beyond an empty band, when they are a usual factor away from the others."""
    logs = np.log10(np.sort(numbers[positive]))
    gaps = np.diff(logs)
    n = len(logs)
    for place in np.argsort(gaps)[::-1][:2].tolist():
        above, below = n - place - 1, place + 1
        few, larger = (above, True) if above < below else (below, False)
        if few > _A_PART * n:
            continue
        outer = logs[place + 1 :] if larger else logs[: place + 1]
        inner = logs[: place + 1] if larger else logs[place + 1 :]
        distance = abs(float(np.median(outer) - np.median(inner)))
        # The medians of a few values lie around the factor as far as the values themselves spread.
        near = min(_NEAR, 0.05 + 2.5 * float(np.std(inner)) / float(np.sqrt(few)))
        factor = next((t for f, t in _FACTORS if abs(distance - np.log10(f)) <= near), None)
        if factor is None or not _is_clear(
            inner, outer, float(gaps[place]), distance, larger=larger
        ):
            continue
        limit = 10 ** ((logs[place] + logs[place + 1]) / 2)
        with np.errstate(invalid="ignore"):
            rows = positive & ((numbers > limit) if larger else (numbers < limit))
        return _Slip(rows, factor, larger)
    return None


def _is_clear(inner: Floats, outer: Floats, gap: float, distance: float, *, larger: bool) -> bool:
    """
    Whether the others are close together, the slipped ones are no wider, and the band between is
    far wider than any gap among the others. A single value counts only when it is larger: what is
    measured comes near zero by itself.
    """
    # The one value in a hundred at either end says little of how far the others spread.
    low, high = np.quantile(inner, (0.01, 0.99))
    width, outer_width = float(high - low), float(np.ptp(outer))
    if len(outer) > 2 and outer_width == 0 and width > 0:
        # One and the same value again and again is a mark or a least price, no other unit.
        return False
    if len(outer) > 2 and float(np.std(outer)) > 1.5 * float(np.std(inner)) + 0.02:
        return False
    widest = float(np.max(np.diff(inner))) if len(inner) > 1 else 0.0
    return (
        width <= 0.5 * distance
        and outer_width <= float(np.ptp(inner)) + 0.05
        and gap >= 3 * widest
        and gap >= 0.3
        and (len(outer) > 1 or (larger and width <= 0.3 * distance))
    )


def _far_dates(roles: Roles, profile: Profile) -> Iterator[Defect]:
    moments = profile.moments
    known = moments[~np.isnan(moments)]
    of = len(known)
    if of < LEAST_ROWS:
        return
    with np.errstate(invalid="ignore"):
        rows = np.abs(moments - np.median(known)) > _YEARS * 365.25 * DAY
    near = moments[~rows & ~np.isnan(moments)]
    count = int(rows.sum())
    if not 0 < count <= _FEW * of or np.ptp(near) > _YEARS * 365.25 * DAY:
        return
    years = sorted({as_moment(m).year for m in moments[rows]})
    said = (
        f'"{profile.name}" lies decades off in {thousands(count)} of {thousands(of)} rows: '
        f"{', '.join(str(y) for y in years[:4])}."
    )
    yield _report(roles, FAR_DATE, profile, rows, of, said)
