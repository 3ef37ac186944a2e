"""Commands that keep the record and look back: history, believed, quarantine, backup, restore."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.test_commands import DONE, WRONG, Terminal

STOPPED = 130


def said(event_id: str, table: str, body: dict[str, Any], **envelope: Any) -> dict[str, Any]:
    return {"id": event_id, "table": table, "body": body, **envelope}


def lines(*events: dict[str, Any]) -> bytes:
    return "\n".join(map(json.dumps, events)).encode()


PLANT = [
    said("e-1", "enterprise", {"id": "BRK"}),
    said("s-1", "sites", {"id": "NORTH"}),
    said("m-1", "materials", {"id": "BRK-1", "site": "NORTH"}),
    said("r-1", "role_holders", {"username": "paul", "role": "planner"}),
]


def counted(event_id: str, quantity: float, at: str, **envelope: Any) -> dict[str, Any]:
    body = {"material": "BRK-1", "location": "NORTH", "quantity": quantity}
    return said(event_id, "stock_counts", body, occurred_at=at, source="wms", **envelope)


SHELF = "stock_counts/BRK-1:NORTH"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A shelf that was counted twice and corrected once, and a contradiction that was set aside."""
    terminal = Terminal(tmp_path)
    first = counted("c-1", 40, "2026-03-02T06:00:00Z")
    second = counted("c-2", 16, "2026-03-03T06:00:00Z")
    third = counted("c-3", 39, "2026-03-02T06:00:00Z", causation_id="c-1")
    terminal.run("record", "-", said=lines(*PLANT, first, second, third))
    again = counted("c-2", 17, "2026-03-03T06:00:00Z")
    terminal.run("record", "-", said=lines(again), code=WRONG)
    return terminal


def test_history_tells_every_saying_what_it_changed_and_which_holds(terminal: Terminal) -> None:
    told = terminal.json("history", SHELF)
    assert told["subject"] == SHELF
    statements = told["statements"]
    assert [s["event_id"] for s in statements] == ["c-1", "c-2", "c-3"]
    assert [s["holds"] for s in statements] == [False, True, False]
    assert statements[1]["changes"] == [{"column": "quantity", "before": 40.0, "after": 16.0}]
    assert statements[2]["corrects"] == statements[0]["sequence"]
    assert statements[2]["happened_at"] == "2026-03-02T06:00:00Z"
    shown = terminal.run("history", SHELF).stdout.decode()
    assert "quantity 40.0 -> 16.0" in shown
    assert f"corrects {statements[0]['sequence']}" in shown


def test_history_of_nothing_says_so(terminal: Terminal) -> None:
    assert b"Nothing was ever said" in terminal.run("history", "sites/X", code=WRONG).stderr
    assert b"stock_counts" in terminal.run("history", "stock_count/X", code=WRONG).stderr


def test_believed_answers_for_what_was_heard_and_what_had_happened(terminal: Terminal) -> None:
    heard = terminal.json("history", SHELF)["statements"][-1]["heard_at"]
    then = ["--heard-by", heard, "--about", "2026-03-02T12:00:00Z"]
    told = terminal.json("believed", SHELF, *then)
    assert told["believed"]["body"]["quantity"] in (39.0, 40.0)
    assert told["believed"]["happened_at"] == "2026-03-02T06:00:00Z"
    early = terminal.json("believed", SHELF, "--heard-by", "2026-03-02T05:00:00Z")
    assert (early["believed"], early["is_final"]) == (None, True)
    late = terminal.json("believed", SHELF, "--heard-by", "2100-01-01T00:00:00Z")
    assert (late["believed"]["body"]["quantity"], late["is_final"]) == (16.0, False)
    shown = terminal.run("believed", SHELF, *then).stdout.decode()
    assert "said by wms" in shown
    nothing = terminal.run("believed", SHELF, "--heard-by", "2026-03-02T05:00:00Z").stdout
    assert b"nothing had been heard" in nothing


