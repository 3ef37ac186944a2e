"""Commands that say how it went on the floor: key figures, machine states, losses, flow."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from throughline.cli.common import Commands, add_command, day, open_world
from throughline.cli.output import Stopwatch, show, table
from throughline.model.codec import moment_text, to_json
from throughline.model.plant import Plant

SHOWN = 20
KPI_SCOPES = (
    "site", "work_center", "equipment", "person", "material", "order", "supplier", "reason",
    "day", "week", "month", "year",
)  # fmt: skip
_CONDITIONS = (
    "producing", "setup", "delayed", "down", "maintenance", "unmanned", "idle", "unobserved",
)  # fmt: skip


def add_commands(commands: Commands) -> None:
    """Enter the commands."""
    parser = add_command(commands, "kpis", kpis, "ISO 22400 and delivery KPIs from events.")
    add_stretch(parser)
    parser.add_argument(
        "--by", choices=KPI_SCOPES, help="one row for each of these; default: one row for all"
    )
    parser = add_command(
        commands, "states", states, "Hours of machines in each state, and how much was observed."
    )
    add_stretch(parser)
    parser.add_argument(
        "--longest",
        type=_hours,
        metavar="HOURS",
        help="leave out stretches that are longer, and say how much that is",
    )
    parser = add_command(commands, "losses", losses, "What stopped machines, the worst first.")
    add_stretch(parser)
    parser.add_argument(
        "--by",
        choices=("reason", "cause", "equipment", "order", "condition"),
        default="reason",
        help="one line for each of these (reason)",
    )
    parser.add_argument(
        "--condition",
        action="append",
        choices=_CONDITIONS,
        help="which conditions are losses; may be given again (down)",
    )
    parser.add_argument(
        "--share",
        type=_share,
        default=0.8,
        help="tell how many lines make up this share of the loss (0.8)",
    )
    parser = add_command(
        commands, "alerts", alerts, "Warnings and faults, the most frequent first."
    )
    add_stretch(parser)
    parser.add_argument("--level", choices=("warning", "fault"), help="only these")
    parser = add_command(
        commands, "flow", flow, "Lead times, ways through the shop, and who was busy."
    )
    add_stretch(parser)
    parser.add_argument(
        "--by",
        choices=("work_center", "equipment", "person", "material"),
        default="work_center",
        help="whose load is shown (work_center)",
    )


def add_stretch(parser: argparse.ArgumentParser) -> None:
    """``--from`` and ``--to``."""
    parser.add_argument("--from", dest="since", type=day, metavar="D", help="first day")
    parser.add_argument("--to", dest="until", type=day, metavar="D", help="day after the last")


def _hours(text: str) -> timedelta:
    try:
        found = float(text)
        if not 0 < found < timedelta.max.days:
            raise ValueError
    except ValueError:
        message = f'"{text}" is not a number of hours such as 24'
        raise argparse.ArgumentTypeError(message) from None
    return timedelta(hours=found)


def _share(text: str) -> float:
    try:
        found = float(text)
        if not 0 < found <= 1:
            raise ValueError
    except ValueError:
        message = f'"{text}" is not a share such as 0.8'
        raise argparse.ArgumentTypeError(message) from None
    return found


def look(options: argparse.Namespace) -> tuple[Plant, datetime | None, datetime]:
    """The plant, and the stretch that was asked for; without an end it goes to tomorrow."""
    world = open_world(options)
    until = options.until or world.now() + timedelta(days=1)
    return world.picture().plant, options.since, until


def stretch(since: datetime | None, until: datetime) -> dict[str, str | None]:
    """What was looked at, as every report says it."""
    return {"from": moment_text(since) if since else None, "to": moment_text(until)}


def kpis(options: argparse.Namespace) -> None:
    """KPIs from confirmed work."""
    from throughline.learn.kpis import kpis as compute

    watch = Stopwatch()
    plant, since, until = look(options)
    found = compute(plant, since=since, until=until, by=options.by)
    show(options, {**found.as_json(), "seconds": watch.seconds}, _readable_kpis)


_KPI_COLUMNS = (
    "scope", "orders_completed", "orders_late", "late_ratio", "produced_quantity", "scrap_ratio",
    "availability", "effectiveness", "quality_ratio", "oee", "observed_ratio",
)  # fmt: skip
_WORK_COLUMNS = (
    "scope", "operations", "operations_late", "unit_busy_hours", "produced_quantity", "scrap_ratio",
    "effectiveness", "quality_ratio", "mean_end_slip_minutes",
)  # fmt: skip
_KPI_COLUMNS_OF = {
    "person": _WORK_COLUMNS,
    "work_center": (*_WORK_COLUMNS, "availability", "oee", "observed_ratio"),
    "equipment": (*_WORK_COLUMNS, "availability", "oee", "observed_ratio"),
    "supplier": (
        "scope", "purchase_lines_received", "purchase_lines_late", "purchase_late_ratio",
        "mean_purchase_lead_time_days", "median_purchase_lead_time_days", "purchase_value_eur",
    ),
    "reason": ("scope", "breakdowns", "down_hours", "mttr_hours", "idle_hours", "unmanned_hours"),
}  # fmt: skip


def _readable_kpis(report: dict[str, Any]) -> str:
    return columns(report["rows"], _KPI_COLUMNS_OF.get(report["by"], _KPI_COLUMNS))


def states(options: argparse.Namespace) -> None:
    """Hours per machine and word of its controller."""
    from throughline.learn.states import machine_use, state_hours

    watch = Stopwatch()
    plant, since, until = look(options)
    rows = state_hours(plant, since=since, until=until, longest=options.longest)
    report = {
        **stretch(since, until),
        "machines": to_json(machine_use(rows)),
        "states": to_json(rows),
        "seconds": watch.seconds,
    }
    show(options, report, _readable_states)


def _readable_states(report: dict[str, Any]) -> str:
    # Faults over the states of a machine that states itself are many; `alerts` counts them.
    telling = {m["equipment"] for m in report["machines"] if m["utilisation"] is not None}
    rows = [
        row
        for row in report["states"]
        if row["condition"] != "down" or row["equipment"] not in telling
    ]
    return "\n\n".join([columns(report["machines"], _USE_COLUMNS), columns(rows, _STATE_COLUMNS)])


_USE_COLUMNS = (
    "equipment", "producing_hours", "observed_hours", "unobserved_hours", "left_out_hours",
    "utilisation", "observed_ratio",
)  # fmt: skip
_STATE_COLUMNS = ("equipment", "condition", "word", "stretches", "hours", "longest_minutes")


def losses(options: argparse.Namespace) -> None:
    """The Pareto of stops."""
    from throughline.learn.losses import needed_for, order_times, stops
    from throughline.model.responses import EquipmentCondition

    watch = Stopwatch()
    plant, since, until = look(options)
    conditions = [EquipmentCondition(word) for word in options.condition or ("down",)]
    rows = stops(plant, since=since, until=until, by=options.by, conditions=conditions)
    times = order_times(plant)
    open_minutes = [t for t in times if t.unexplained is not None and abs(t.unexplained) >= 1]
    report = {
        **stretch(since, until),
        "by": options.by,
        "minutes": sum(row.minutes for row in rows),
        "losses": to_json(rows),
        "share": options.share,
        "needed": needed_for(rows, options.share),
        "orders_with_unexplained_minutes": [
            {**to_json(t), "unexplained": t.unexplained} for t in open_minutes
        ],
        "seconds": watch.seconds,
    }
    show(options, report, _readable_losses)


def _readable_losses(report: dict[str, Any]) -> str:
    rows, needed = report["losses"], report["needed"]
    head = (
        f"{report['minutes'] / 60:.1f} h lost; {needed} of {len(rows)} lines "
        f"{'makes' if needed == 1 else 'make'} up {report['share']:.0%} of it"
    )
    names = ("name", "minutes", "stops", "share", "cumulative")
    return "\n".join([head, "", columns(rows, names)])


def alerts(options: argparse.Namespace) -> None:
    """The Pareto of alerts."""
    from throughline.learn.losses import alerts as counted
    from throughline.model.responses import AlertLevel

    watch = Stopwatch()
    plant, since, until = look(options)
    level = AlertLevel(options.level) if options.level else None
    rows = counted(plant, since=since, until=until, level=level)
    report = {
        **stretch(since, until),
        "alerts": to_json(rows),
        "total": sum(row.count for row in rows),
        "seconds": watch.seconds,
    }
    names = ("count", "equipment", "level", "component", "text")
    show(options, report, lambda found: columns(found["alerts"], names))


def flow(options: argparse.Namespace) -> None:
    """Lead times, variants, loads, overlaps."""
    from throughline.learn import flow as measured

    watch = Stopwatch()
    plant, since, until = look(options)
    ways = measured.variants(plant)
    report = {
        **stretch(since, until),
        "lead_times": to_json(measured.lead_times(plant, since=since, until=until)),
        "by": options.by,
        "loads": to_json(measured.loads(plant, options.by, since=since, until=until)),
        "report_kinds": to_json(measured.report_kinds(plant)),
        "rework_reports": measured.rework_reports(plant),
        "reports_without_length": measured.reports_without_length(plant),
        "variants": len(ways),
        "most_frequent_variants": to_json(ways[:SHOWN]),
        "overlaps": {
            by: {
                "reported": to_json(measured.overlaps(plant, by)),
                "planned": to_json(measured.overlaps(plant, by, planned=True)),
            }
            for by in ("equipment", "person")
        },
        "seconds": watch.seconds,
    }
    show(options, report, _readable_flow)


def _readable_flow(report: dict[str, Any]) -> str:
    times = report["lead_times"]
    head = f"{times['orders']} orders finished, {report['variants']} ways through the shop"
    if times["mean_days"] is not None:
        head += (
            f"; lead time {times['mean_days']:.1f} days on average, {times['median_days']:.1f} in "
            f"the middle, {times['max_days']:.1f} at most ({times['longest']})"
        )
    names = ("name", "reports", "hours", "planned_hours")
    return "\n".join([head, "", columns(report["loads"], names)])


def columns(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> str:
    """Some columns of rows, as aligned text."""
    return table([[row.get(name) for name in names] for row in rows], names)
