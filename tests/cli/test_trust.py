"""The commands that say how far the record can be trusted, on the demo plant and on two sources."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
DONE, WRONG = 0, 1


class Terminal:
    """A folder with a database in which commands are given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("THROUGHLINE_", "DJANGO"))}
        self.environment = {**kept, "PYTHONPATH": str(SOURCE)}

    def run(self, *arguments: object, code: int = DONE) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "throughline", *map(str, arguments), "--db", "plant.db"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        assert done.returncode == code, done.stderr
        return done

    def json(self, *arguments: object, code: int = DONE) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code).stdout)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A day of the drive works."""
    terminal = Terminal(tmp_path_factory.mktemp("demo"))
    terminal.run("demo", "--no-serve", "--days", 1)
    return terminal


@pytest.fixture(scope="module")
def two_systems(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """An ERP and an MES that give one material two costs; nobody registered the MES."""
    terminal = Terminal(tmp_path_factory.mktemp("two"))
    for source, cost in (("erp", 10), ("mes", 11)):
        folder = terminal.folder / source
        folder.mkdir()
        header = "id,clock,as_of\nACME,ledger,2026-03-02T05:00:00Z\n"
        (folder / "enterprise.csv").write_text(header, encoding="utf-8")
        rows = f"id,name,unit,procurement,cost_eur\nSHAFT,Shaft,pcs,buy,{cost}\n"
        (folder / "materials.csv").write_text(rows, encoding="utf-8")
    (terminal.folder / "erp" / "sources.csv").write_text("id,kind,owner\nerp,erp,support\n")
    for source in ("erp", "mes", "erp"):
        terminal.run("load", source, "--source", source)
    return terminal


def test_the_demo_plant_has_no_conflict_no_doubt_and_nothing_to_mend(demo: Terminal) -> None:
    report = demo.json("trust")
    assert set(report) >= {"at", "sources", "feeds", "conflicts", "balances", "weakest"}
    assert (report["conflicts"], report["balances"], report["weakest"]) == ([], [], [])
    assert all(source["is_registered"] for source in report["sources"])
    assert demo.json("readiness")["items"] == []
    assert "Nothing stands in the way" in demo.run("readiness").stdout


def test_both_values_of_a_conflict_are_shown_and_a_stranger_is_named(
    two_systems: Terminal,
) -> None:
    report = two_systems.json("trust")
    (conflict,) = report["conflicts"]
    assert [(v["source"], v["value"]) for v in conflict["values"]] == [("mes", 11), ("erp", 10)]
    assert (conflict["held"], conflict["why"]) == (11, "most_timely")
    registered = {s["source"]: s["is_registered"] for s in report["sources"]}
    assert registered == {"erp": True, "mes": False}
    assert "mes says 11; erp says 10" in two_systems.run("trust").stdout
    kinds = [item["kind"] for item in two_systems.json("readiness")["items"]]
    assert {"conflict", "unregistered_source"} <= set(kinds)
    assert "0.00" not in two_systems.run("readiness").stdout  # no order, no plan, no share


def test_a_record_leads_to_its_event_and_is_written_as_prov(two_systems: Terminal) -> None:
    report = two_systems.json("lineage", "materials/SHAFT", "--prov", "shaft.json")
    (event,) = report["events"]
    assert (event["source"], event["subject"]) == ("mes", "materials/SHAFT")
    document = json.loads((two_systems.folder / "shaft.json").read_text(encoding="utf-8"))
    assert {"entity", "activity", "agent", "wasGeneratedBy", "wasDerivedFrom"} <= set(document)
    assert "weakest mes materials" in two_systems.run("lineage", "SHAFT").stdout


def test_a_figure_of_the_plan_leads_to_its_events(demo: Terminal) -> None:
    report = demo.json("lineage", "kpis/work_center/WND")
    assert report["trust"]["weakest"]["name"].startswith(("simulated-floor", "drive_works"))
    assert {one["id"].partition("/")[0] for one in report["inputs"]} >= {"operations_responses"}
    assert len(report["events"]) >= len(report["inputs"])


def test_an_empty_database_is_not_called_ready_nor_free_of_defects(tmp_path: Path) -> None:
    empty = Terminal(tmp_path)
    for command in ("readiness", "inspect"):
        said = empty.run(command).stdout
        assert said.startswith("Nothing is there yet")
        assert "throughline load FOLDER" in said
    assert empty.json("readiness")["items"] == empty.json("inspect")["defects"] == []


def test_an_unknown_id_is_refused_with_what_is_near(two_systems: Terminal) -> None:
    answer = two_systems.json("lineage", "materials/SHAFD", code=WRONG)
    assert "materials/SHAFT" in answer["error"]
