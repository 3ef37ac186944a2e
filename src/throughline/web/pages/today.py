"""Today, by role: will the plan hold, what broke, what is late, what waits for a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from throughline.model.assumptions import Standing
from throughline.model.codec import moment_text
from throughline.model.personnel import Role
from throughline.model.schedule import Survival
from throughline.web.access import Permission
from throughline.web.look import Look
from throughline.web.pages.assumptions import AssumptionCard, assumption_cards
from throughline.web.pages.changes import Replanned, last_replan
from throughline.web.pages.escalations import EscalationCard, inbox
from throughline.web.pages.explained import Explained, of_picture, of_plan
from throughline.web.pages.orders import AT_RISK_BELOW, OrderLine, order_lines
from throughline.web.pages.strategy import ObjectiveCard, objective_cards
from throughline.web.words import step_words

KEPT_FLOOR = 0.5
"""Below an even chance a plan is no longer one to rely on."""
_FRIDAY = 4
_LONGEST_LIST = 8
_LONGEST_CURVE = 28

PANELS: dict[Role, tuple[str, ...]] = {
    Role.OPERATIONS_LEAD: ("waiting", "late", "survival", "broken", "replan"),
    Role.QUALITY_SPECIALIST: ("waiting", "broken", "late", "survival", "replan"),
    Role.TECHNICAL_SUPPORT: ("broken", "replan", "survival", "late"),
    Role.PLANNER: ("waiting", "survival", "late", "broken", "replan", "objectives"),
    Role.PRODUCTION_MANAGER: ("waiting", "survival", "broken", "late", "objectives", "replan"),
    Role.EXECUTIVE_SPONSOR: ("objectives", "waiting", "survival", "broken", "late", "replan"),
}
"""What each role looks at first."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Will the plan hold, from now on, in words and as a curve; shares are as shown."""

    friday: datetime
    kept: float
    sentence: str
    note: str
    tolerance: str
    tone: str
    curve: dict[str, Any]
    fragile: tuple[tuple[str, str], ...]
    rows: tuple[tuple[datetime, str], ...]
    survival: Survival


@dataclass(frozen=True, slots=True)
class Today:
    """
    Everything on the first page.

    ``outlook`` and ``replan`` are None before the first plan, ``outlook`` also for people of one
    site.
    """

    has_plant: bool
    now: datetime
    sequence: int
    panels: tuple[str, ...]
    figures: tuple[Explained, ...]
    outlook: Outlook | None
    broken: tuple[AssumptionCard, ...]
    late: tuple[OrderLine, ...]
    late_total: int
    at_risk: tuple[OrderLine, ...]
    waiting: tuple[EscalationCard, ...]
    waiting_elsewhere: int
    objectives: tuple[ObjectiveCard, ...]
    replan: Replanned | None


def today(look: Look) -> Today:
    """The first page of this visitor."""
    orders, waiting = order_lines(look), inbox(look)
    cards = assumption_cards(look)
    broken = tuple(card for card in cards if _is_broken(card))
    objectives = objective_cards(look) if look.who.may(Permission.SEE_STRATEGY) else ()
    late = tuple(order for order in orders if order.is_late)
    at_risk = tuple(order for order in orders if order.is_at_risk)
    outlook = _outlook(look)
    return Today(
        has_plant=bool(look.plant.materials),
        now=look.now,
        sequence=look.picture.sequence,
        panels=_panels(look, outlook, objectives),
        figures=_figures(look, outlook, orders, cards, len(waiting.mine)),
        outlook=outlook,
        broken=broken[:_LONGEST_LIST],
        late=late[:_LONGEST_LIST],
        late_total=len(late),
        at_risk=at_risk[:_LONGEST_LIST],
        waiting=waiting.mine,
        waiting_elsewhere=len(waiting.others),
        objectives=tuple(card for card in objectives if card.is_at_risk) or objectives[:3],
        replan=last_replan(look),
    )


def _panels(
    look: Look, outlook: Outlook | None, objectives: tuple[ObjectiveCard, ...]
) -> tuple[str, ...]:
    there = {"survival": outlook is not None, "objectives": bool(objectives)}
    return tuple(panel for panel in PANELS[look.who.role] if there.get(panel, True))


