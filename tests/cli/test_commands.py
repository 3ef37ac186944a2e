"""Every command, run as a user runs it, on the bracket shop in a database of its own."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loop_shop import REFUTED_AFTER_DAYS, shop_with_orders
from throughline.cli.answers import ANSWERS
from throughline.model.codec import to_json
from throughline.model.columns import TABLES

SLOW_WELDING = """
[noise]
run_time_sd = 0.05
setup_time_sd = 0.1

[[truth]]
subject = "work_centers/WELD"
quantity = "run_time_factor"
value = 1.6
"""
COUNT = {
    "id": "wms-1",
    "table": "stock_counts",
    "occurred_at": "2026-03-05T06:00:00Z",
    "body": {"material": "BOLT", "quantity": 40},
}
DONE, WRONG, USAGE, FAILED = 0, 1, 2, 3


class Terminal:
    """A folder in which commands are given."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        source = Path(__file__).resolve().parents[2] / "src"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("THROUGHLINE_", "DJANGO"))},
            "PYTHONPATH": str(source),
            **environment,
        }

    def run(
        self, *arguments: object, said: bytes = b"", code: int = DONE
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one command and check its exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "throughline", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            input=said,
            capture_output=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == code, done.stderr.decode()
        return done

    def json(self, *arguments: object, said: bytes = b"", code: int = DONE) -> Any:
        """The one JSON object that a command prints, with the keys that its reference names."""
        answer = json.loads(self.run(*arguments, "--json", said=said, code=code).stdout)
        known = ANSWERS.get(str(arguments[0]), " ".join(answer))
        assert "error" in answer or sorted(answer) == sorted(known.split())
        return answer


def write_folder(folder: Path) -> Path:
    """The bracket shop as a plant folder."""
    folder.mkdir()
    plant = shop_with_orders()
    for table in TABLES.values():
        rows = [to_json(record) for record in plant.records(table.type).values()]
        if rows:
            with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)
    (folder / "disturbances.toml").write_text(SLOW_WELDING, encoding="utf-8")
    return folder


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def without_seconds(value: Any) -> Any:
    """A report without how long things took."""
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if not k.endswith("seconds")}
        return {k: without_seconds(v) for k, v in kept.items()}
    return [without_seconds(one) for one in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("plants") / "brackets")


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory, shop_folder: Path
) -> tuple[Terminal, dict[str, Any]]:
    """Three days of the shop: on the last morning slow welding waits for the lead to decide."""
    terminal = Terminal(tmp_path_factory.mktemp("demo"))
    arguments = ("demo", "--plant", shop_folder, "--days", REFUTED_AFTER_DAYS, "--no-serve")
    return terminal, terminal.json(*arguments, "--db", "played.db")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, shop_folder: Path) -> Terminal:
    """The shop loaded and nothing planned; the database is named by the environment."""
    folder = tmp_path_factory.mktemp("loaded")
    terminal = Terminal(folder, THROUGHLINE_DATABASE_URL=f"sqlite:///{folder}/shop.db")
    report = terminal.json("load", shop_folder)
    assert report["accepted"] == report["sequence"] > 0
    return terminal


# --- demo -----------------------------------------------------------------------------------------


def test_the_demo_prints_one_object_with_everything_that_was_promised(demo) -> None:
    _, report = demo
    assert set(report) >= {
        "plant",
        "orders",
        "operations",
        "plan",
        "schedule",
        "survival",
        "assumptions",
        "escalations",
        "replans",
        "kpis",
        "strategy",
        "seconds",
    }
    assert (report["plant"], report["orders"]) == ("brackets", 10)
    assert len(report["survival"]["days"]) == len(report["survival"]["kept"]) > 0
    assert set(report["assumptions"]) >= {"total", "holding", "watch", "refuted"}
    (raised,) = report["escalations"]
    assert set(raised) >= {"id", "assumption", "role", "decide_by", "options", "decision"}
    assert raised["decision"] is None
    assert len(raised["options"]) >= 3
    for option in raised["options"]:
        assert set(option) >= {"id", "action", "cost", "late_orders", "p_kept"}
    assert "objectives" in report["strategy"]


