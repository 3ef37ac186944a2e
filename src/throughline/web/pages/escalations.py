"""The inbox: consequence first, then the options side by side, then the evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from throughline.execute.escalate import choosable
from throughline.execute.rights import decider
from throughline.model.assumptions import Assumption
from throughline.model.codec import from_json
from throughline.model.decisions import (
    Decision,
    DeclaredAssumption,
    Escalation,
    EscalationStatus,
    Finding,
)
from throughline.model.options import Option, options_of
from throughline.model.personnel import DecisionRight, Role
from throughline.web.access import Permission, access_escalation, escalations_for
from throughline.web.look import Look
from throughline.web.pages.assumptions import AssumptionCard, anchor_of, assumption_cards
from throughline.web.pages.changes import Replanned, replan_after
from throughline.web.words import decision_words, quantity_words, role_words, subject_words

_HOURS_FROM = 1.5
WAITING = frozenset({EscalationStatus.OPEN, EscalationStatus.ACKNOWLEDGED})


@dataclass(frozen=True, slots=True)
class OptionCard:
    """
    One priced option, and whether this visitor may choose it; ``why_not`` says what stands against
    it, and who may.
    """

    id: str
    action: str
    description: str
    cost_eur: float
    tardiness_eur: float
    total_eur: float
    late_orders: int
    total_tardiness_days: float
    p_kept: float
    operations_moved: int
    is_recommended: bool
    may_choose: bool
    why_not: str

    @property
    def kept_percent(self) -> str:
        """Probability that the plan is kept, in per cent."""
        return f"{self.p_kept * 100:.0f}"


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """What was decided, by whom, and why."""

    option: str
    action: str
    by: str
    role: str
    at: datetime
    why: str
    latency_minutes: float

    @property
    def latency(self) -> str:
        """From the event to the decision, in the unit that suits it."""
        hours = self.latency_minutes / 60
        if hours < _HOURS_FROM:
            return gettext("%(n).0f min") % {"n": self.latency_minutes}
        return gettext("%(n).1f h") % {"n": hours}


@dataclass(frozen=True, slots=True)
class EscalationCard:
    """
    One escalation as its decider needs to see it.

    ``consequence`` is the statement without the finding it repeats; ``headline`` names what broke.
    ``replanned`` is what the decision changed. ``refusal`` says why this visitor cannot decide it,
    empty when they can. ``seen`` is the place in the ledger that this card was made from: a
    decision sends it back, and is refused when somebody was faster.
    """

    id: str
    statement: str
    consequence: str
    subject: str
    subject_name: str
    headline: str
    status: EscalationStatus
    role: Role
    role_name: str
    tier: int
    reason: str
    raised_at: datetime
    decide_by: datetime
    is_overdue: bool
    finding: str
    evidence: str
    late_orders: tuple[str, ...]
    objectives: tuple[str, ...]
    options: tuple[OptionCard, ...]
    assumption: AssumptionCard | None
    decision: DecisionLine | None
    replanned: Replanned | None
    is_mine: bool
    refusal: str
    seen: int

    @property
    def anchor(self) -> str:
        """The id as a page's anchor can carry it."""
        return anchor_of(self.id)


