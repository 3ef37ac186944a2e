"""Commands that look and compute without changing anything: plan to trace."""

from __future__ import annotations

import argparse
from typing import Any

from throughline.cli.common import (
    Commands,
    add_command,
    add_now,
    add_seed,
    day,
    now_of,
    open_world,
    seconds,
    settings_of,
    whole,
)
from throughline.cli.output import Stopwatch, show, table

MESSAGES_SHOWN = 15
TRACED_SHOWN = 30


def add_commands(commands: Commands) -> None:
    """Enter the commands."""
    parser = add_command(commands, "plan", plan, "Demand to planned orders, with pegging.")
    parser.add_argument(
        "--horizon",
        type=whole(1, 1_000),
        dest="horizon_days",
        metavar="DAYS",
        help="calendar days to look ahead (56)",
    )
    _add_both(parser)
    parser = add_command(commands, "schedule", schedule, "The finite schedule of the plan.")
    parser.add_argument("--time-limit", type=seconds, metavar="S", help="stop improving after S s")
    parser.add_argument("--iterations", type=whole(0), help="bound the work instead of the time")
    parser.add_argument(
        "--objective",
        choices=("tardiness", "makespan"),
        default="tardiness",
        help="what to keep small: days late over all demands, or hours to the last end (tardiness)",
    )
    parser.add_argument("--operations", action="store_true", help="list every operation")
    _add_both(parser)
    parser = add_command(commands, "survive", survive, "How long the schedule is likely to hold.")
    parser.add_argument(
        "--replications", type=whole(1), metavar="N", help="how often the schedule is played (400)"
    )
    _add_both(parser)
    parser = add_command(commands, "assumptions", assumptions, "What the plan rests on, tested.")
    parser.add_argument(
        "--since", type=day, metavar="D", help="test against history from this day on"
    )
    _add_both(parser)
    parser = add_command(
        commands, "trace", trace, "The path from any id up to objectives and down."
    )
    parser.add_argument("id", help="table/key, or a bare id when it is unique")


def _add_both(parser: argparse.ArgumentParser) -> None:
    add_now(parser)
    add_seed(parser)


def plan(options: argparse.Namespace) -> None:
    """Plan without publishing."""
    from throughline.loop.current import basis_of
    from throughline.loop.propose import planned, scheduled
    from throughline.loop.report import orders_report, plan_report
    from throughline.model.options import Remedy

    watch, world = Stopwatch(), open_world(options)
    settings = settings_of(options)
    basis = basis_of(world, now_of(options, world), settings)
    made = planned(basis, basis.plant)
    # Lateness needs dates that machines can keep; one pass of the rule gives them.
    timed = scheduled(basis, made, basis.plant, Remedy(), iterations=0)
    report = {**plan_report(made, timed), "orders": orders_report(made), "seconds": watch.seconds}
    show(options, report, _readable_plan)


def _readable_plan(report: dict[str, Any]) -> str:
    messages = [(m["kind"], m["order"], m["reason"]) for m in report["messages"][:MESSAGES_SHOWN]]
    more = len(report["messages"]) - len(messages)
    return "\n".join(
        [
            f"{report['plan_id']} as of {report['as_of']}, {report['horizon_days']} days",
            (
                f"{report['demands']} customer orders, {report['late_demands']} projected late, "
                f"{report['total_tardiness_days']:.1f} days in all"
            ),
            (
                f"{report['planned_orders']} orders to make, {report['purchase_orders']} to buy, "
                f"{report['assumptions']} assumptions"
            ),
            "",
            table(messages, ("message", "order", "why")),
            *([f"... and {more} more messages"] if more > 0 else []),
        ]
    )


def schedule(options: argparse.Namespace) -> None:
    """Schedule without publishing."""
    import time as wall

    from throughline.loop.current import basis_of
    from throughline.loop.propose import planned
    from throughline.loop.report import schedule_report
    from throughline.model.codec import to_json
    from throughline.schedule.scheduling import make_schedule

    watch, world = Stopwatch(), open_world(options)
    settings = settings_of(options)
    basis = basis_of(world, now_of(options, world), settings)
    made = make_schedule(
        planned(basis, basis.plant),
        basis.plant,
        as_of=basis.now,
        objective=options.objective,
        seed=settings.seed,
        iterations=settings.iterations,
        time_limit=options.time_limit,
        clock=wall.monotonic,
    )
    report = {**schedule_report(made), "seconds": watch.seconds}
    if options.operations:
        report["schedule"] = [to_json(operation) for operation in made.operations]
    show(options, report, _readable_schedule)


