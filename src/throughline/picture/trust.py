"""
How far a figure can be trusted, and which link of its chain is the weakest. METHODS section 10.4.

Every check of a field of a source, passed or failed, moves what we believe of that field; old
checks fade. A figure is as good as all the fields it was computed from, and as fresh as the oldest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from throughline.errors import RequestError

DECAY = 0.98
"""What a check still counts after one more: the last 50 checks carry two thirds of the weight."""


@dataclass(frozen=True, slots=True)
class Trust:
    """
    What is believed of the share of right statements of one field of one source.

    A Beta distribution; ``right`` and ``wrong`` are checks, faded. Nothing checked is Trust(1, 1),
    one half. The faded number of checks never exceeds 1 / (1 - decay), 50 for the default.
    """

    right: float = 1.0
    wrong: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.right < math.inf and 0 <= self.wrong < math.inf):
            message = "trust counts checks: finite numbers of at least 0"
            raise RequestError(message)
        if self.right + self.wrong == 0:
            message = "trust needs something to start from, for example Trust(1, 1)"
            raise RequestError(message)

    @property
    def mean(self) -> float:
        """The share expected to be right, 0 to 1."""
        return self.right / (self.right + self.wrong)

    @property
    def checks(self) -> float:
        """How many checks it rests on, faded, those of the start among them."""
        return self.right + self.wrong

    @property
    def standard_deviation(self) -> float:
        """How far the mean may be off, 0 to one half."""
        return math.sqrt(self.mean * (1 - self.mean) / (self.checks + 1))

    def checked(self, passed: bool, *, decay: float = DECAY) -> Trust:
        """What is believed after one more check; everything before it counts ``decay`` as much."""
        if not 0 < decay <= 1:
            message = "decay is above 0 and at most 1; 1 forgets nothing"
            raise RequestError(message)
        return Trust(decay * self.right + passed, decay * self.wrong + (not passed))


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one field of one source: whether what it stated was right, and when."""

    source: str
    field: str
    at: datetime
    passed: bool


def trust_after(
    checks: Iterable[bool], *, start: Trust | None = None, decay: float = DECAY
) -> Trust:
    """What is believed after checks, first to last."""
    trust = start or Trust()
    for passed in checks:
        trust = trust.checked(passed, decay=decay)
    return trust


def trust_per_field(
    checks: Iterable[Check], *, start: Trust | None = None, decay: float = DECAY
) -> dict[tuple[str, str], Trust]:
    """
    What is believed of each source and field, in order of their names.

    The order in which the checks arrive does not matter; of one moment, failures come last, so that
    they count a little more.
    """
    found: dict[tuple[str, str], Trust] = {}
    for check in sorted(checks, key=lambda c: (c.source, c.field, c.at, not c.passed)):
        place = check.source, check.field
        found[place] = found.get(place, start or Trust()).checked(check.passed, decay=decay)
    return found


def timeliness(age: timedelta, cadence: timedelta) -> float:
    """
    How much of a figure's worth is left at its age: 1 while it is no older than the cadence at
    which it should be renewed, then half for every further cadence. What is dated in the future has
    no age.

    Raises
    ------
    RequestError
        When the cadence is not positive.
    """
    if cadence <= timedelta(0):
        message = f"a cadence is a positive span, not {cadence}"
        raise RequestError(message)
    return float(0.5 ** max(0.0, age / cadence - 1))


@dataclass(frozen=True, slots=True)
class Link:
    """
    One field of one source, or one computation, that a figure rests on.

    ``reliability`` is the share of right statements, ``timeliness`` what is left of its worth at
    its age; both 0 to 1.
    """

    name: str
    reliability: float
    timeliness: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.reliability <= 1 and 0 <= self.timeliness <= 1):
            message = f'link "{self.name}": reliability and timeliness lie between 0 and 1'
            raise RequestError(message)

    @property
    def worth(self) -> float:
        """Reliability times timeliness."""
        return self.reliability * self.timeliness


@dataclass(frozen=True, slots=True)
class FigureTrust:
    """
    How far a figure can be trusted, 0 to 1, with every link it rests on.

    ``trust`` is ``reliability`` times ``timeliness``. ``weakest`` is the link with the least worth:
    what to mend first. It is None for a figure that rests on nothing, which has no trust.
    """

    trust: float
    reliability: float
    timeliness: float
    weakest: Link | None
    links: tuple[Link, ...]


def figure_trust(provenance: Iterable[Link]) -> FigureTrust:
    """
    The trust of a figure: the product of the reliabilities along its provenance, times the
    timeliness of the oldest link.

    A link that is reached on several ways is one link and counts once. Stated differently on them,
    its least reliability and timeliness count.
    """
    links: dict[str, Link] = {}
    for link in provenance:
        links[link.name] = _worse(link, links.get(link.name, link))
    ordered = tuple(links[name] for name in sorted(links))
    reliability = math.prod(link.reliability for link in ordered) if ordered else 0.0
    oldest = min((link.timeliness for link in ordered), default=0.0)
    weakest = min(ordered, key=lambda link: (link.worth, link.name), default=None)
    return FigureTrust(reliability * oldest, reliability, oldest, weakest, ordered)


def _worse(one: Link, other: Link) -> Link:
    return Link(
        one.name,
        min(one.reliability, other.reliability),
        min(one.timeliness, other.timeliness),
    )
