"""Commands that say how far the record can be trusted: trust, lineage, readiness."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from throughline.cli.common import Commands, add_command, add_now, now_of, open_world
from throughline.cli.output import Stopwatch, show, table, tell

SHOWN = 20


def add_commands(commands: Commands) -> None:
    """Enter the commands."""
    parser = add_command(commands, "trust", trust, "Sources, feeds, conflicts and what is weak.")
    add_now(parser)
    parser = add_command(
        commands, "lineage", lineage, "The events that a record or a figure comes from."
    )
    parser.add_argument(
        "id", help="table/key, a bare id when it is unique, an assumption, planned order or KPI"
    )
    parser.add_argument("--prov", type=Path, metavar="FILE", help="write it as W3C PROV-JSON")
    add_now(parser)
    parser = add_command(
        commands, "readiness", readiness, "What to mend first in the data, by the plan it touches."
    )
    add_now(parser)


def trust(options: argparse.Namespace) -> None:
    """Say how good every feed is, where sources differ, and what is weakest."""
    from throughline.loop.trust import clocks_of, trust_report

    watch, world = Stopwatch(), open_world(options)
    report = trust_report(world, now=now_of(options, world)).as_json()
    clocks = [clock.as_json() for clock in clocks_of(world).values()]
    show(options, {**report, "clocks": clocks, "seconds": watch.seconds}, _readable_trust)


def _readable_trust(report: dict[str, Any]) -> str:
    feeds = [
        (
            feed["source"],
            feed["table"],
            "yes" if feed["is_registered"] else "no",
            feed["rows"],
            *(feed[name]["value"] for name in MEASURES),
        )
        for feed in report["feeds"]
    ]
    header = ("source", "table", "registered", "rows", *MEASURES)
    parts = [table(feeds, header) if feeds else "No source was heard yet."]
    parts += [f"{c['subject']} {c['column']}: {c['reason']}" for c in report["conflicts"][:SHOWN]]
    if len(report["conflicts"]) > SHOWN:
        parts.append(f"... and {len(report['conflicts']) - SHOWN} conflicts more")
    parts += [b["statement"] for b in report["balances"] if not b["is_consistent"]]
    wrong = [clock for clock in report["clocks"] if clock["ahead"] or clock["jumps"]]
    parts += [f"clock of {clock['source']}: {clock['statement']}" for clock in wrong]
    weak = [
        (w["value"], w["source"], w["table"], w["measure"], w["reason"]) for w in report["weakest"]
    ]
    if weak:
        parts.append(table(weak, ("worth", "source", "table", "weakest", "why")))
    return "\n\n".join(parts)


MEASURES = ("freshness", "validity", "completeness", "consistency", "uniqueness", "trust")


def lineage(options: argparse.Namespace) -> None:
    """Say which events a figure comes from, how old they are and how far they are trusted."""
    from throughline.loop.lineage import lineage as lineage_of
    from throughline.picture.prov import to_prov

    watch, world = Stopwatch(), open_world(options)
    found = lineage_of(world, options.id, now=now_of(options, world))
    if options.prov is not None:
        text = json.dumps(to_prov(found), ensure_ascii=False, indent=1, sort_keys=True)
        options.prov.write_text(text + "\n", encoding="utf-8")
        tell(f"wrote {options.prov}")
    show(options, {**found.as_json(), "seconds": watch.seconds}, _readable_lineage)


def _readable_lineage(report: dict[str, Any]) -> str:
    weakest, unchecked = report["trust"]["weakest"], report["trust"]["unchecked"]
    rows = [
        (e["subject"], e["source"], e["occurred_at"], e["age_minutes"], e["trust"])
        for e in report["events"][:SHOWN]
    ]
    more = len(report["events"]) - len(rows)
    return "\n".join(
        [
            f"{report['id']}: {report['label']}, {report['activity']}",
            f"trust {report['trust']['trust']:.2f}"
            + (f", weakest {weakest['name']} ({weakest['worth']:.2f})" if weakest else "")
            + (f"; never checked: {', '.join(unchecked)}" if unchecked else ""),
            table(rows, ("event about", "source", "occurred", "age, min", "trust")),
            *([f"... and {more} events more"] if more > 0 else []),
        ]
    )


def readiness(options: argparse.Namespace) -> None:
    """Say what to mend first, with the share of the plan that rests on it."""
    from throughline.loop.readiness import readiness as readiness_of

    watch, world = Stopwatch(), open_world(options)
    now = now_of(options, world)
    items = [item.as_json() for item in readiness_of(world, now=now)]
    report = {"items": items, "count": len(items), "seconds": watch.seconds}
    is_empty = world.ledger.head() == 0
    show(options, report, _nothing_yet if is_empty else _readable_readiness)


def _nothing_yet(_report: dict[str, Any]) -> str:
    return (
        "Nothing is there yet, so no plan rests on anything. Load a plant: throughline load FOLDER"
    )


def _readable_readiness(report: dict[str, Any]) -> str:
    if not report["items"]:
        return "Nothing stands in the way: the plan rests on data that is there."
    rows = [
        (*(i[name] or None for name in _RESTS), i["count"], i["kind"], i["statement"], i["cure"])
        for i in report["items"][:SHOWN]
    ]
    return table(rows, (*_RESTS, "count", "kind", "what", "cure"))


_RESTS = ("share", "hours", "orders")
