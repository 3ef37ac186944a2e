"""
Which part a column plays: start or end, planned or actual, a step of buying, a person, a machine, a
status, the axis of time, the thing a series is about. By name first; contents then confirm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.columns import Codes
from throughline.picture.defects.profile import Kind, Profile, Profiled
from throughline.picture.defects.values import Floats

_LEAST_SHARE_IN_ORDER = 0.97
_SHORT_STATUS = 30


@dataclass(frozen=True)
class MomentRole:
    """
    What a column of moments is by its name.

    ``phase`` is start, end or empty; ``aspect`` planned, actual or empty; ``step`` the place among
    the steps of buying and selling, 0 for none; ``base`` what is left of its name.
    """

    profile: Profile
    phase: str
    aspect: str
    step: int
    base: frozenset[str]


@dataclass(frozen=True)
class Resource:
    """A column of people or machines: ``role`` is person, machine or resource."""

    profile: Profile
    role: str


@dataclass(frozen=True)
class Series:
    """
    The axis of time of a table and what each series is about.

    ``groups`` gives per row the number of its thing, all 0 when the table is one series.
    """

    axis: Profile
    thing: Profile | None
    groups: Codes


@dataclass(frozen=True)
class Roles:
    """The parts that the columns of one table play."""

    profiled: Profiled

    @cached_property
    def moments(self) -> tuple[MomentRole, ...]:
        """Columns of moments with their part."""
        return tuple(moment_role(p) for p in self.profiled.of(Kind.MOMENT))

    @cached_property
    def spans(self) -> tuple[tuple[MomentRole, MomentRole], ...]:
        """Pairs of start and end that belong together, by their names or else by contents."""
        if self.says_nothing:
            return spans_by_contents(self.moments)
        starts = [m for m in self.moments if m.phase == "start"]
        ends = [m for m in self.moments if m.phase == "end"]
        return tuple(
            (start, end)
            for start in starts
            for end in ends
            if _belong(start, end, lonely=len(starts) == 1 and len(ends) == 1)
        )

    @cached_property
    def says_nothing(self) -> bool:
        """Whether no name of a column of moments says what part it plays."""
        return not any(m.phase or m.aspect or m.step for m in self.moments)

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """At most one column each of people, machines and resources: the one named most plainly."""
        found = []
        for role, names in (
            ("person", w.PERSON),
            ("machine", w.MACHINE),
            ("resource", w.RESOURCE),
        ):
            named = [p for p in self.profiled.profiles if _names_things(p, names)]
            if named:
                found.append(Resource(min(named, key=lambda p: len(p.words)), role))
        return tuple(found)

    @cached_property
    def things(self) -> tuple[Profile, ...]:
        """Columns that say which machine, person, item or quantity a row is about."""
        items = [p for p in self.profiled.profiles if _names_things(p, w.THING)]
        return (*items, *(r.profile for r in self.resources))

    @cached_property
    def statuses(self) -> tuple[Profile, ...]:
        """Columns that say how far a thing is."""
        return tuple(
            p
            for p in self.profiled.of(Kind.LABEL)
            if p.distinct <= _SHORT_STATUS and (_has(p, w.STATUS) or _says_status(p))
        )

    @cached_property
    def labels(self) -> tuple[Profile, ...]:
        """Columns that sort the rows into few groups."""
        return tuple(
            p
            for p in self.profiled.profiles
            if (p.kind in {Kind.LABEL, Kind.BOOLEAN} or (p.kind is Kind.NUMBER and p.is_whole))
            and 1 < p.distinct <= max(20, len(self.profiled.table) // 20)
        )

    @cached_property
    def series(self) -> Series | None:
        """The axis of time along which rows stand, and the column of things if there is one."""
        return find_series(self)


_WITHIN = 0.98
_SHORT = 0.05
_LONGEST_SPAN = 30 * 86_400.0


def spans_by_contents(
    moments: tuple[MomentRole, ...],
) -> tuple[tuple[MomentRole, MomentRole], ...]:
    """
    Neighbouring columns of moments of which the second is hardly ever before the first and mostly a
    little after it, a little being short of a twentieth of what the table covers.
    """
    pairs, place = [], 0
    while place + 1 < len(moments):
        first, second = moments[place], moments[place + 1]
        if _is_span(first.profile.moments, second.profile.moments):
            pairs.append((first, second))
            place += 1
        place += 1
    return tuple(pairs)


def _is_span(starts: Floats, ends: Floats) -> bool:
    both = ~(np.isnan(starts) | np.isnan(ends))
    if both.sum() < max(30, len(both) / 2):
        return False
    lengths, covered = (ends - starts)[both], np.ptp(starts[both])
    longest = min(_SHORT * covered, _LONGEST_SPAN)
    usual = float(np.median(lengths))
    return bool(np.mean(lengths >= 0) >= _WITHIN and 0 < usual <= longest)


def moment_role(profile: Profile) -> MomentRole:
    """The part of a column of moments by the words of its name."""
    said = frozenset(profile.words)
    step = max((w.STEPS[word] for word in said if word in w.STEPS), default=0)
    if said & w.SENT and said & w.TO_SUPPLIER:
        step = 20
    elif w.STEPS.get("pq") == step and said & w.SENT:
        step = 10
    phase = "start" if said & w.START else "end" if said & w.END else ""
    if said & w.START and said & w.END:
        phase = "start" if profile.words[0] in w.START else "end"
    aspect = "planned" if said & w.PLANNED else "actual" if said & w.ACTUAL else ""
    if step:
        phase = ""
    base = said - w.GENERIC - w.START - w.END - w.PLANNED - w.ACTUAL - w.SENT
    return MomentRole(profile, phase, aspect, step, base)


def _belong(start: MomentRole, end: MomentRole, *, lonely: bool) -> bool:
    aspects = {start.aspect, end.aspect}
    if aspects == {"planned", "actual"}:
        return False
    if start.aspect == end.aspect:
        return start.base == end.base or lonely
    # A planned end comes after an actual start only when all goes well: that is lateness, no error.
    return lonely and "planned" not in aspects


def _has(profile: Profile, names: frozenset[str]) -> bool:
    return any(word in names for word in profile.words)


_NO_THING = w.names(
    "measure meas per type class group family model availability kind category count name time "
    "hours mode rate age typ klasse gruppe art kategorie state status speed wear error"
)


def _names_things(profile: Profile, names: frozenset[str]) -> bool:
    said = set(profile.words)
    if not said & names or said & (_NO_THING | w.PERCENT | w.QUANTITY - {"m", "s", "g", "l", "h"}):
        return False
    named = profile.kind in {Kind.LABEL, Kind.IDENTIFIER}
    return named or (profile.kind is Kind.NUMBER and profile.is_whole and profile.share == 1)


def status_words(text: str) -> frozenset[str]:
    """The words of a status."""
    return frozenset(w.words_of(text))


_FEW_STATUSES = 12
_BY_WHOM = w.PERSON | {"by", "von", "par", "por", "code"}


def _says_status(profile: Profile) -> bool:
    if profile.distinct > _FEW_STATUSES or set(profile.words) & _BY_WHOM:
        return False
    texts = [
        t for t, n in zip(profile.column.texts, profile.column.null_texts, strict=True) if not n
    ]
    known = w.DONE | w.LATE | w.OPEN
    said = sum(bool(status_words(t) & known) for t in texts)
    return said >= 2 and said >= len(texts) / 2


AXIS_NAMES = w.names(
    "ts time timestamp datetime date datum zeit zeitstempel month week monat woche day tag "
    "moment period periode mes fecha hora semaine jour"
)


def find_series(roles: Roles) -> Series | None:
    """
    The column of moments along which rows stand, when they stand in its order, all of them or those
    of each thing.
    """
    for role in sorted(roles.moments, key=_axis_preference):
        if role.aspect == "planned" or role.profile.share < 0.95:
            continue
        if (found := _series_along(role.profile, roles)) is not None:
            return found
    return None


def _axis_preference(role: MomentRole) -> tuple[bool, bool, bool]:
    plainly = set(role.profile.words) <= AXIS_NAMES
    return not plainly, role.phase != "start", role.phase == "end"


def _series_along(axis: Profile, roles: Roles) -> Series | None:
    times, rows = axis.moments, len(roles.profiled.table)
    if rows < 10 or axis.column.known < 0.95 * rows:
        return None
    things = [p for p in roles.profiled.profiles if _may_be_thing(p, axis, rows)]
    named = {r.profile.name for r in roles.resources}
    things.sort(key=lambda p: (p.name not in named, roles.profiled.profiles.index(p)))
    if in_order(times, np.zeros(rows, np.int32)) >= _LEAST_SHARE_IN_ORDER and (
        _distinct_share(times) > 0.9 or not things
    ):
        return Series(axis, None, np.zeros(rows, np.int32))
    for thing in things:
        if in_order(times, thing.column.codes) >= _LEAST_SHARE_IN_ORDER and _own_moments(
            times, thing.column.codes
        ):
            return Series(axis, thing, thing.column.codes)
    return None


_THING_NAMES = w.IDENTITY | w.MACHINE | w.PERSON | w.RESOURCE | w.THING | w.names("case engine")


def _may_be_thing(profile: Profile, axis: Profile, rows: int) -> bool:
    whole = profile.kind is Kind.NUMBER and profile.is_whole and profile.share == 1
    # A number names a thing only when it is called after one; else it is a quantity.
    whole = whole and bool(set(profile.words) & _THING_NAMES)
    names = profile.kind in {Kind.LABEL, Kind.IDENTIFIER} or whole
    few = 1 < profile.distinct <= rows / 4
    return profile is not axis and names and few and profile.column.known == rows


def _distinct_share(times: np.ndarray) -> float:
    known = times[~np.isnan(times)]
    return len(np.unique(known)) / max(1, len(known))


def _own_moments(times: np.ndarray, codes: Codes) -> bool:
    """Whether a thing has hardly two rows at one moment."""
    order = np.lexsort((times, codes))
    t, c = times[order], codes[order]
    repeats = int(np.sum((t[1:] == t[:-1]) & (c[1:] == c[:-1])))
    return repeats <= 0.1 * len(times)


def in_order(times: np.ndarray, codes: Codes) -> float:
    """Share of rows that stand no earlier than the row before them of the same thing, 0 to 1."""
    order = np.argsort(codes, kind="stable")
    t, c = times[order], codes[order]
    same = c[1:] == c[:-1]
    steps = (t[1:] - t[:-1])[same]
    steps = steps[~np.isnan(steps)]
    return float(np.mean(steps >= 0)) if len(steps) else 0.0
