"""The throughline: from objectives over levers and requirements to what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from throughline.web.look import Look

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
    share: float
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
    return tuple(_card(standing, requirements) for standing in standings(look.plant, **facts))


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
    standing: ObjectiveStanding, requirements: Mapping[str, RequirementStanding]
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
            _line(requirements[key], share)
            for key, share in standing.requirements
            if key in requirements
        ),
    )


def _line(standing: RequirementStanding, share: float) -> RequirementLine:
    tone, words = _status(standing.status)
    return RequirementLine(
        id=standing.requirement,
        name=standing.name,
        measure=standing.measure,
        subject=standing.subject,
        baseline=_number(standing.baseline),
        target=_number(standing.target),
        actual=_number(standing.actual),
        unit=standing.unit,
        progress=standing.progress,
        share=share,
        tone=tone,
        status_words=words,
        because=standing.because,
        due_on=standing.due_on,
    )


def _status(status: StandingStatus) -> tuple[str, str]:
    return _TONES[status.value], gettext(_WORDS[status.value])


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