def test_the_same_line_again_is_a_repetition_though_its_source_gave_no_moment(
    terminal: Terminal,
) -> None:
    line = lines(said("m-2", "materials", {"id": "BRK-2"}))
    assert terminal.json("record", "-", said=line)["accepted"] == 1
    again = terminal.json("record", "-", said=line)
    assert (again["accepted"], again["repeated"], again["quarantined"]) == (0, 1, 0)


def test_a_quarantined_event_is_listed_and_settled_once(terminal: Terminal) -> None:
    (case,) = terminal.json("quarantine")["cases"]
    assert (case["first"]["body"]["quantity"], case["second"]["body"]["quantity"]) == (16, 17)
    assert case["resolution"] is None
    shown = terminal.run("quarantine", "list").stdout.decode()
    assert "quantity" in shown
    assert "17.0" in shown
    settle = ["quarantine", "resolve", case["id"], "--take-second", "--as", "paul"]
    assert b"reason" in terminal.run(*settle, code=WRONG).stderr
    settled = terminal.json(*settle, "--why", "counted again")
    assert settled["resolution"]["ruling"] == "take_second"
    assert terminal.json("quarantine")["cases"] == []
    assert len(terminal.json("quarantine", "--all")["cases"]) == 1
    holds = [s for s in terminal.json("history", SHELF)["statements"] if s["holds"]]
    assert holds[0]["body"]["quantity"] == 17
    assert (holds[0]["causation_id"], holds[0]["corrects"]) == ("c-2", case["first"]["sequence"])
    again = terminal.run(*settle, "--why", "no", code=WRONG)
    assert b"was settled by paul" in again.stderr


def test_a_case_is_settled_by_naming_it_and_a_ruling(terminal: Terminal) -> None:
    assert b"Name the case" in terminal.run("quarantine", "resolve", code=WRONG).stderr
    unknown = ["quarantine", "resolve", "x", "--keep-first", "--as", "paul", "--why", "so"]
    assert b"not a known quarantined event" in terminal.run(*unknown, code=WRONG).stderr


def test_backup_and_restore_bring_the_same_picture_back(terminal: Terminal) -> None:
    before = terminal.json("verify")
    made = terminal.json("backup", "plant.backup")
    assert (made["sequence"], made["digest"]) == (before["events"], before["digest"])
    assert made["bytes"] == (terminal.folder / "plant.backup").stat().st_size
    restored = terminal.json("restore", "plant.backup", "--db", "other.db")
    assert restored["manifest"]["chain_hash"] == made["chain_hash"]
    assert (restored["intact"], restored["kept_aside"]) == (True, None)
    after = terminal.json("verify", "--db", "other.db")
    assert (after["events"], after["digest"]) == (before["events"], before["digest"])
    refused = terminal.run("restore", "plant.backup", "--db", "other.db", code=WRONG)
    assert b"--force" in refused.stderr
    forced = terminal.run("restore", "plant.backup", "--db", "other.db", "--force")
    assert b"kept as" in forced.stdout
    assert b"100 % copied" in forced.stderr


def test_a_backup_that_is_stopped_leaves_no_file(terminal: Terminal) -> None:
    slow = (
        "import time\n"
        "from throughline.cli import main\n"
        "from throughline.store import backup_sqlite\n"
        "backup_sqlite._PAGES_AT_ONCE = 1\n"
        "keep = backup_sqlite.SqliteKeeper.copy\n"
        "def copy(self, target, on_progress):\n"
        "    def slowly(done, of):\n"
        "        print(done, flush=True)\n"
        "        time.sleep(0.2)\n"
        "    keep(self, target, slowly)\n"
        "backup_sqlite.SqliteKeeper.copy = copy\n"
        "raise SystemExit(main(['backup', 'plant.backup']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", slow],
        cwd=terminal.folder,
        env=terminal.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline()
        os.kill(running.pid, signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert running.returncode == STOPPED
    assert b"Stopped." in told
    assert b"Traceback" not in told
    assert not list(terminal.folder.glob("plant.backup*"))
    assert terminal.json("backup", "plant.backup", code=DONE)["sequence"] > 0