@dataclass(frozen=True, slots=True)
class Inbox:
    """What waits for this visitor, what waits for others, and what was decided."""

    mine: tuple[EscalationCard, ...]
    others: tuple[EscalationCard, ...]
    decided: tuple[EscalationCard, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever escalated."""
        return not (self.mine or self.others or self.decided)


def inbox(look: Look) -> Inbox:
    """All escalations that this visitor sees: the most urgent first, decided ones newest first."""
    builder = _Builder(look)
    cards = [builder.card(raised) for raised in escalations_for(look.plant, look.who).values()]
    waiting = sorted(
        (card for card in cards if card.status in WAITING),
        key=lambda card: (card.decide_by, card.id),
    )
    closed = sorted(
        (card for card in cards if card.status not in WAITING),
        key=lambda card: (_closed_at(card), card.id),
        reverse=True,
    )
    return Inbox(
        mine=tuple(card for card in waiting if card.is_mine),
        others=tuple(card for card in waiting if not card.is_mine),
        decided=tuple(closed),
    )


def escalation_card(look: Look, escalation_id: str) -> EscalationCard:
    """
    One escalation.

    Raises
    ------
    UnknownIdError
        When there is none for this visitor.
    """
    raised = access_escalation(look.plant, look.who, escalation_id)
    return _Builder(look).card(raised, is_whole=True)


class _Builder:
    """Makes cards; looks everything up once for all of them."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._findings = look.plant.records(Finding)
        self._decisions = {d.escalation: d for d in look.plant.records(Decision).values()}
        self._rights = tuple(look.plant.decision_rights.values())
        self._assumptions: dict[str, AssumptionCard] | None = None

    def card(self, raised: Escalation, *, is_whole: bool = False) -> EscalationCard:
        """One escalation as a card; a whole one also says what its decision changed."""
        finding = self._findings.get(raised.finding)
        options = options_of(raised)
        origin = self._look.picture.origin("escalations", raised.id)
        decision = self._decisions.get(raised.id)
        return EscalationCard(
            id=raised.id,
            statement=raised.statement,
            consequence=_consequence(raised, finding),
            subject=raised.subject,
            subject_name=subject_words(raised.subject, self._look.plant),
            headline=self._headline(raised),
            status=raised.status,
            role=raised.role,
            role_name=role_words(raised.role),
            tier=raised.tier,
            reason=raised.reason,
            raised_at=raised.raised_at,
            decide_by=raised.decide_by,
            is_overdue=raised.status in WAITING and raised.decide_by < self._look.now,
            finding=finding.statement if finding else "",
            evidence=finding.evidence if finding else "",
            late_orders=_listed(finding.late_orders) if finding else (),
            objectives=self._objectives(finding),
            options=self._options(raised, options),
            assumption=self._assumption(raised.assumption),
            decision=_decision_line(decision, options) if decision else None,
            replanned=replan_after(self._look, decision) if decision and is_whole else None,
            is_mine=raised.role is self._look.who.role,
            refusal=self._refusal(raised),
            seen=origin.sequence if origin else self._look.picture.sequence,
        )

    def _options(self, raised: Escalation, options: tuple[Option, ...]) -> tuple[OptionCard, ...]:
        role = self._look.who.role
        mine = choosable(raised, options, self._rights, role) if raised.role is role else ()
        may_decide = self._look.who.may(Permission.DECIDE)
        allowed = {option.id for option in mine} if may_decide else set()
        return tuple(
            OptionCard(
                id=option.id,
                action=decision_words(option.action),
                description=option.description,
                cost_eur=option.cost_eur,
                tardiness_eur=option.tardiness_eur,
                total_eur=option.total_eur,
                late_orders=option.late_orders,
                total_tardiness_days=option.total_tardiness_days,
                p_kept=option.p_kept,
                operations_moved=option.operations_moved,
                is_recommended=option.id == raised.recommended,
                may_choose=option.id in allowed,
                why_not="" if option.id in allowed else self._why_not(raised, option),
            )
            for option in options
        )

    def _why_not(self, raised: Escalation, option: Option) -> str:
        """Which limit stands against an option, and who may choose it."""
        if raised.role is not self._look.who.role:
            return ""
        right = next((r for r in self._rights if _is_for(r, raised.role, option)), None)
        reason = (
            gettext("Your role has no right to decide this.")
            if right is None
            else _beyond(right, option)
        )
        above = decider(self._rights, option)
        if above is None or above.role is raised.role:
            return reason
        return f"{reason} " + gettext("%(role)s may.") % {"role": role_words(above.role)}

    def _headline(self, raised: Escalation) -> str:
        """What broke, by name."""
        name = subject_words(raised.subject, self._look.plant)
        declared = self._look.plant.records(DeclaredAssumption).get(raised.assumption)
        if declared is None:
            return name
        stated = from_json(Assumption, json.loads(declared.document))
        return gettext("%(quantity)s of %(subject)s") % {
            "quantity": quantity_words(stated.quantity),
            "subject": name,
        }

    def _refusal(self, raised: Escalation) -> str:
        if raised.status not in WAITING:
            return str(raised.status)
        return "" if raised.role is self._look.who.role else role_words(raised.role)

    def _objectives(self, finding: Finding | None) -> tuple[str, ...]:
        if finding is None:
            return ()
        named = self._look.plant.objectives
        ids = _listed(finding.objectives)
        return tuple(named[key].name if key in named else key for key in ids)

    def _assumption(self, assumption_id: str) -> AssumptionCard | None:
        if not assumption_id:
            return None
        if self._assumptions is None:
            self._assumptions = {card.id: card for card in assumption_cards(self._look)}
        return self._assumptions.get(assumption_id)


def _consequence(raised: Escalation, finding: Finding | None) -> str:
    # The statement begins with the finding, which has its own place on the page.
    found = finding.statement if finding else ""
    return raised.statement.removeprefix(found).strip() or raised.statement


def _is_for(right: DecisionRight, role: Role, option: Option) -> bool:
    return right.role is role and right.decision is option.action


def _beyond(right: DecisionRight, option: Option) -> str:
    """The first limit that an option breaks, with both numbers."""
    if option.cost_eur > right.limit_eur:
        return gettext("It costs %(cost)s EUR, your limit is %(limit)s EUR.") % {
            "cost": f"{option.cost_eur:,.0f}",
            "limit": f"{right.limit_eur:,.0f}",
        }
    if option.late_orders > right.limit_orders:
        return gettext("It leaves %(late)d orders late, your limit is %(limit)d.") % {
            "late": option.late_orders,
            "limit": right.limit_orders,
        }
    return gettext("It moves %(moved)d operations, your limit is %(limit)d.") % {
        "moved": option.operations_moved,
        "limit": right.limit_operations_moved,
    }


def _decision_line(decision: Decision, options: tuple[Option, ...]) -> DecisionLine:
    chosen = next((o.description for o in options if o.id == decision.option), decision.option)
    return DecisionLine(
        option=chosen,
        action=decision_words(decision.kind),
        by=decision.by,
        role=role_words(decision.role),
        at=decision.at,
        why=decision.why,
        latency_minutes=decision.latency_minutes,
    )


def _closed_at(card: EscalationCard) -> datetime:
    return card.decision.at if card.decision else card.decide_by


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