def end_of_week(now: datetime) -> datetime:
    """The end of this week's Friday; on a weekend that of the next."""
    days = (_FRIDAY - now.weekday()) % 7
    return now.replace(hour=23, minute=59, second=0, microsecond=0) + timedelta(days=days)


def kept_until(survival: Survival, moment: datetime) -> float:
    """Probability that the plan is still kept at a moment; 1 before the curve begins."""
    kept = 1.0
    for day, share in zip(survival.days, survival.kept, strict=True):
        if day > moment + timedelta(minutes=1):
            break
        kept = share
    return kept


def survival_curve(look: Look) -> dict[str, Any] | None:
    """The survival curve from now on with its floor and this Friday; None before a plan."""
    survival = look.outlook()
    return None if survival is None else _curve(look, survival)


def _curve(look: Look, survival: Survival) -> dict[str, Any]:
    return {
        "as_of": moment_text(survival.as_of),
        "days": [moment_text(day) for day in survival.days],
        "kept": list(survival.kept),
        "floor": KEPT_FLOOR,
        "markers": [{"at": moment_text(end_of_week(look.now)), "label": gettext("Friday")}],
    }


def _outlook(look: Look) -> Outlook | None:
    # The plan holds or breaks at all sites together, so it is shown to people of all sites.
    survival = None if look.who.site else look.outlook()
    if survival is None:
        return None
    friday = end_of_week(look.now)
    kept = kept_until(survival, friday)
    return Outlook(
        friday=friday,
        kept=kept,
        sentence=in_words(survival, friday, kept),
        note=_in_brief(kept),
        tolerance=_tolerance_words(survival),
        tone=_tone(kept),
        curve=_curve(look, survival),
        fragile=tuple((step_words(o), _percent(share)) for o, share in survival.fragile[:3]),
        rows=tuple(
            (_evening(day), _percent(share))
            for day, share in zip(survival.days, survival.kept, strict=True)
        )[:_LONGEST_CURVE],
        survival=survival,
    )


def in_words(survival: Survival, friday: datetime, kept: float) -> str:
    """
    Until which evening the plan holds more likely than not, and what is left of it by Friday.
    """
    until = gettext("Until Friday evening: %(share)s.") % {"share": _percent(kept)}
    days = list(zip(survival.days, survival.kept, strict=True))
    likely = [(day, share) for day, share in days if share >= KEPT_FLOOR]
    if not days or len(likely) == len(days):
        return gettext("The plan is likely to hold to its end.") + f" {until}"
    if not likely:
        first = {"share": _percent(days[0][1]), "day": _day_words(_evening(days[0][0]))}
        said = gettext("The plan is unlikely to hold even until %(day)s evening: %(share)s.")
        return f"{said % first} {until}"
    day, share = likely[-1]
    facts = {"day": _day_words(_evening(day)), "share": _percent(share)}
    said = gettext("The plan is likely to hold until %(day)s evening: %(share)s.") % facts
    return said if _evening(day).date() == friday.date() else f"{said} {until}"


def _in_brief(kept: float) -> str:
    if kept >= 0.9:
        return gettext("It will very likely hold.")
    if kept >= 0.7:
        return gettext("It will probably hold.")
    if kept >= KEPT_FLOOR:
        return gettext("Little better than an even chance.")
    return gettext("It will probably not hold.")


def _tolerance_words(survival: Survival) -> str:
    return gettext(
        "It holds as long as no step starts and no order ends more than %(hours)s working hours "
        "later than planned."
    ) % {"hours": f"{survival.tolerance_minutes / 60:.3g}"}


def _evening(day: datetime) -> datetime:
    """The evening that a midnight ends."""
    return day - timedelta(minutes=1)


def _day_words(moment: datetime) -> str:
    return date_format(moment, "l")


def _percent(share: float) -> str:
    """A share in per cent; what is not quite nothing or all does not read as if it were."""
    if 0 < share < 0.005:
        return "< 1 %"
    if 0.995 < share < 1:
        return "> 99 %"
    return f"{share * 100:.0f} %"


