"""What the evidence means: findings, with the orders and the objectives that each touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from throughline.loop.current import spoken
from throughline.model.assumptions import AssumedQuantity, Standing, Verdict
from throughline.model.decisions import Finding, FindingKind, Refutation
from throughline.model.plant import Plant
from throughline.strategy.trace import Trace

WITHOUT_REMEDY = {AssumedQuantity.PRODUCTION_LEAD_TIME_DAYS, AssumedQuantity.DEMAND_PER_WEEK}
"""Quantities that result from others: what breaks them is escalated, they are not."""


def newly_refuted(found: Iterable[Verdict], plant: Plant) -> tuple[Verdict, ...]:
    """
    Verdicts of refutation that were not latched before, dearest first.

    What was an opportunity and now breaks to our cost is news.
    """
    known = plant.records(Refutation)
    fresh = (
        v
        for v in found
        if v.standing is Standing.REFUTED
        and (v.assumption.id not in known or _has_turned(v, plant))
    )
    return dearest_first(fresh)


def _has_turned(verdict: Verdict, plant: Plant) -> bool:
    earlier = plant.records(Finding).get(finding_id(verdict))
    was_good = earlier is not None and earlier.kind is FindingKind.OPPORTUNITY
    return was_good and not verdict.is_opportunity


def dearest_first(found: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Verdicts in order of what a failure costs, dearest first."""
    return tuple(sorted(found, key=lambda v: (-v.assumption.loss_eur, v.assumption.id)))


def finding_id(verdict: Verdict) -> str:
    """The id of the finding of a refutation: an assumption is found refuted once."""
    return f"F-{verdict.assumption.id}"


def refutations(fresh: Iterable[Verdict], now: datetime) -> Iterator[Refutation]:
    """The latch: a refutation stays."""
    for verdict in fresh:
        yield Refutation(
            assumption=verdict.assumption.id,
            at=verdict.refuted_at or now,
            e_value=round(verdict.e_value, 6),
            posterior_mean=round(verdict.posterior.mean, 6),
        )


def finding_of(verdict: Verdict, trace: Trace, now: datetime) -> Finding:
    """The finding of a refuted assumption, with the objectives that it puts at risk."""
    assumption = verdict.assumption
    kind = FindingKind.OPPORTUNITY if verdict.is_opportunity else FindingKind.ASSUMPTION_REFUTED
    at_risk = trace.objectives_at_risk(
        (assumption.subject,), quantities={assumption.subject: assumption.quantity.value}
    )
    return Finding(
        id=finding_id(verdict),
        kind=kind,
        subject=assumption.subject,
        at=verdict.refuted_at or now,
        statement=spoken(verdict),
        assumption=assumption.id,
        evidence=(
            f"{verdict.e_value:,.0f} to 1 against the planned number, refuted from "
            f"{verdict.threshold:,.0f} to 1; {verdict.n} days with data since "
            f"{assumption.declared_at:%d %b %Y}"
        ),
        objectives=",".join(risk.objective for risk in at_risk),
    )


def weak_finding_id(verdict: Verdict) -> str:
    """The id of the finding that only weak data speaks against an assumption."""
    return f"W-{verdict.assumption.id}"


def weak_finding_of(
    verdict: Verdict, trace: Trace, owners: Sequence[str], now: datetime
) -> Finding:
    """
    The finding that weak data alone refutes an assumption: for the owners of the data, not for
    whoever decides on the plan.
    """
    named = " and ".join(owners)
    found = finding_of(verdict, trace, now)
    return replace(
        found,
        id=weak_finding_id(verdict),
        statement=f"If the data is right: {found.statement} It is too weak to decide by.",
        is_weak=True,
        owner=named,
    )


def needs_decision(verdict: Verdict) -> bool:
    """Whether a verdict is brought before somebody: no opportunity is, nor a mere result."""
    return (
        verdict.standing is Standing.REFUTED
        and not verdict.is_weak
        and not verdict.is_opportunity
        and verdict.assumption.quantity not in WITHOUT_REMEDY
    )