def test_the_demo_of_the_drive_works_is_the_same_bytes_from_the_same_seed(tmp_path: Path) -> None:
    reports = []
    for number in (1, 2):  # not even the order of a set may show through
        terminal = Terminal(tmp_path, PYTHONHASHSEED=str(number))
        reports.append(terminal.json("demo", "--no-serve", "--days", 1, "--seed", 7))
    first, second = (json.dumps(without_seconds(report)) for report in reports)
    assert first == second
    assert reports[0]["plant"] == "drive_works"
    for replan in reports[0]["replans"]:
        assert set(replan) >= {"at", "trigger", "changes", "seconds"}


def test_the_demo_leaves_a_database_that_holds_something_alone(demo) -> None:
    terminal, _ = demo
    answer = terminal.json("demo", "--no-serve", "--db", "played.db", code=WRONG)
    assert "played.db holds events already" in answer["error"]


# --- load and record ------------------------------------------------------------------------------


def test_a_second_demo_in_one_folder_leaves_the_first_one_alone(tmp_path: Path) -> None:
    with (tmp_path / "throughline-demo.db.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = Terminal(tmp_path).run("demo", "--no-serve", code=WRONG)
    assert "Another demo uses throughline-demo.db here" in done.stderr.decode()
    assert not (tmp_path / "throughline-demo.db").exists()


def test_loading_again_changes_nothing_and_a_trial_run_records_nothing(
    tmp_path: Path, shop_folder: Path
) -> None:
    terminal = Terminal(tmp_path)
    trial = terminal.json("load", shop_folder, "--dry-run")
    assert (trial["dry_run"], trial["sequence"]) == (True, 0)
    assert trial["accepted"] > 0
    load = ("load", shop_folder, "--source", "erp", "--db", "throughline.db")
    first, second = terminal.json(*load), terminal.json(*load)
    assert first["accepted"] == trial["accepted"] == first["sequence"]
    assert (second["accepted"], second["unchanged"]) == (0, first["accepted"])
    assert second["sequence"] == first["sequence"]
    assert second["source"] == "erp"


def test_the_database_may_be_named_before_the_command(tmp_path: Path, shop_folder: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.run("--db", "mine.db", "load", shop_folder)
    assert terminal.json("verify", "--db", "mine.db")["events"] > 0
    assert not (tmp_path / "throughline.db").exists()


def test_a_bad_cell_is_named_on_standard_error_and_the_rest_is_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "enterprise.csv").write_text("id\nACME\n", encoding="utf-8")
    (folder / "stock_counts.csv").write_text(
        "material,quantity\nBOLT,many\nNUT,4\n", encoding="utf-8"
    )
    (folder / "materials.csv").write_text("id\nBOLT\n", encoding="utf-8")
    done = Terminal(tmp_path).run("load", folder, "--json", code=WRONG)
    report, errors = json.loads(done.stdout), done.stderr.decode()
    assert report["accepted"] == 2
    counts = next(f for f in report["files"] if f["name"] == "stock_counts.csv")
    assert {(e["row"], e["column"], e["value"]) for e in counts["errors"]} == {
        (2, "quantity", "many"),
        (3, "material", "NUT"),
    }
    assert all(e["problem"] and e["cure"] for e in counts["errors"])
    for problem in (
        'stock_counts.csv row 2 column "quantity": "many" is not a number',
        'stock_counts.csv row 3 column "material": "NUT" is not',
    ):
        assert problem in errors


def test_a_load_ends_with_one_when_something_was_set_aside_and_with_zero_once_it_is_mended(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "materials.csv").write_text("id,colour\nBOLT,red\n", encoding="utf-8")
    counts = folder / "stock_counts.csv"
    counts.write_text("material,quantity\nBOLT,many\n", encoding="utf-8")
    terminal = Terminal(tmp_path)
    assert terminal.json("load", folder, code=WRONG)["accepted"] == 1
    counts.write_text("material,quantity\nBOLT,4\n", encoding="utf-8")
    # A column that no table has is told, but nothing is lost by it.
    again = terminal.json("load", folder)
    assert (again["accepted"], again["unchanged"], again["set_aside"]) == (1, 1, 0)
    (folder / "weather.csv").write_text("rain\n5\n", encoding="utf-8")
    terminal.json("load", folder, "--dry-run", code=WRONG)


def test_a_mapping_that_asks_for_a_missing_column_says_which(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "items.csv").write_text("code,label\nBOLT,Bolt\n", encoding="utf-8")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        '[[table]]\nname = "materials"\nfile = "items.csv"\n'
        '[table.columns]\nid = "code"\nname = "title"\n',
        encoding="utf-8",
    )
    done = Terminal(tmp_path).run("load", folder, "--mapping", mapping, "--json", code=WRONG)
    report = json.loads(done.stdout)
    (error,) = report["files"][0]["errors"]
    assert (error["column"], error["row"]) == ("title", 1)
    assert error["cure"] == "Use one of code, label."
    assert 'items.csv row 1 column "title"' in done.stderr.decode()


