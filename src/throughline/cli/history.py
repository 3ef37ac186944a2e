"""Commands that look back: history, believed, and the quarantine of contradictions."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from throughline.cli.common import Commands, add_command, add_now, moment, now_of, open_world
from throughline.cli.output import show, table
from throughline.errors import RequestError, UnknownIdError
from throughline.model.codec import moment_text

if TYPE_CHECKING:
    from throughline.loop.quarantine import Case

_ID_SHOWN = 12


def add_commands(commands: Commands) -> None:
    """Enter the commands."""
    about = "Everything that was said about one thing, and which of it holds."
    parser = add_command(commands, "history", history, about)
    parser.add_argument("subject", help="what it is about, as table/key, such as materials/M-1")
    about = "What we believed about one thing at a moment, from what we had heard by then."
    parser = add_command(commands, "believed", believed, about)
    parser.add_argument("subject", help="what it is about, as table/key")
    parser.add_argument(
        "--heard-by", type=moment, required=True, metavar="T", help="only what was heard by then"
    )
    parser.add_argument(
        "--about", type=moment, metavar="T", help="only what happened by then; default: --heard-by"
    )
    about = "List events that were set aside because their id was said before, or settle one."
    parser = add_command(commands, "quarantine", quarantine, about)
    parser.add_argument(
        "act", nargs="?", choices=("list", "resolve"), default="list", help="what to do (list)"
    )
    parser.add_argument("case", nargs="?", default="", help="id of the case to settle")
    ruling = parser.add_mutually_exclusive_group()
    ruling.add_argument("--keep-first", action="store_true", help="what stands is right")
    ruling.add_argument("--take-second", action="store_true", help="what was set aside is right")
    parser.add_argument("--as", dest="by", default="", metavar="USER", help="who settles it")
    parser.add_argument("--why", default="", metavar="TEXT", help="the reason, for the record")
    parser.add_argument("--all", action="store_true", help="list settled cases as well")
    add_now(parser)


def history(options: argparse.Namespace) -> None:
    """Every statement about a subject, in the order in which we heard it."""
    from throughline.picture.history import history_of

    world = open_world(options)
    name, key = _subject(options.subject)
    holding = world.picture().statement(name, key)
    sayings = history_of(
        world.ledger.about(options.subject), holding=0 if holding is None else holding.sequence
    )
    if not sayings:
        _nothing_said(options.subject)
    report = {"subject": options.subject, "statements": [said.as_json() for said in sayings]}
    show(options, report, _readable_history)


def _subject(text: str) -> tuple[str, str]:
    """Table and key of a subject."""
    from throughline.model import TABLES

    name, _, key = text.partition("/")
    if name not in TABLES:
        raise UnknownIdError("table", name, TABLES)
    return name, key


def _nothing_said(subject: str) -> None:
    message = f"Nothing was ever said about {subject}. Check its key."
    raise RequestError(message)


def _readable_history(report: dict[str, Any]) -> str:
    rows = [
        (
            "*" if said["holds"] else "",
            said["sequence"],
            said["heard_at"],
            said["happened_at"],
            said["source"],
            said["event_id"][:_ID_SHOWN],
            _told(said),
        )
        for said in report["statements"]
    ]
    header = ("", "sequence", "heard", "happened", "source", "event", "what it changed")
    return f"{report['subject']}; * holds\n{table(rows, header)}"


def _told(said: Mapping[str, Any]) -> str:
    changes = ", ".join(_changed(change) for change in said["changes"])
    what = "withdrawn" if said["is_retraction"] else changes or "nothing"
    if said["corrects"]:
        return f"{what}; corrects {said['corrects']}"
    return f"{what}; because of {said['causation_id']}" if said["causation_id"] else what


def _changed(change: Mapping[str, Any]) -> str:
    """A column that was given or changed; what was empty before is not told."""
    before = "" if change["before"] is None else f"{change['before']} -> "
    return f"{change['column']} {before}{_value(change['after'])}"


def _value(value: Any) -> str:
    return "-" if value is None else str(value)


def believed(options: argparse.Namespace) -> None:
    """What held for us at a moment; the answer stays the same, whatever is heard later."""
    from throughline.picture.believed import believed_at

    world = open_world(options)
    _subject(options.subject)
    about: datetime = options.about or options.heard_by
    said = believed_at(world.ledger, options.subject, heard_by=options.heard_by, about=about)
    report = {
        "subject": options.subject,
        "heard_by": moment_text(options.heard_by),
        "about": moment_text(about),
        "is_final": world.ledger.heard_by(options.heard_by) < world.ledger.head(),
        "believed": None if said is None else said.as_json(),
    }
    show(options, report, _readable_belief)


def _readable_belief(report: dict[str, Any]) -> str:
    said = report["believed"]
    head = f"{report['subject']} of {report['about']}, as heard by {report['heard_by']}"
    if said is None:
        return f"{head}: nothing had been heard"
    if said["is_retraction"]:
        return f"{head}: withdrawn by {said['source']} (sequence {said['sequence']})"
    values = "\n".join(f"  {name} = {_value(value)}" for name, value in said["body"].items())
    return f"{head}, said by {said['source']} (sequence {said['sequence']}):\n{values}"


def quarantine(options: argparse.Namespace) -> None:
    """List the cases, or settle one of them."""
    (_resolve if options.act == "resolve" else _list)(options)


def _list(options: argparse.Namespace) -> None:
    from throughline.loop.quarantine import cases

    found = [case for case in cases(open_world(options)) if options.all or case.is_open]
    show(options, {"cases": [_case(case) for case in found]}, _readable_cases)


def _resolve(options: argparse.Namespace) -> None:
    from throughline.loop.quarantine import case_of, resolve
    from throughline.model.decisions import Ruling

    if not options.case or not (options.keep_first or options.take_second):
        message = "Name the case, and say --keep-first or --take-second."
        raise RequestError(message)
    world = open_world(options)
    ruling = Ruling.TAKE_SECOND if options.take_second else Ruling.KEEP_FIRST
    now = now_of(options, world)
    resolve(world, options.case, ruling, by=options.by, why=options.why, now=now)
    report = _case(case_of(world, options.case))
    show(options, report, lambda r: f"{r['id']} settled: {r['resolution']['ruling']}")


def _case(case: Case) -> dict[str, Any]:
    from throughline.model.codec import to_json

    return {
        "id": case.id,
        "event_id": case.received.event.id,
        "reason": case.received.reason,
        "set_aside_at": moment_text(case.received.at),
        "first": {
            "sequence": case.standing.sequence,
            "subject": case.standing.event.subject,
            "source": case.standing.event.source,
            "happened_at": moment_text(case.standing.event.occurred_at),
            "body": case.standing.event.body,
        },
        "second": {
            "subject": case.received.event.subject,
            "source": case.received.event.source,
            "happened_at": moment_text(case.received.event.occurred_at),
            "body": case.received.event.body,
        },
        "resolution": None if case.resolution is None else to_json(case.resolution),
    }


def _readable_cases(report: dict[str, Any]) -> str:
    if not report["cases"]:
        return "Nothing is set aside."
    return "\n\n".join(_readable_case(case) for case in report["cases"])


def _readable_case(case: Mapping[str, Any]) -> str:
    first, second = _facts(case["first"]), _facts(case["second"])
    rows = [
        (name, _value(first.get(name)), _value(second.get(name)))
        for name in (*first, *(name for name in second if name not in first))
        if first.get(name) != second.get(name)
    ]
    settled = case["resolution"]
    end = f"\nsettled by {settled['by']}: {settled['ruling']}. {settled['why']}" if settled else ""
    head = f"{case['id']}  event {case['event_id']}, set aside {case['set_aside_at']}"
    return f"{head}\n{table(rows, ('', 'first, stands', 'second, set aside'))}{end}"


def _facts(said: Mapping[str, Any]) -> dict[str, Any]:
    named = ("subject", "source", "happened_at")
    return {name: said[name] for name in named} | dict(said["body"])
