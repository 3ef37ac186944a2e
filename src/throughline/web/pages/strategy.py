"""The throughline: from objectives over levers and requirements to what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from throughline.web.look import Look
from throughline.web.words import subject_words

if TYPE_CHECKING:
    from throughline.strategy.map import StrategyMap
    from throughline.strategy.standing import (
        ObjectiveStanding,
        RequirementStanding,
        StandingStatus,
    )

_TONES = {
    "met": "held",
    "on_track": "held",
    "at_risk": "risk",
    "missed": "late",
    "unknown": "neutral",
}
_WORDS = {
    "met": _("Met"),
    "on_track": _("On track"),
    "at_risk": _("At risk"),
    "missed": _("Missed"),
    "unknown": _("Not known"),
}

_SHARE = "fraction"
_MEASURES = {
    "availability": _("Availability"),
    "effectiveness": _("Effectiveness"),
    "technical_efficiency": _("Technical efficiency"),
    "oee": _("Overall equipment effectiveness"),
    "load_fraction": _("Load"),
    "first_pass_yield": _("First pass yield"),
    "quality_ratio": _("Quality ratio"),
    "energy_kwh_per_unit": _("Electricity per unit"),
    "on_time_fraction": _("Share of order lines delivered in time"),
    "sources": _("Approved sources"),
    "attendance": _("Attendance"),
}


@dataclass(frozen=True, slots=True)
class RequirementLine:
    """What production must be able to do, where it stands, and how much rests on it."""

    id: str
    name: str
    measure: str
    subject: str
    baseline: str
    target: str
    actual: str
    unit: str
    progress: float | None
    share: str
    tone: str
    status_words: str
    because: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class ObjectiveCard:
    """One objective: its standing, why, and the path that decides it."""

    id: str
    name: str
    weight: float
    tone: str
    status_words: str
    is_at_risk: bool
    reason: str
    path: tuple[str, ...]
    progress: float | None
    due_on: date | None
    requirements: tuple[RequirementLine, ...]


@dataclass(frozen=True, slots=True)
class StrategyPage:
    """The map and every objective under it."""

    map: dict[str, Any]
    objectives: tuple[ObjectiveCard, ...]


def strategy_page(look: Look) -> StrategyPage:
    """The whole page."""
    return StrategyPage(map_data(look), objective_cards(look))


def objective_cards(look: Look) -> tuple[ObjectiveCard, ...]:
    """Every objective, the worst and heaviest first."""
    if not look.plant.objectives:
        return ()
    from throughline.strategy.standing import requirement_standings, standings

    facts = _facts(look)
    requirements = {
        standing.requirement: standing for standing in requirement_standings(look.plant, **facts)
    }
    return tuple(_card(look, standing, requirements) for standing in standings(look.plant, **facts))


def map_data(look: Look) -> dict[str, Any]:
    """The map as the island draws it."""
    if not look.plant.objectives:
        return {"nodes": [], "links": []}
    from throughline.strategy.map import strategy_map

    found = strategy_map(look.plant, **_facts(look))
    return _as_island(found, look)


def _facts(look: Look) -> dict[str, Any]:
    from throughline.loop.current import strategy_facts

    facts = strategy_facts(look.plant, look.verdicts(), look.now)
    return {
        "measured": facts.measured,
        "broken": {subject: said for subject, said in facts.broken.items() if look.shows(subject)},
        "quantities": facts.quantities,
        "as_of": facts.as_of,
    }


def _as_island(found: StrategyMap, look: Look) -> dict[str, Any]:
    nodes = [
        {
            "id": node.id,
            "layer": node.layer,
            "label": node.label,
            "status": _TONES.get(node.status, "neutral"),
            "value": f"{node.share * 100:.0f} %" if node.share else "",
            "note": node.detail,
        }
        for node in found.nodes
        if look.shows(node.id)
    ]
    shown = {node["id"] for node in nodes}
    links = [
        {
            "source": edge.source,
            "target": edge.target,
            "strength": edge.strength,
            "sign": edge.sign,
        }
        for edge in found.edges
        if edge.source in shown and edge.target in shown
    ]
    return {"nodes": nodes, "links": links}


def _card(
    look: Look, standing: ObjectiveStanding, requirements: Mapping[str, RequirementStanding]
) -> ObjectiveCard:
    tone, words = _status(standing.status)
    return ObjectiveCard(
        id=standing.objective,
        name=standing.name,
        weight=standing.weight,
        tone=tone,
        status_words=words,
        is_at_risk=tone in ("risk", "late"),
        reason=standing.because,
        path=standing.path,
        progress=standing.progress,
        due_on=standing.due_on,
        requirements=tuple(
            _line(look, requirements[key], share)
            for key, share in standing.requirements
            if key in requirements
        ),
    )


def _line(look: Look, standing: RequirementStanding, share: float) -> RequirementLine:
    tone, words = _status(standing.status)
    return RequirementLine(
        id=standing.requirement,
        name=standing.name,
        measure=gettext(_MEASURES.get(standing.measure, standing.measure)),
        subject=subject_words(standing.subject, look.plant) or gettext("the whole company"),
        baseline=_number(standing.baseline, standing.unit),
        target=_number(standing.target, standing.unit),
        actual=_number(standing.actual, standing.unit),
        unit=_unit(standing.unit),
        progress=standing.progress,
        share=f"{share * 100:.0f} %",
        tone=tone,
        status_words=words,
        because=standing.because,
        due_on=standing.due_on,
    )


def _status(status: StandingStatus) -> tuple[str, str]:
    return _TONES[status.value], gettext(_WORDS[status.value])


def _number(value: float | None, unit: str) -> str:
    """A figure as people say it: shares in per cent, with the digits that mean something."""
    if value is None:
        return "–"
    return f"{value * 100:.1f}" if unit == _SHARE else f"{value:.3g}"


def _unit(unit: str) -> str:
    return "%" if unit == _SHARE else unit