def test_a_proposed_mapping_is_written_and_loads_as_it_stands(tmp_path: Path) -> None:
    folder, mapping = tmp_path / "export", tmp_path / "mapping.toml"
    folder.mkdir()
    (folder / "Artikel.csv").write_text(
        "Artikelnr;Bezeichnung;Sicherheitsbestand\n1;Welle;2,5\n2;Rad;10\n", encoding="utf-8"
    )
    terminal = Terminal(tmp_path)
    found = terminal.json("suggest", folder, "--source", "erp", "--out", mapping)
    assert found["mapping"] == mapping.read_text(encoding="utf-8")
    (materials,) = [table for table in found["tables"] if table["table"] == "materials"]
    assert {line["native"]: line["source"] for line in materials["columns"]} == {
        "id": "Artikelnr",
        "name": "Bezeichnung",
        "safety_stock": "Sicherheitsbestand",
    }
    report = terminal.json("load", folder, "--mapping", mapping)
    assert (report["accepted"], report["set_aside"]) == (3, 0)
    # What a person has worked on is not written over.
    again = terminal.json("suggest", folder, "--out", mapping, code=WRONG)
    assert "is there already" in again["error"]


def test_an_export_without_anything_of_ours_is_told_by_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text("station,rain\nA,1.5\nB,2\n", encoding="utf-8")
    found = Terminal(tmp_path).json("suggest", "weather.csv", code=WRONG)
    assert "weather.csv is left out" in found["mapping"]


