"""
Where strategy stands today: every requirement against its target, every objective by what it rests
on.

An objective is at risk for one of two reasons: a requirement beneath it moves away from its target,
or something on the floor that carries it has broken. Both are told as a path in words. METHODS
section 1.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from throughline.model.plant import Plant
from throughline.model.strategy import Objective, Requirement
from throughline.strategy.cascade import Deployment, deploy
from throughline.strategy.trace import AtRisk, Trace, canonical

# In the last weeks before its date a requirement should have most of its way behind it.
_LAST_STRETCH = timedelta(weeks=4)
_MOST_OF_THE_WAY = 0.8
# A requirement decides how an objective stands when at least this share of it rests on it.
_DECISIVE_SHARE = 0.15


class StandingStatus(StrEnum):
    """How a requirement or an objective stands."""

    MET = "met"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    MISSED = "missed"
    UNKNOWN = "unknown"


# What is worse comes later. Not to know is worse than to have met, and better than to be under way.
SEVERITY = (
    StandingStatus.MET,
    StandingStatus.UNKNOWN,
    StandingStatus.ON_TRACK,
    StandingStatus.AT_RISK,
    StandingStatus.MISSED,
)


@dataclass(frozen=True, slots=True)
class RequirementStanding:
    """
    One requirement today.

    ``progress`` is the share of the way from baseline to target that is done, 0 to 1; None when it
    cannot be said. ``because`` says in a sentence why the status is what it is.
    """

    requirement: str
    name: str
    measure: str
    subject: str
    unit: str
    baseline: float | None
    target: float
    actual: float | None
    progress: float | None
    status: StandingStatus
    due_on: date | None
    because: str


@dataclass(frozen=True, slots=True)
class ObjectiveStanding:
    """
    One objective today.

    ``weight`` is its share among all objectives. ``progress`` is the mean over its requirements,
    weighted by how much of it rests on each; None when none is known. ``path`` leads in words from
    what decides the status up to the objective. ``requirements`` are those it rests on, the most
    important first, each with its share.
    """

    objective: str
    name: str
    weight: float
    status: StandingStatus
    progress: float | None
    path: tuple[str, ...]
    because: str
    due_on: date | None
    requirements: tuple[tuple[str, float], ...]


def standings(
    plant: Plant,
    *,
    measured: Mapping[str, float | None],
    broken: Mapping[str, str],
    as_of: datetime,
    quantities: Mapping[str, str] | None = None,
) -> tuple[ObjectiveStanding, ...]:
    """
    Every objective, the worst and heaviest first.

    Parameters
    ----------
    plant
        The records that hold.
    measured
        Today's value per requirement id, in the requirement's unit; None or missing when it cannot
        be measured.
    broken
        Things on the floor whose assumptions were refuted, as table/key, each with a sentence that
        says so.
    as_of
        The moment looked from.
    quantities
        Which quantity of each broken thing it is (``availability``, ``yield``), where known.

    Raises
    ------
    DataError
        When the arrows of the strategy form a cycle.
    """
    deployment, trace = deploy(plant), Trace(plant, has_orders=False)
    risks = {
        risk.objective: risk for risk in trace.objectives_at_risk(broken, quantities=quantities)
    }
    beneath = requirement_standings(
        plant, measured=measured, broken=broken, as_of=as_of, quantities=quantities
    )
    of_requirements = {standing.requirement: standing for standing in beneath}
    found = [
        _objective(objective, deployment, of_requirements, risks.get(key), trace, broken)
        for key, objective in sorted(plant.objectives.items())
    ]
    return tuple(sorted(found, key=lambda s: (-SEVERITY.index(s.status), -s.weight, s.objective)))


def requirement_standings(
    plant: Plant,
    *,
    measured: Mapping[str, float | None],
    broken: Mapping[str, str],
    as_of: datetime,
    quantities: Mapping[str, str] | None = None,
) -> tuple[RequirementStanding, ...]:
    """
    Every requirement, in order of id.

    One that meets its target or is on its way is at risk all the same when the way from something
    broken on the floor to an objective leads over it.
    """
    shaken: dict[str, str] = {}
    trace = Trace(plant, has_orders=False)
    for subject, sentence in sorted(broken.items()):
        for risk in trace.objectives_at_risk((subject,), quantities=quantities):
            for element in risk.path:
                table, _, key = element.partition("/")
                if table == "requirements":
                    shaken.setdefault(key, sentence)
    return tuple(
        _requirement(requirement, measured.get(key), shaken.get(key, ""), as_of)
        for key, requirement in sorted(plant.requirements.items())
    )


def progress_of(requirement: Requirement, actual: float) -> float | None:
    """
    Share of the way from baseline to target that is done: ``clip((actual - baseline) / (target -
    baseline), 0, 1)``.

    1 when the target is met whatever the baseline says; None when there is no way to measure by,
    because the baseline is missing or lies at or beyond the target.
    """
    if meets(requirement, actual):
        return 1.0
    if requirement.baseline is None or meets(requirement, requirement.baseline):
        return None
    way = requirement.target - requirement.baseline
    return min(max((actual - requirement.baseline) / way, 0.0), 1.0)


def meets(requirement: Requirement, value: float) -> bool:
    """Whether a value is at least, or for an upper limit at most, the target."""
    if requirement.higher_is_better:
        return value >= requirement.target
    return value <= requirement.target


def _requirement(
    requirement: Requirement, actual: float | None, sentence: str, as_of: datetime
) -> RequirementStanding:
    progress = None if actual is None else progress_of(requirement, actual)
    status, because = _status(requirement, actual, progress, as_of)
    if sentence and status is not StandingStatus.MISSED:
        status, because = StandingStatus.AT_RISK, sentence
    return RequirementStanding(
        requirement=requirement.id,
        name=requirement.name,
        measure=requirement.measure,
        subject=requirement.subject,
        unit=requirement.unit,
        baseline=requirement.baseline,
        target=requirement.target,
        actual=actual,
        progress=progress,
        status=status,
        due_on=requirement.due_on,
        because=because,
    )


def _status(
    requirement: Requirement, actual: float | None, progress: float | None, as_of: datetime
) -> tuple[StandingStatus, str]:
    if requirement.baseline == requirement.target:
        same = f"Baseline and target are both {requirement.target:g}"
        return StandingStatus.UNKNOWN, f"{same}: state where it stood, or another target."
    if actual is None:
        return StandingStatus.UNKNOWN, "Nothing has been measured yet."
    said = f"Now {_said(requirement, actual)}, target {_said(requirement, requirement.target)}"
    if meets(requirement, actual):
        return StandingStatus.MET, f"{said}: met."
    today = as_of.astimezone(UTC).date()
    if requirement.due_on is not None and requirement.due_on < today:
        return StandingStatus.MISSED, f"{said}, due {requirement.due_on:%d %b %Y}: missed."
    if progress is None:
        return StandingStatus.AT_RISK, f"{said}: worse than where it stood."
    if progress <= 0 and not _stands_at_baseline(requirement, actual):
        stood = _said(requirement, requirement.baseline or 0.0)
        return StandingStatus.AT_RISK, f"{said}: worse than the {stood} it stood at."
    is_close = requirement.due_on is not None and requirement.due_on - today <= _LAST_STRETCH
    if is_close and progress < _MOST_OF_THE_WAY:
        return (
            StandingStatus.AT_RISK,
            f"{said}, due {requirement.due_on:%d %b %Y}: {progress:.0%} of the way done.",
        )
    return StandingStatus.ON_TRACK, f"{said}: {progress:.0%} of the way done."


def _said(requirement: Requirement, value: float) -> str:
    """A value as people say it: shares in percent, the rest with its unit."""
    if requirement.unit == "fraction":
        return f"{value * 100:.1f} %"
    return f"{value:.3g} {requirement.unit}".rstrip()


def _stands_at_baseline(requirement: Requirement, actual: float) -> bool:
    return requirement.baseline is not None and math.isclose(actual, requirement.baseline)


def _objective(
    objective: Objective,
    deployment: Deployment,
    of_requirements: Mapping[str, RequirementStanding],
    risk: AtRisk | None,
    trace: Trace,
    broken: Mapping[str, str],
) -> ObjectiveStanding:
    shares = _shares(objective.id, deployment)
    decisive = [pair for pair in shares if pair[1] >= _DECISIVE_SHARE] or shares[:1]
    beneath = [(of_requirements[key], share) for key, share in decisive]
    worst = max(beneath, key=lambda p: (SEVERITY.index(p[0].status), p[1]), default=None)
    status = StandingStatus.UNKNOWN if worst is None else worst[0].status
    path: tuple[str, ...] = (objective.name,)
    because = "No requirement carries it: say what production must be able to do for it."
    if worst is not None:
        because = worst[0].because
        path = _path_in_words(trace, f"requirements/{worst[0].requirement}", objective.id)
    if risk is not None and status is not StandingStatus.MISSED:
        status = StandingStatus.AT_RISK
        because = _sentence(broken, risk.path[0])
        path = (because, *(trace.node(element).label for element in risk.path[1:]))
    return ObjectiveStanding(
        objective=objective.id,
        name=objective.name,
        weight=deployment.weights[objective.id],
        status=status,
        progress=_progress([(of_requirements[key], share) for key, share in shares]),
        path=path,
        because=because,
        due_on=objective.due_on,
        requirements=shares,
    )


def _shares(objective: str, deployment: Deployment) -> tuple[tuple[str, float], ...]:
    """Requirements that help the objective, with the share of it that rests on each."""
    shares = [(r, s) for (o, r), s in deployment.sight.items() if o == objective and s > 0]
    return tuple(sorted(shares, key=lambda pair: (-pair[1], pair[0])))


def _progress(beneath: Sequence[tuple[RequirementStanding, float]]) -> float | None:
    known = [(s.progress, share) for s, share in beneath if s.progress is not None]
    total = math.fsum(share for _, share in known)
    if total <= 0:
        return None
    return math.fsum(progress * share for progress, share in known) / total


def _path_in_words(trace: Trace, element: str, objective: str) -> tuple[str, ...]:
    for path in trace.paths_up(element):
        if path[-1] == f"objectives/{objective}":
            return tuple(trace.node(step).label for step in path)
    return (trace.node(f"objectives/{objective}").label,)


def _sentence(broken: Mapping[str, str], element: str) -> str:
    return next(said for subject, said in broken.items() if canonical(subject) == element)
