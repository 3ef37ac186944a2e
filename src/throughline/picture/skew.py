"""
How far the clock of each source is off: when it says that something happened, and when we heard it.

The order of the ledger is that of its sequence; a wrong clock changes nothing in it. But a clock
that runs ahead makes statements hold that should not, so it is measured and shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median
from typing import Any

from throughline.model.codec import moment_text
from throughline.model.events import Statement
from throughline.picture.sources import OURSELVES

LOOKED_BACK = 9
"""A lag is held against the median of so many before it."""

FEWEST_LAGS = 5
"""Of fewer lags no usual one can be told."""

LEAST_JUMP = timedelta(minutes=5)
_SPREADS = 6
"""A jump is farther from the usual lag than so many times its median spread."""

_SECOND, _MINUTE, _HOUR, _DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))


@dataclass(frozen=True, slots=True)
class Jump:
    """From one batch to the next the lag of a source changed: its clock was set, or ours was."""

    sequence: int
    at: datetime
    before: timedelta
    after: timedelta

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values; minutes are positive where a source speaks of the past."""
        return {
            "sequence": self.sequence,
            "at": moment_text(self.at),
            "before_minutes": _minutes(self.before),
            "after_minutes": _minutes(self.after),
        }


@dataclass(frozen=True, slots=True)
class Skew:
    """
    The clock of one source against ours.

    The *lag* of a batch is the time from the newest moment that it speaks of to when we heard it;
    ``lag`` is the median over all batches. It is negative when the source's clock runs ahead of
    ours. ``ahead`` counts the batches that speak of a moment still to come, and ``most_ahead`` is
    how far the worst of them was ahead.
    """

    source: str
    batches: int
    lag: timedelta
    ahead: int
    most_ahead: timedelta
    jumps: tuple[Jump, ...]

    @property
    def statement(self) -> str:
        """What is to be said of this clock, in one sentence."""
        said = [
            f"usually heard {span(abs(self.lag))} {'ahead' if self.lag < -_SECOND else 'after'}"
        ]
        if self.ahead:
            said.append(f"{self.ahead} of {self.batches} batches ahead, by {span(self.most_ahead)}")
        if self.jumps:
            last = self.jumps[-1]
            word = "back" if last.after > last.before else "forward"
            times = "once" if len(self.jumps) == 1 else f"{len(self.jumps)} times"
            by = f"{span(abs(last.after - last.before))} {word} at {moment_text(last.at)}"
            said.append(f"jumped {times}, last by {by}")
        return "; ".join(said)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "source": self.source,
            "batches": self.batches,
            "lag_minutes": _minutes(self.lag),
            "ahead": self.ahead,
            "most_ahead_minutes": _minutes(self.most_ahead),
            "jumps": [jump.as_json() for jump in self.jumps],
            "statement": self.statement,
        }


def skews_of(statements: Iterable[Statement]) -> dict[str, Skew]:
    """
    The clock of each source, from what it said in the order in which we heard it.

    Parameters
    ----------
    statements
        In order of sequence; the newest few thousand tell as much as all.

    Returns
    -------
    dict
        By name of the source. The loop itself has our clock and is left out.
    """
    batches: dict[str, list[Jump]] = defaultdict(list)
    for (source, heard_at), batch in groupby(statements, key=lambda s: (s.source, s.recorded_at)):
        if source != OURSELVES:
            newest = max(batch, key=lambda said: said.occurred_at)
            lag = heard_at - newest.occurred_at
            batches[source].append(Jump(newest.sequence, heard_at, lag, lag))
    return {source: _skew(source, batches[source]) for source in sorted(batches)}


def _skew(source: str, batches: Sequence[Jump]) -> Skew:
    lags = [batch.after for batch in batches]
    ahead = [-lag for lag in lags if lag < timedelta()]
    return Skew(
        source=source,
        batches=len(batches),
        lag=_median(lags),
        ahead=len(ahead),
        most_ahead=max(ahead, default=timedelta()),
        jumps=tuple(_jumps(batches)),
    )


def _jumps(batches: Sequence[Jump]) -> Iterator[Jump]:
    """Where the lag leaves what was usual; after a jump the usual lag is learnt anew."""
    known: list[timedelta] = []
    for batch in batches:
        usual = _median(known) if len(known) >= FEWEST_LAGS else None
        if usual is not None and abs(batch.after - usual) > _bound(known, usual):
            yield Jump(batch.sequence, batch.at, usual, batch.after)
            known = [batch.after] * FEWEST_LAGS
        known = [*known, batch.after][-LOOKED_BACK:]


def _bound(known: Sequence[timedelta], usual: timedelta) -> timedelta:
    return max(LEAST_JUMP, _SPREADS * _median([abs(lag - usual) for lag in known]))


def _median(spans: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(one.total_seconds() for one in spans))


def _minutes(length: timedelta) -> float:
    return round(length / _MINUTE, 2)


def span(length: timedelta) -> str:
    """A stretch of time as one would say it."""
    for unit, word in ((_DAY, "days"), (_HOUR, "h"), (_MINUTE, "min")):
        if length >= 2 * unit:
            return f"{length / unit:.0f} {word}"
    return f"{length / _SECOND:.0f} s"
