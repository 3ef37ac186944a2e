"""Commands that go round the loop: demo, turn, decide."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from throughline.cli.common import (
    Commands,
    add_address,
    add_command,
    add_now,
    add_seed,
    database_url,
    deciders_turn,
    now_of,
    open_world,
    settings_of,
    whole,
)
from throughline.cli.output import Stopwatch, show, table, tell
from throughline.errors import DataError, RequestError
from throughline.store.database import URL_VARIABLE

if TYPE_CHECKING:
    from throughline.loop.demo import DemoRun
    from throughline.loop.world import World

DEMO_DATABASE = "throughline-demo.db"


def add_commands(commands: Commands) -> None:
    """Enter the commands."""
    parser = add_command(commands, "demo", demo, "Plan a plant, play a week of it, and show it.")
    parser.add_argument("--plant", default="drive_works", help="folder under examples, or a path")
    parser.add_argument(
        "--days", type=whole(1, 365), default=7, help="days of execution to play (7)"
    )
    parser.add_argument("--no-serve", action="store_true", help="stop after the report")
    add_address(parser)
    add_seed(parser)
    parser = add_command(commands, "turn", turn, "See, test, escalate, decide, replan, learn.")
    parser.add_argument(
        "--unattended", action="store_true", help="decide by policy: cheapest within the right"
    )
    add_now(parser)
    add_seed(parser)
    parser = add_command(commands, "decide", decide, "Decide an escalation you have the right to.")
    parser.add_argument("escalation", help="id of the escalation")
    parser.add_argument("option", help="id of the option to choose")
    parser.add_argument("--as", dest="by", required=True, metavar="USER", help="sign-in name")
    parser.add_argument("--why", default="", help="the reason, for those who look back")
    add_now(parser)
    add_seed(parser)


def demo(options: argparse.Namespace) -> int:
    """The main job: a planned, tested and replanned plant in one command."""
    from throughline.loop.demo import play_demo
    from throughline.loop.policy import cheapest_within_limits

    watch = Stopwatch()
    folder = plant_folder(options.plant)
    url = _fresh_database(options)
    options.db = url
    world = open_world(options)
    start = _load(world, folder)
    tell(f"loaded {folder.name} after {watch.seconds:.1f} s")
    run = play_demo(
        world,
        _truth(folder),
        start=start,
        days=options.days,
        settings=settings_of(options),
        policy=cheapest_within_limits,
        progress=lambda text: tell(f"{watch.seconds:6.1f} s  {text}"),
    )
    _open_accounts(world)
    report = {"plant": folder.name, **_demo_report(world, run), "seconds": watch.seconds}
    show(options, report, _readable_demo)
    if options.no_serve:
        return 0
    from throughline.cli.running import serve_database

    return serve_database(url, options.host, options.port)


def _open_accounts(world: World) -> None:
    # Django's models can be imported only once a database is configured.
    from throughline.store.accounts import ensure_accounts

    ensure_accounts(world.picture().plant)


def plant_folder(name: str) -> Path:
    """
    The folder of an example plant by name, or the folder itself.

    Raises
    ------
    RequestError
        When there is no such folder.
    """
    package = Path(__file__).resolve().parents[1]
    candidates = [Path(name), package / "examples" / name, package.parents[1] / "examples" / name]
    for folder in candidates:
        if folder.is_dir():
            return folder
    message = f"{name} is neither an example plant nor a folder. Give the path of a plant folder."
    raise RequestError(message)


def _fresh_database(options: argparse.Namespace) -> str:
    """The demo starts from nothing: its own file made anew, or an empty database by name."""
    url = database_url(options) or os.environ.get(URL_VARIABLE)
    if url:
        if open_world(options).ledger.head():
            name = options.db or f"The database of {URL_VARIABLE}"
            message = f"{name} holds events already. Name an empty database for the demo."
            raise DataError(message)
        return url
    _claim(Path(DEMO_DATABASE + ".lock"))
    for suffix in ("", "-wal", "-shm"):
        Path(DEMO_DATABASE + suffix).unlink(missing_ok=True)
    return f"sqlite:///{DEMO_DATABASE}"


def _claim(lock: Path) -> None:
    """Hold the demo's file until this process ends, so that no second demo pulls it away."""
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        return
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        message = f"Another demo uses {DEMO_DATABASE} here. Stop it, or name a database with --db."
        raise DataError(message) from None


def _load(world: Any, folder: Path) -> Any:
    from throughline.connect.loading import load as load_folder

    report = load_folder(
        folder,
        source=folder.name,
        ledger=world.ledger,
        picture=world.picture(),
        now=world.now(),
    )
    for problem in report.problems:
        tell(str(problem))
    return report.occurred_at