def _readable_schedule(report: dict[str, Any]) -> str:
    return (
        f"{report['schedule_id']}: {report['operations']} operations by {report['rule']}, "
        f"{report['late_orders']} customer orders late by {report['total_tardiness']:.1f} days, "
        f"last operation ends after {report['makespan']:.0f} h ({report['status']}, "
        f"bound {report['bound']:.1f})"
    )


def survive(options: argparse.Namespace) -> None:
    """Survival of the published schedule, or of the one that would be published."""
    from throughline.loop.current import basis_of
    from throughline.loop.propose import propose
    from throughline.loop.report import survival_report
    from throughline.simulate.survival import survive as play

    watch, world = Stopwatch(), open_world(options)
    settings = settings_of(options)
    published = world.published()
    if published is None:
        found = propose(basis_of(world, now_of(options, world), settings)).survival
    else:
        found = play(
            published.schedule,
            world.picture().plant,
            replications=settings.replications,
            seed=settings.seed,
            tolerance_minutes=settings.tolerance_minutes,
        )
    show(options, {**survival_report(found), "seconds": watch.seconds}, _readable_survival)


def _readable_survival(report: dict[str, Any]) -> str:
    days = [
        (day[:10], f"{kept:.0%}") for day, kept in zip(report["days"], report["kept"], strict=True)
    ][:14]
    fragile = [(f["operation"], f"{f['share']:.0%}") for f in report["fragile"][:5]]
    return "\n\n".join(
        [table(days, ("end of", "plan kept")), table(fragile, ("breaks first", "share"))]
    )


def assumptions(options: argparse.Namespace) -> None:
    """Verdicts on the published plan, or on what would be published, back-tested with --since."""
    from dataclasses import replace

    from throughline.learn.hypotheses import test
    from throughline.loop.current import basis_of, verdicts
    from throughline.loop.propose import planned
    from throughline.loop.report import assumptions_report, refuted_before

    watch, world = Stopwatch(), open_world(options)
    settings, now = settings_of(options), now_of(options, world)
    if world.published() is not None and options.since is None:
        found = verdicts(world, now, settings)
    else:
        basis = basis_of(world, now, settings)
        stated = planned(basis, basis.plant).assumptions
        since = options.since or now
        found = test(
            tuple(replace(a, declared_at=since) for a in stated),
            basis.plant,
            now=now,
            alpha=settings.alpha,
            budget_per_week=settings.false_alarms_per_week,
        )
    report = assumptions_report(found, refuted_before(world, found))
    show(options, {**report, "seconds": watch.seconds}, _readable_assumptions)


def _readable_assumptions(report: dict[str, Any]) -> str:
    rows = [
        (
            v["standing"] if not v["opportunity"] else "opportunity",
            v["subject"],
            v["quantity"],
            v["value"],
            v["posterior"]["mean"],
            v["e_value"],
            v["n"],
            v["owner"],
        )
        for v in [*report["refuted"], *report["watch"], *report["opportunities"]]
    ]
    header = ("verdict", "subject", "quantity", "planned", "observed", "e-value", "days", "owner")
    lines = [f"{report['total']} assumptions, {report['holding']} holding"]
    return "\n".join([*lines, table(rows, header)] if rows else lines)


def trace(options: argparse.Namespace) -> None:
    """The path of an id, up to the objectives and down to the floor."""
    from throughline.loop.current import trace_of

    watch, world = Stopwatch(), open_world(options)
    graph = trace_of(world)
    node = graph.resolve(options.id)
    report = {
        "id": node.id,
        "name": node.label,
        "up": [step.as_json() for step in graph.up(node.id)],
        "down": [step.as_json() for step in graph.down(node.id)],
        "paths": [list(path) for path in graph.paths_up(node.id)],
        "seconds": watch.seconds,
    }
    show(options, report, _readable_trace)


def _readable_trace(report: dict[str, Any]) -> str:
    paths = [f"  {' <- '.join(path)}" for path in report["paths"]]
    up = [f"  {step['relation']} {step['name']}" for step in report["up"][:TRACED_SHOWN]]
    down = [f"  {step['relation']} {step['name']}" for step in report["down"][:TRACED_SHOWN]]
    return "\n".join(
        [
            report["name"],
            *(["serves these objectives:", *paths] if paths else []),
            *(["up:", *up] if up else []),
            *(["down:", *down] if down else []),
        ]
    )