def _tone(kept: float) -> str:
    if kept >= 0.7:
        return "held"
    return "risk" if kept >= KEPT_FLOOR else "late"


def _is_broken(card: AssumptionCard) -> bool:
    return card.standing is not Standing.HOLDING and not card.is_opportunity


def _figures(
    look: Look,
    outlook: Outlook | None,
    orders: tuple[OrderLine, ...],
    cards: tuple[AssumptionCard, ...],
    waiting: int,
) -> tuple[Explained, ...]:
    if look.published is None:
        return ()
    return (
        *((_kept_figure(look, outlook),) if outlook else ()),
        _late_figure(look, orders),
        _assumptions_figure(look, cards),
        _waiting_figure(look, waiting),
    )


def _kept_figure(look: Look, outlook: Outlook) -> Explained:
    survival, published = outlook.survival, look.published
    return of_picture(
        look,
        gettext("Plan holds until Friday"),
        f"{outlook.kept * 100:.0f}",
        unit="%",
        tone=outlook.tone,
        note=outlook.note,
        formula=gettext(
            "Share of simulated courses of the published sequence, played from now, in which no "
            "step starts and no order ends later than the tolerance before Friday night."
        ),
        inputs=(
            (gettext("Simulated courses"), f"{survival.replications}"),
            (gettext("Tolerance"), f"{survival.tolerance_minutes / 60:.3g} working hours"),
            (gettext("Plan"), published.publication.plan_id if published else ""),
        ),
    )


def _late_figure(look: Look, orders: tuple[OrderLine, ...]) -> Explained:
    late = sum(order.is_late for order in orders)
    at_risk = sum(order.is_at_risk for order in orders)
    days = sum(order.tardiness_days for order in orders)
    return of_plan(
        look,
        gettext("Late customer orders"),
        f"{late}",
        unit=gettext("of %(all)d") % {"all": len(orders)},
        tone="late" if late else "risk" if at_risk else "held",
        note=gettext("%(count)d more at risk") % {"count": at_risk} if at_risk else "",
        href=reverse("board"),
        formula=gettext(
            "Order lines whose projected date lies after the day they are needed. At risk: on time "
            "in the schedule, but in less than %(share)d %% of the simulated weeks."
        )
        % {"share": round(AT_RISK_BELOW * 100)},
        inputs=(
            (gettext("Order lines in the plan"), f"{len(orders)}"),
            (gettext("Days late in all"), f"{days:.1f}"),
        ),
    )


def _assumptions_figure(look: Look, cards: tuple[AssumptionCard, ...]) -> Explained:
    refuted = sum(card.group == "refuted" for card in cards)
    watched = sum(card.group == "watch" for card in cards)
    return of_picture(
        look,
        gettext("Assumptions holding"),
        f"{len(cards) - refuted - watched}",
        unit=gettext("of %(all)d") % {"all": len(cards)},
        tone="late" if refuted else "risk" if watched else "held",
        note=_broken_words(refuted, watched),
        href=reverse("assumptions"),
        formula=gettext(
            "Numbers of the plan that the floor has not refuted. Each is tested every day; the "
            "odds asked for are so high that false alarms stay under one a week in all."
        ),
        inputs=(
            (gettext("Refuted"), f"{refuted}"),
            (gettext("On watch"), f"{watched}"),
        ),
    )


def _broken_words(refuted: int, watched: int) -> str:
    if not refuted and not watched:
        return gettext("none is in doubt")
    return gettext("%(refuted)d refuted, %(watched)d on watch") % {
        "refuted": refuted,
        "watched": watched,
    }


def _waiting_figure(look: Look, waiting: int) -> Explained:
    words = ngettext("decision is yours", "decisions are yours", waiting)
    return of_picture(
        look,
        gettext("Waiting for you"),
        f"{waiting}",
        unit=words,
        tone="risk" if waiting else "held",
        href=reverse("escalations"),
        formula=gettext("Open escalations whose decision right lies with your role."),
    )