def _truth(folder: Path) -> Any:
    import tomllib

    from throughline.simulate.disturbances import Disturbances

    path = folder / "disturbances.toml"
    return Disturbances.of(tomllib.loads(path.read_text("utf-8")) if path.is_file() else {})


def _demo_report(world: Any, run: DemoRun) -> dict[str, Any]:
    from throughline.loop.demo import demo_report

    return demo_report(world, run)


def _readable_demo(report: dict[str, Any]) -> str:
    plan, planned, survival = report["plan"], report["schedule"], report["survival"]
    kept = [(day[:10], f"{share:.0%}") for day, share in zip(*survival.values(), strict=True)][:7]
    found = [
        (v["subject"], v["quantity"], v["value"], v["posterior"]["mean"], v["n"])
        for v in [*report["assumptions"]["refuted"], *report["assumptions"]["watch"]]
    ]
    lines = [
        f"{report['plant']}: {report['orders']} customer orders, {report['operations']} operations",
        (
            f"{plan['plan_id']}: {plan['planned_orders']} orders to make, "
            f"{plan['purchase_orders']} to buy, {plan['assumptions']} assumptions"
        ),
        (
            f"{planned['schedule_id']}: {planned['late_orders']} customer orders late by "
            f"{planned['total_tardiness']:.1f} days"
        ),
        "",
        table(kept, ("end of", "plan kept")),
        "",
        f"assumptions: {report['assumptions']['holding']} of {report['assumptions']['total']} hold",
        table(found, ("subject", "quantity", "planned", "observed", "days")),
    ]
    for raised in report["escalations"]:
        lines += ["", *_readable_escalation(raised)]
    lines += ["", "replans:"]
    lines += [f"  {r['at'][:16]}  {r['changes']} moved: {r['trigger']}" for r in report["replans"]]
    lines += ["", "objectives:"]
    for objective in report["strategy"]["objectives"]:
        state = "at risk" if objective["at_risk"] else "not at risk"
        lines.append(f"  {objective['name']}: {state}")
        lines += [f"    {' <- '.join(objective['path'])}"] if objective["path"] else []
    return "\n".join(lines)


def _readable_escalation(raised: dict[str, Any]) -> list[str]:
    decision = raised["decision"]
    chosen = "open" if decision is None else f"{decision['option']} by {decision['by']}"
    options = [
        (o["id"], o["cost"], o["tardiness_cost"], o["late_orders"], f"{o['p_kept']:.0%}")
        for o in raised["options"]
    ]
    return [
        f"{raised['id']} to the {raised['role']}: {raised['statement']}",
        table(options, ("option", "cost", "lateness", "late orders", "kept")),
        f"decided: {chosen}",
    ]


def turn(options: argparse.Namespace) -> None:
    """One turn of the loop."""
    from throughline.loop.policy import cheapest_within_limits
    from throughline.loop.report import turn_report
    from throughline.loop.turn import turn as go_round

    watch, world = Stopwatch(), open_world(options)
    with deciders_turn():
        done = go_round(
            world,
            now=now_of(options, world),
            settings=settings_of(options),
            policy=cheapest_within_limits if options.unattended else None,
        )
    show(options, {**turn_report(done), "seconds": watch.seconds}, _readable_turn)


def _readable_turn(report: dict[str, Any]) -> str:
    lines = [f"turn at {report['at']}, sequence {report['sequence']}"]
    lines += [f"found: {finding['statement']}" for finding in report["findings"]]
    lines += [
        f"escalated: {e['id']} to the {e['role']}, decide by {e['decide_by']}"
        for e in report["escalations"]
    ]
    lines += [f"decided: {d['option']} on {d['escalation']}" for d in report["decisions"]]
    changes = report["proposal"]["changes"]
    if report["published"]:
        lines.append(f"published {report['published']}: {report['trigger']}")
    lines += [f"  {change['explanation']}" for change in changes[:20]]
    return "\n".join(lines)


def decide(options: argparse.Namespace) -> None:
    """A decision by somebody with the right."""
    from throughline.loop.decide import decide as settle

    world = open_world(options)
    with deciders_turn():
        decision = settle(
            world,
            options.escalation,
            options.option,
            by=options.by,
            why=options.why,
            now=now_of(options, world),
            settings=settings_of(options),
        )
    published = world.published()
    report = {
        "escalation": decision.escalation,
        "option": decision.option,
        "by": decision.by,
        "role": decision.role.value,
        "latency_minutes": decision.latency_minutes,
        "plan_id": None if published is None else published.plan.id,
    }
    show(
        options,
        report,
        lambda r: f"{r['option']} decided by {r['by']} as {r['role']}; {r['plan_id']} published",
    )
