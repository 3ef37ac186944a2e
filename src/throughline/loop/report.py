"""What the command line and the API say about artefacts: one shape for both, JSON values only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from throughline.loop.propose import Proposal
from throughline.loop.turn import Replan, Turn
from throughline.loop.world import World
from throughline.model.assumptions import Standing, Verdict
from throughline.model.codec import moment_text, to_json
from throughline.model.decisions import Decision, Escalation, Refutation
from throughline.model.materials import Procurement
from throughline.model.options import Option, options_of
from throughline.model.plan import DemandKind, Plan, SupplyState
from throughline.model.schedule import Schedule, ScheduleChange, Survival
from throughline.schedule.scheduling import gap
from throughline.strategy.standing import ObjectiveStanding, StandingStatus

Json = dict[str, Any]
FRAGILE_SHOWN = 20


def plan_report(plan: Plan, schedule: Schedule) -> Json:
    """The ``plan`` command: what is to be made and bought, and for whom it comes late."""
    planned = [order for order in plan.orders if order.state is SupplyState.PLANNED]
    return {
        "plan_id": plan.id,
        "hash": plan.content_hash,
        "sequence": plan.sequence,
        "as_of": moment_text(plan.as_of),
        "horizon_days": plan.horizon_days,
        "demands": sum(demand.kind is DemandKind.ORDER for demand in plan.demands),
        "forecasts": sum(demand.kind is DemandKind.FORECAST for demand in plan.demands),
        "late_demands": schedule.late_orders,
        "total_tardiness_days": figure(schedule.total_tardiness_days),
        "planned_orders": sum(o.procurement is Procurement.MAKE for o in planned),
        "purchase_orders": sum(o.procurement is Procurement.BUY for o in planned),
        "messages": [
            {"kind": m.kind.value, "order": m.order, "material": m.material, "reason": m.reason}
            for m in plan.messages
        ],
        "loads": [to_json(load) for load in plan.loads],
        "assumptions": len(plan.assumptions),
    }


def orders_report(plan: Plan) -> list[Json]:
    """Every supply of a plan with its pegs."""
    return [to_json(order) for order in plan.orders]


def schedule_report(schedule: Schedule) -> Json:
    """The ``schedule`` command: how good the schedule is, and how good it could be at most."""
    return {
        "schedule_id": schedule.id,
        "hash": schedule.content_hash,
        "plan_id": schedule.plan_id,
        "objective": schedule.objective,
        "rule": schedule.rule,
        "operations": len(schedule.operations),
        "makespan": figure(schedule.makespan_hours),
        "total_tardiness": figure(schedule.total_tardiness_days),
        "late_orders": schedule.late_orders,
        "bound": figure(schedule.bound),
        "gap": figure(gap(schedule)),
        "status": "feasible" if gap(schedule) else "optimal",
        "iterations": schedule.iterations,
        "unscheduled": list(schedule.unscheduled),
    }


def survival_report(survival: Survival) -> Json:
    """The ``survive`` command: how long the plan is likely to be kept, and what breaks it first."""
    return {
        "days": [moment_text(day) for day in survival.days],
        "kept": [figure(share) for share in survival.kept],
        "orders": [{"order": o, "p_on_time": figure(p)} for o, p in survival.p_on_time],
        "fragile": [
            {"operation": o, "share": figure(s)} for o, s in survival.fragile[:FRAGILE_SHOWN]
        ],
        "replications": survival.replications,
        "tolerance_minutes": survival.tolerance_minutes,
    }


def assumptions_report(verdicts: Sequence[Verdict], refuted_before: int = 0) -> Json:
    """The ``assumptions`` command: what the plan rests on and what the evidence says of it."""
    refuted = [v for v in verdicts if v.standing is Standing.REFUTED]
    return {
        "total": len(verdicts) + refuted_before,
        "holding": sum(v.standing is Standing.HOLDING for v in verdicts),
        "refuted_before": refuted_before,
        "watch": [verdict_report(v) for v in verdicts if v.standing is Standing.WATCH],
        "refuted": [verdict_report(v) for v in refuted if not v.is_opportunity],
        "opportunities": [verdict_report(v) for v in refuted if v.is_opportunity],
    }


def verdict_report(verdict: Verdict) -> Json:
    """One assumption with its evidence."""
    assumption = verdict.assumption
    return {
        "id": assumption.id,
        "subject": assumption.subject,
        "quantity": assumption.quantity.value,
        "value": figure(assumption.value),
        "tolerance": [figure(assumption.low), figure(assumption.high)],
        "standing": verdict.standing.value,
        "e_value": figure(verdict.e_value),
        "threshold": figure(verdict.threshold),
        "posterior": {
            "mean": figure(verdict.posterior.mean),
            "low": figure(verdict.posterior.low),
            "high": figure(verdict.posterior.high),
        },
        "n": verdict.n,
        "owner": assumption.owner,
        "opportunity": verdict.is_opportunity,
    }


def option_report(option: Option) -> Json:
    """One option of an escalation."""
    return {
        "id": option.id,
        "action": option.action.value,
        "description": option.description,
        "cost": figure(option.cost_eur),
        "tardiness_cost": figure(option.tardiness_eur),
        "late_orders": option.late_orders,
        "p_kept": figure(option.p_kept),
        "operations_moved": option.operations_moved,
    }


def escalation_report(raised: Escalation, decision: Decision | None) -> Json:
    """One escalation with its options and, when there is one, its decision."""
    return {
        "id": raised.id,
        "assumption": raised.assumption,
        "subject": raised.subject,
        "statement": raised.statement,
        "role": raised.role.value,
        "tier": raised.tier,
        "raised_at": moment_text(raised.raised_at),
        "decide_by": moment_text(raised.decide_by),
        "status": raised.status.value,
        "recommended": raised.recommended,
        "reason": raised.reason,
        "options": [option_report(option) for option in options_of(raised)],
        "decision": None if decision is None else decision_report(decision),
    }


def escalations_report(world: World) -> list[Json]:
    """Every escalation there ever was, in order of its raising."""
    plant = world.picture().plant
    decisions = {d.escalation: d for d in plant.records(Decision).values()}
    raised = sorted(plant.records(Escalation).values(), key=lambda e: (e.raised_at, e.id))
    return [escalation_report(e, decisions.get(e.id)) for e in raised]


def decision_report(decision: Decision) -> Json:
    """One decision."""
    return {
        "id": decision.id,
        "escalation": decision.escalation,
        "option": decision.option,
        "by": decision.by,
        "role": decision.role.value,
        "at": moment_text(decision.at),
        "why": decision.why,
        "latency_minutes": figure(decision.latency_minutes),
    }


def change_report(change: ScheduleChange) -> Json:
    """One change of the schedule, explained."""
    operation = change.after or change.before
    return {
        "operation": "" if operation is None else operation.id,
        "before": None if change.before is None else _place(change.before),
        "after": None if change.after is None else _place(change.after),
        "explanation": change.explanation,
    }


def _place(operation: Any) -> Json:
    return {
        "equipment": operation.equipment,
        "start": moment_text(operation.setup_start),
        "end": moment_text(operation.end),
    }


def replan_report(replan: Replan) -> Json:
    """One replan: when, why, how much moved."""
    return {"at": moment_text(replan.at), "trigger": replan.trigger, "changes": replan.changes}


def turn_report(turn: Turn) -> Json:
    """The ``turn`` command."""
    replan = turn.replan
    return {
        "sequence": turn.sequence,
        "at": moment_text(turn.at),
        "findings": [to_json(finding) for finding in turn.findings],
        "weak_findings": [to_json(finding) for finding in turn.weak_findings],
        "escalations": [escalation_report(e, None) for e in turn.escalations],
        "decisions": [decision_report(d) for d in turn.decisions],
        "proposal": {"changes": [] if replan is None else changes_report(replan.proposal)},
        "published": None if replan is None else replan.proposal.plan.id,
        "trigger": "" if replan is None else replan.trigger,
        "released": turn.released,
        "lessons": [to_json(lesson) for lesson in turn.lessons],
    }


def changes_report(proposal: Proposal) -> list[Json]:
    """The list of changes of a proposal, in the order in which they are applied."""
    return [change_report(change) for change in proposal.changes]


def strategy_report(standings: Iterable[ObjectiveStanding]) -> Json:
    """Every objective: whether it is at risk, and by which path."""
    return {
        "objectives": [
            {
                "id": standing.objective,
                "name": standing.name,
                "at_risk": standing.status in (StandingStatus.AT_RISK, StandingStatus.MISSED),
                "status": standing.status.value,
                "path": list(standing.path),
            }
            for standing in standings
        ]
    }


def refuted_before(world: World, verdicts: Sequence[Verdict]) -> int:
    """Refuted assumptions that the published plan no longer rests on."""
    current = {verdict.assumption.id for verdict in verdicts}
    return sum(1 for key in world.picture().plant.records(Refutation) if key not in current)


def figure(value: float) -> float:
    """A number as it is told: six decimals are more than anybody measured."""
    return round(value, 6) + 0.0


def moments(days: Iterable[datetime]) -> list[str]:
    """Moments as text."""
    return [moment_text(day) for day in days]
