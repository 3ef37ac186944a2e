"""What is known of the record now, found once for each state of the ledger and each minute."""

from __future__ import annotations

from collections.abc import Mapping

from throughline.loop.quarantine import Case, cases
from throughline.loop.trust import TrustReport, trust_report
from throughline.picture.defects import Defect, defects_in_plant
from throughline.picture.readiness import ReadinessItem, readiness_of
from throughline.picture.skew import Skew, skews_of
from throughline.web.look import Look

SELDOM = 10
"""Minutes for which holds what hardly changes while nothing new is heard."""

RESTS = 20.0
"""What took a second in a large plant is found anew after twenty, while others go on speaking."""

CLOCKS_FROM = 5_000
"""Of so many of the newest events the clocks are judged."""


def data_state(look: Look) -> TrustReport:
    """Sources, feeds, conflicts and balances of the whole plant."""
    return look.world.once("data", look.now, lambda: trust_report(look.world, now=look.now))


def clocks(look: Look) -> Mapping[str, Skew]:
    """How far the clock of each source is off."""
    ledger = look.world.ledger
    after = max(0, look.picture.sequence - CLOCKS_FROM)
    return look.world.once(
        "clocks", look.now, lambda: skews_of(ledger.statements(after=after)), minutes=SELDOM
    )


def all_defects(look: Look) -> tuple[Defect, ...]:
    """Every rule about a plant that does not hold for this one."""
    return look.world.once(
        "defects",
        look.now,
        lambda: tuple(defects_in_plant(look.plant, look.now)),
        minutes=SELDOM,
        rests=RESTS,
    )


def all_cases(look: Look) -> tuple[Case, ...]:
    """Everything that was ever set aside, with how it was settled, oldest first."""
    return look.world.once("quarantine", look.now, lambda: cases(look.world), minutes=SELDOM)


def all_readiness(look: Look) -> tuple[ReadinessItem, ...]:
    """What to mend first, ranked by the published plan; nothing before there is a plan."""
    return look.world.once(
        "readiness", look.now, lambda: _readiness(look), minutes=SELDOM, rests=RESTS
    )


def _readiness(look: Look) -> tuple[ReadinessItem, ...]:
    if look.published is None:
        return ()
    known = data_state(look)
    return readiness_of(
        look.picture,
        look.published.plan,
        now=look.now,
        conflicts=known.conflicts,
        feeds=known.feeds,
        sources=known.sources,
        balances=known.balances,
        quarantined=[case.received.event.subject for case in all_cases(look) if case.is_open],
    )