def test_where_nothing_could_be_proposed_nothing_is_written_and_it_says_why(tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text("station,rain\nA,1.5\nB,2\n", encoding="utf-8")
    out = tmp_path / "mapping.toml"
    done = Terminal(tmp_path).run("suggest", "weather.csv", "--out", out, code=WRONG)
    assert not out.exists()
    assert b"Written to" not in done.stdout
    assert b"weather.csv is nearest to " in done.stderr
    assert b"no column of it fits " in done.stderr
    assert f"{out} is not written." in done.stderr.decode()


def test_what_is_not_there_or_holds_nothing_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("nowhere", "empty"):
        answer = Terminal(tmp_path).json("load", name, code=WRONG)
        assert name in answer["error"]


def test_events_are_accepted_once_and_contradictions_set_aside(loaded: Terminal) -> None:
    line, other = (json.dumps(COUNT | c).encode() for c in ({}, {"quality": 0.5}))
    head = loaded.json("verify")["events"]
    first = loaded.json("record", "-", said=line)
    assert (first["accepted"], first["repeated"], first["quarantined"]) == (1, 0, 0)
    assert first["sequence"] == head + 1
    second = loaded.json("record", "-", said=line + b"\n\n" + line)
    assert (second["accepted"], second["repeated"], second["sequence"]) == (0, 2, head + 1)
    third = loaded.run("record", "-", "--json", said=other, code=WRONG)
    report = json.loads(third.stdout)
    assert (report["accepted"], report["quarantined"], report["sequence"]) == (0, 1, head + 1)
    assert "wms-1" in third.stderr.decode()


def test_lines_that_cannot_be_read_keep_no_other_line_out(loaded: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "shift.jsonl"
    separator = "\u2028"
    good = json.dumps(COUNT | {"id": "wms-3", "causation_id": ""}, ensure_ascii=False)
    text = json.dumps(
        {
            "id": "wms-4",
            "table": "materials",
            "body": {"id": "NUT", "name": f"nut{separator}M8"},
        },
        ensure_ascii=False,
    )
    lines = [b"\xef\xbb\xbf" + good.encode(), b'{"id": "wms-\xff"}', b"{", text.encode()]
    file.write_bytes(b"\r\n".join(lines))
    done = loaded.run("record", file, "--json", code=WRONG)
    report = json.loads(done.stdout)
    assert report["accepted"] == 2
    assert [problem["row"] for problem in report["refused"]] == [2, 3]
    assert f"{file} row 3" in done.stderr.decode()


def test_events_that_do_not_fit_are_listed_by_id_and_the_rest_is_recorded(
    loaded: Terminal,
) -> None:
    lost = {"id": "wms-6", "table": "stock_counts", "body": {"material": "BOLTS", "quantity": 1}}
    lines = [json.dumps(event).encode() for event in (lost, COUNT | {"id": "wms-5"})]
    done = loaded.run("record", "-", "--json", said=b"\n".join(lines), code=WRONG)
    report = json.loads(done.stdout)
    assert report["accepted"] == 1
    (refused,) = report["refused"]
    assert (refused["file"], refused["column"]) == ("standard input wms-6", "body.material")
    assert refused["cure"] == 'Did you mean "BOLT"?'
    assert 'standard input wms-6 column "body.material"' in done.stderr.decode()


def test_a_file_of_events_that_is_not_there_is_named(loaded: Terminal) -> None:
    assert "gone.jsonl is not a file" in loaded.json("record", "gone.jsonl", code=WRONG)["error"]


# --- plan, schedule, survive ----------------------------------------------------------------------


def test_plan_and_schedule_say_the_same_twice(loaded: Terminal) -> None:
    plan, again = (loaded.json("plan", "--horizon", 28) for _ in range(2))
    assert without_seconds(plan) == without_seconds(again)
    assert set(plan) >= {
        "plan_id",
        "hash",
        "sequence",
        "demands",
        "late_demands",
        "total_tardiness_days",
        "planned_orders",
        "purchase_orders",
        "messages",
        "assumptions",
        "seconds",
    }
    assert (plan["demands"], plan["horizon_days"]) == (10, 28)
    assert plan["planned_orders"] > 0
    tardiness = loaded.json("schedule", "--iterations", 2, "--operations")
    makespan = loaded.json("schedule", "--iterations", 2, "--objective", "makespan")
    for report in (tardiness, makespan):
        assert set(report) >= {
            "schedule_id",
            "hash",
            "operations",
            "makespan",
            "total_tardiness",
            "late_orders",
            "bound",
            "gap",
            "status",
            "seconds",
        }
    assert len(tardiness["schedule"]) == tardiness["operations"]
    assert makespan["makespan"] <= tardiness["makespan"]


def test_survival_falls_and_every_order_has_its_chance(loaded: Terminal) -> None:
    report = loaded.json("survive", "--replications", 50)
    assert report["replications"] == 50
    assert report["kept"] == sorted(report["kept"], reverse=True)
    assert {order["order"] for order in report["orders"]} >= {f"SO-{n:02}" for n in range(1, 11)}
    assert all(0 <= order["p_on_time"] <= 1 for order in report["orders"])
    assert all({"operation", "share"} <= set(one) for one in report["fragile"])


# --- the loop -------------------------------------------------------------------------------------


def test_assumptions_are_told_with_their_evidence(demo) -> None:
    terminal, told = demo
    report = terminal.json("assumptions", "--db", "played.db")
    assert report["total"] == told["assumptions"]["total"]
    (refuted,) = report["refuted"]
    assert (refuted["subject"], refuted["value"]) == ("work_centers/WELD", 1.0)
    assert set(refuted) >= {"id", "quantity", "tolerance", "e_value", "posterior", "n", "owner"}
    assert set(refuted["posterior"]) == {"mean", "low", "high"}
    assert refuted["e_value"] >= refuted["threshold"]


def test_a_turn_on_a_plant_that_says_nothing_new_changes_nothing(demo) -> None:
    terminal, report = demo
    done = terminal.json("turn", "--db", "sqlite:///played.db")
    assert done["sequence"] == report["sequence"]
    assert (done["findings"], done["escalations"], done["decisions"]) == ([], [], [])
    assert (done["proposal"], done["published"], done["lessons"]) == ({"changes": []}, None, [])


def test_nothing_is_found_wrong_with_a_plant_that_was_played(demo) -> None:
    terminal, _ = demo
    report = terminal.json("inspect", "--db", "played.db")
    assert (report["files"], report["defects"], report["problems"]) == ([], [], [])


def test_a_turn_before_the_plan_that_holds_is_refused(demo) -> None:
    terminal, _ = demo
    early = ("turn", "--db", "played.db", "--now", "2026-03-01T05:00:00Z")
    assert "Give a later moment" in terminal.json(*early, code=WRONG)["error"]


def test_whoever_has_the_right_decides_and_nobody_decides_again(demo) -> None:
    terminal, report = demo
    (raised,) = report["escalations"]
    decide = ("decide", raised["id"], raised["recommended"], "--db", "played.db", "--why", "cheap")
    refusals = [
        ((*decide, "--as", "max"), "is for the operations_lead to decide"),
        ((*decide, "--as", "nobody"), '"nobody" is not a known user'),
        ((decide[0], raised["id"], "9-wait", *decide[3:], "--as", "lea"), "not a known option"),
        ((decide[0], "E-9", *decide[2:], "--as", "lea"), '"E-9" is not a known escalation'),
    ]
    for arguments, reason in refusals:
        done = terminal.run(*arguments, "--json", code=WRONG)
        assert reason in json.loads(done.stdout)["error"]
        assert reason in done.stderr.decode()
    done = terminal.json(*decide, "--as", "lea")
    assert (done["escalation"], done["option"]) == (raised["id"], raised["recommended"])
    assert (done["by"], done["role"]) == ("lea", "operations_lead")
    assert done["latency_minutes"] == 6 * 60  # the day that told it ended at midnight
    assert done["plan_id"] not in ("", report["plan"]["plan_id"])
    again = terminal.json(*decide, "--as", "lea", code=WRONG)
    assert (again["kind"], "was decided by lea" in again["error"]) == ("StaleError", True)


def test_kpis_are_told_per_work_center(demo) -> None:
    terminal, _ = demo
    kpis = ("kpis", "--db", "played.db", "--from", "2026-03-02", "--to", "2026-03-05")
    report = terminal.json(*kpis, "--by", "work_center")
    assert {row["scope"] for row in report["rows"]} == {"SAW", "WELD"}
    assert set(report) >= {"from", "to", "rows", "scrap_by_reason"}
    for row in report["rows"]:
        assert set(row) >= {"orders_completed", "late_ratio", "availability", "oee", "missing"}
    assert len(terminal.json(*kpis)["rows"]) == 1


@pytest.mark.parametrize(
    ("by", "figure"),
    [("equipment", "availability"), ("person", "operations"), ("supplier", "purchase_late_ratio")],
)
def test_kpis_are_told_per_machine_person_and_supplier(demo, by, figure) -> None:
    terminal, _ = demo
    report = terminal.json("kpis", "--db", "played.db", "--to", "2026-03-05", "--by", by)
    assert all(figure in row for row in report["rows"])


@pytest.mark.parametrize(
    ("command", "promised"),
    [
        (("states", "--longest", "24"), {"machines", "states"}),
        (("losses", "--by", "equipment"), {"minutes", "losses", "share", "needed"}),
        (("alerts",), {"alerts", "total"}),
        (("flow", "--by", "equipment"), {"lead_times", "loads", "variants", "overlaps"}),
        (("deliveries", "--side", "customer", "--by", "month"), {"all", "rows", "concentration"}),
        (("deliveries", "--by", "supplier"), {"all", "rows", "concentration"}),
        (("orders", "--by", "status"), {"kind", "rows"}),
        (("orders", "--kind", "sales"), {"kind", "rows"}),
        (("materials",), {"materials", "bill_of_materials", "stock", "suppliers", "sourcing"}),
        (("explode", "BRACKET"), {"material", "levels", "components", "quantity", "totals"}),
    ],
)
def test_how_it_went_is_told_to_people_and_programs(demo, command, promised) -> None:
    terminal, _ = demo
    assert set(terminal.json(*command, "--db", "played.db")) >= promised | {"seconds"}
    assert terminal.run(*command, "--db", "played.db").stdout.strip()


def test_what_cannot_be_broken_down_that_way_says_by_what_it_can(demo) -> None:
    terminal, _ = demo
    refused = terminal.json("orders", "--by", "customer", "--db", "played.db", code=WRONG)
    assert "stated_status" in refused["error"]
    refused = terminal.json("deliveries", "--by", "region", "--db", "played.db", code=WRONG)
    assert "origin" in refused["error"]
    refused = terminal.json("explode", "NOTHING", "--db", "played.db", code=WRONG)
    assert refused["error"].startswith('"NOTHING" is not a known material.')


def test_a_trace_leads_up_and_down_and_an_unknown_id_is_named(demo) -> None:
    terminal, _ = demo
    report = terminal.json("trace", "work_centers/WELD", "--db", "played.db")
    assert set(report) >= {"id", "up", "down"}
    answer = terminal.json("trace", "WELDING", "--db", "played.db", code=WRONG)
    assert '"WELDING"' in answer["error"]


# --- running it -----------------------------------------------------------------------------------


def test_one_changed_byte_is_found(tmp_path: Path, shop_folder: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.json("load", shop_folder, "--db", "shop.db")
    whole = terminal.json("verify", "--db", "shop.db")
    assert (whole["intact"], whole["first_bad_sequence"]) == (True, None)
    assert len(whole["digest"]) == 64
    with sqlite3.connect(tmp_path / "shop.db") as database:
        (table,) = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%ledger%'"
        ).fetchone()
        database.execute(
            f"UPDATE {table} SET body = replace(body, '60.0', '61.0') "  # noqa: S608  our own name
            "WHERE sequence = (SELECT min(sequence) FROM "
            f"{table} WHERE subject = 'sales_order_lines/SO-03')"
        )
        (sequence,) = database.execute(
            f"SELECT sequence FROM {table} WHERE subject = 'sales_order_lines/SO-03'"  # noqa: S608
        ).fetchone()
    database.close()
    broken = terminal.json("verify", "--db", "shop.db", code=WRONG)
    assert (broken["intact"], broken["first_bad_sequence"]) == (False, sequence)
    assert broken["digest"] is None
    text = terminal.run("verify", "--db", "shop.db", code=WRONG).stdout.decode()
    assert f"broken at sequence {sequence}" in text


def test_a_database_is_made_once_and_users_are_added(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    assert terminal.json("migrate", "--db", "a#b new.db")["migrations"] > 0
    assert terminal.json("migrate", "--db", "a#b new.db")["migrations"] == 0
    assert (tmp_path / "a#b new.db").is_file()
    added = terminal.json("user", "add", "pia", "--role", "planner", "--db", "a#b new.db")
    assert (added["username"], added["role"]) == ("pia", "planner")
    assert added["link"].startswith("/sign-in/link/")
    assert terminal.json("verify", "--db", "a#b new.db")["events"] == 1


def test_a_database_that_cannot_be_opened_is_the_worlds_fault(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    done = terminal.run("verify", "--db", "no/such/folder/x.db", "--json", code=FAILED)
    assert json.loads(done.stdout)["exit"] == FAILED
    assert b"Check that its folder exists" in done.stderr
    (tmp_path / "notes.db").write_text("not a database at all\n" * 100, encoding="utf-8")
    answer = terminal.json("verify", "--db", "notes.db", code=FAILED)
    assert "not a Throughline database" in answer["error"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dance",),
        ("plan", "--horizon", "0"),
        ("plan", "--seed", "-1"),
        ("plan", "--now", "2026-03-02T05:00"),
        ("schedule", "--iterations", "-5"),
        ("schedule", "--time-limit", "nan"),
        ("schedule", "--objective", "beauty"),
        ("survive", "--replications", "0"),
        ("demo", "--days", "0"),
        ("serve", "--port", "70000"),
        ("decide", "E-1", "1-accept"),
        ("user", "add", "pia", "--role", "boss"),
        ("kpis", "--from", "2026-02-30"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_a_usage_error(arguments: tuple[str, ...], capsys) -> None:
    from throughline.cli import main

    with pytest.raises(SystemExit) as left:
        main([*arguments])
    assert left.value.code == USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert "usage: throughline" in said.err


def test_every_argument_of_every_command_says_what_it_is() -> None:
    from throughline.cli import build_parser

    (commands,) = [a for a in build_parser()._actions if a.dest == "command"]
    assert commands.choices is not None
    for name, parser in dict(commands.choices).items():  # type: ignore[arg-type]
        for action in parser._actions:
            assert action.help, f"{name} {action.dest}"


def test_every_command_stands_in_one_group_of_the_help(capsys) -> None:
    from throughline.cli import build_parser
    from throughline.cli.groups import GROUPS

    (commands,) = [a for a in build_parser()._actions if a.dest == "command"]
    grouped = [name for _, names in GROUPS for name in names]
    assert sorted(grouped) == sorted(commands.choices), "enter the command in cli/groups.py"
    assert set(ANSWERS) < set(grouped)
    build_parser().print_help()
    said = capsys.readouterr().out
    assert "usage: throughline [-h] [--version] COMMAND ..." in said
    assert "Bring data in:\n  inspect      Look for defects" in said


def test_a_table_without_rows_says_so() -> None:
    from throughline.cli.output import table

    assert table([], ("count", "text")) == "count  text\n(none)"


@pytest.mark.parametrize(
    ("command", "code"),
    [("readiness", DONE), ("alerts", DONE), ("history materials/A", WRONG), ("lineage A", WRONG)],
)
def test_a_database_that_holds_nothing_names_the_next_step(
    tmp_path: Path, command: str, code: int
) -> None:
    done = Terminal(tmp_path).run(*command.split(), "--db", "new.db", code=code)
    assert b"throughline load FOLDER" in done.stderr


def test_what_is_not_there_is_named_with_what_comes_near(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    (tmp_path / "materials.csv").write_text("id\nSHAFT\n", encoding="utf-8")
    terminal.run("load", "materials.csv")
    said = terminal.run("explode", "SHAFTS", code=WRONG).stderr
    assert said == b'"SHAFTS" is not a known material. Did you mean SHAFT?\n'
    said = terminal.run("lineage", "kpis/otif", code=WRONG).stderr
    assert b"List the KPI scopes to see what there is." in said


def test_what_the_system_refuses_is_a_sentence_with_a_cure(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    (tmp_path / "materials.csv").write_text("id\nSHAFT\n", encoding="utf-8")
    out = tmp_path / "nowhere" / "mapping.toml"
    answer = terminal.json("suggest", "materials.csv", "--out", out, code=FAILED)
    assert answer["error"] == (
        f"{out}: No such file or directory. Check the path, its rights and the space left."
    )


def test_a_load_tells_what_it_supposed_and_what_it_left_out(tmp_path: Path) -> None:
    (tmp_path / "parts.csv").write_bytes("No,Name\n1,Öl\n2,Fett\n".encode("cp1252"))
    mapping = '[[table]]\nname = "materials"\nfile = "parts.csv"\n[[table.where]]\n'
    mapping += 'column = "No"\nis = "1"\n[table.columns]\nid = "No"\nname = "Name"\n'
    (tmp_path / "m.toml").write_text(mapping, encoding="utf-8")
    done = Terminal(tmp_path).run("load", "parts.csv", "--mapping", "m.toml", "--dry-run")
    assert b"parts.csv: read as Windows-1252: row 2 is not UTF-8." in done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[0].split("  ")[-1] == "left out"
    assert lines[1].split() == ["parts.csv", "materials", "1", "1", "0", "0", "1"]
