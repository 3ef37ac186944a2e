"""Loading through the ledger: what is new is sent once, what came back is sent again."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

from plant_folders import SHOP, shop
from throughline.connect.loading import LoadReport, load
from throughline.ledger.memory import MemoryLedger
from throughline.model.materials import BomLine
from throughline.model.plant import Plant
from throughline.model.sources import Delivery
from throughline.picture.fold import picture_of

NOW = datetime(2026, 3, 9, tzinfo=UTC)
ROWS = 13


def load_into(ledger: MemoryLedger, folder, source="erp", now=NOW, **options) -> LoadReport:
    picture = picture_of(ledger.read())
    return load(folder, source=source, ledger=ledger, picture=picture, now=now, **options)


def plant_of(ledger: MemoryLedger) -> Plant:
    return picture_of(ledger.read()).plant


def test_every_row_becomes_one_event_at_the_moment_of_the_folder(tmp_path):
    ledger = MemoryLedger()
    report = load_into(ledger, shop(tmp_path))
    assert report.total("accepted") == ledger.head() == report.sequence == ROWS
    events = [entry.event for entry in ledger.read()]
    assert {event.occurred_at for event in events} == {datetime(2026, 3, 2, tzinfo=UTC)}
    assert {event.source for event in events} == {"erp"}
    assert events[0].subject == "enterprise/ACME"
    assert plant_of(ledger).materials["MAGNET"].name == "Magnet"


def test_a_folder_with_a_wall_clock_speaks_of_the_moment_of_loading(tmp_path):
    ledger = MemoryLedger()
    load_into(ledger, shop(tmp_path, enterprise="id\nACME\n"))
    assert {entry.event.occurred_at for entry in ledger.read()} == {NOW}


def test_loading_again_sends_nothing(tmp_path):
    ledger, folder = MemoryLedger(), shop(tmp_path)
    load_into(ledger, folder)
    again = load_into(ledger, folder)
    assert (again.total("accepted"), again.total("unchanged")) == (0, ROWS)
    assert ledger.head() == ROWS


def test_a_row_that_changes_and_changes_back_is_heard_both_times(tmp_path):
    """At a standing clock all three events are of one moment, and the last one said still holds."""
    ledger = MemoryLedger()
    names = []
    for name in ("Magnet", "Neodymium magnet", "Magnet"):
        materials = SHOP["materials.csv"].replace("MAGNET,Magnet", f"MAGNET,{name}")
        report = load_into(ledger, shop(tmp_path, materials=materials))
        names.append((report.total("accepted"), plant_of(ledger).materials["MAGNET"].name))
    assert names == [(ROWS, "Magnet"), (1, "Neodymium magnet"), (1, "Magnet")]


def magnets(folder, name: str, **more):
    materials = SHOP["materials.csv"].replace("MAGNET,Magnet", f"MAGNET,{name}")
    return shop(folder, materials=materials, **more)


def test_two_sources_that_differ_do_not_flip_the_picture_at_each_load(tmp_path):
    ledger = MemoryLedger()
    ours, theirs = magnets(tmp_path / "a", "Magnet"), magnets(tmp_path / "b", "Neodymium magnet")
    load_into(ledger, ours, source="erp")
    load_into(ledger, theirs, source="mes")
    head = ledger.head()
    for folder, source in ((ours, "erp"), (theirs, "mes"), (ours, "erp")):
        again = load_into(ledger, folder, source=source)
        assert (again.total("accepted"), again.total("unchanged")) == (0, ROWS)
    assert (ledger.head(), plant_of(ledger).materials["MAGNET"].name) == (head, "Neodymium magnet")


REGISTERED = {
    "sources": "id,kind\nerp,erp\n",
    "feeds": "source,table,cadence_minutes,is_complete\nerp,materials,1440,true\n",
}


def deliveries_of(ledger: MemoryLedger) -> list[Delivery]:
    return [d for d in plant_of(ledger).records(Delivery).values() if d.table == "materials"]


def test_every_file_of_a_registered_source_is_a_delivery(tmp_path):
    ledger = MemoryLedger()
    report = load_into(ledger, shop(tmp_path, **REGISTERED))
    (delivery,) = deliveries_of(ledger)
    assert (delivery.source, delivery.file, delivery.at) == (
        "erp",
        "materials.csv",
        report.occurred_at,
    )
    assert (delivery.rows, delivery.accepted, delivery.unchanged, delivery.set_aside) == (
        3,
        3,
        0,
        0,
    )
    assert delivery.is_complete
    tables = {d.table for d in plant_of(ledger).records(Delivery).values()}
    assert tables == {file.table for file in report.files}


def test_loading_again_is_no_news_at_a_standing_clock_and_a_delivery_at_a_running_one(tmp_path):
    standing, running = MemoryLedger(), MemoryLedger()
    for ledger, enterprise in ((standing, SHOP["enterprise.csv"]), (running, "id\nACME\n")):
        folder = shop(tmp_path / enterprise[:12], enterprise=enterprise, **REGISTERED)
        load_into(ledger, folder)
        again = load_into(ledger, folder, now=NOW + timedelta(days=1))
        assert again.total("accepted") == 0
    assert len(deliveries_of(standing)) == 1
    assert {(d.accepted, d.unchanged) for d in deliveries_of(running)} == {(3, 0), (0, 3)}


def test_of_an_unknown_source_only_what_was_set_aside_is_a_delivery(tmp_path):
    ledger = MemoryLedger()
    load_into(ledger, shop(tmp_path / "good"))
    assert deliveries_of(ledger) == []
    materials = SHOP["materials.csv"] + "MAGNET,Another,buy\n"
    load_into(ledger, shop(tmp_path / "bad", materials=materials))
    (delivery,) = deliveries_of(ledger)
    assert (delivery.rows, delivery.set_aside, delivery.repeated_keys) == (4, 1, 1)


def test_what_somebody_may_not_say_is_set_aside_with_what_needs_it(tmp_path):
    """Who may not speak of the magnet may not bring a bill of materials with it either."""

    def permit(said):
        return [
            "is not yours to say. Ask the planner." if key == "MAGNET" else "" for _, key, _ in said
        ]

    ledger = MemoryLedger()
    report = load_into(ledger, shop(tmp_path), permit=permit, by="olga")
    refused = [problem for problem in report.problems if problem.problem == "is not yours to say"]
    assert {(problem.value, problem.cure) for problem in refused} == {
        ("MAGNET", "Ask the planner.")
    }
    assert "MAGNET" not in plant_of(ledger).materials
    lines = plant_of(ledger).records(BomLine).values()
    assert not any(line.component == "MAGNET" for line in lines)
    assert report.total("rows") == report.total("accepted") + report.total("set_aside")


def test_what_a_person_brought_is_a_delivery_under_their_name(tmp_path):
    ledger = MemoryLedger()
    load_into(ledger, shop(tmp_path), by="olga")
    deliveries = plant_of(ledger).records(Delivery).values()
    assert {delivery.by for delivery in deliveries} == {"olga"}
    assert sum(delivery.accepted for delivery in deliveries) == ROWS


def test_a_trial_run_tells_everything_and_sends_nothing(tmp_path):
    ledger = MemoryLedger()
    folder = shop(tmp_path, equipment=SHOP["equipment.csv"] + "WND-2,WMD\n")
    report = load_into(ledger, folder, dry_run=True)
    assert (report.total("accepted"), report.total("set_aside"), ledger.head()) == (ROWS, 1, 0)
    assert report.as_json()["dry_run"] is True


def test_a_single_file_may_refer_to_what_was_loaded_before(tmp_path):
    ledger = MemoryLedger()
    load_into(ledger, shop(tmp_path / "first"))
    more = tmp_path / "sales_order_lines.csv"
    more.write_text(
        "id,material,quantity,due_on\nSO-2,DRIVE,5,2026-03-27\nSO-3,DRIV,5,2026-03-27\n"
    )
    report = load_into(ledger, more)
    assert (report.total("accepted"), report.total("set_aside")) == (1, 1)
    assert report.problems[0].cure == 'Did you mean "DRIVE"?'
    # The company's clock is the ledger, so the new lines are of its moment and not of the wall's.
    assert report.occurred_at == datetime(2026, 3, 2, tzinfo=UTC)


def test_a_line_may_not_close_a_cycle_with_lines_loaded_before(tmp_path):
    ledger = MemoryLedger()
    load_into(ledger, shop(tmp_path / "first"))
    more = tmp_path / "bill_of_materials.csv"
    more.write_text("parent,component\nMAGNET,DRIVE\n")
    report = load_into(ledger, more)
    assert report.problems[0].problem == "closes a cycle: MAGNET > DRIVE > ROTOR > MAGNET"


def test_a_load_that_is_cancelled_is_finished_by_loading_again(tmp_path):
    ledger, folder = MemoryLedger(), shop(tmp_path)
    seen: list[int] = []
    broken_off = load_into(
        ledger,
        folder,
        on_progress=lambda progress: seen.append(progress.rows),
        is_cancelled=lambda: len(seen) == 3,
    )
    assert not broken_off.is_complete
    assert ledger.head() == seen[-1] < ROWS
    assert broken_off.total("accepted") == broken_off.total("rows") == ledger.head()
    assert broken_off.total("left_out") == ROWS - ledger.head()
    finished = load_into(ledger, folder)
    assert finished.is_complete
    assert ledger.head() == ROWS


def test_two_loads_of_the_same_folders_give_the_same_bytes(tmp_path):
    chains = []
    for name in ("a", "b"):
        ledger = MemoryLedger()
        load_into(ledger, shop(tmp_path / name))
        chains.append([entry.chain_hash for entry in ledger.read()])
    assert chains[0] == chains[1]


def test_the_report_has_the_shape_that_the_command_promises(tmp_path):
    rows = "id,name\nDRIVE,Läufer\nROTOR,R\nMAGNET,M\n".encode("cp1252")
    report = load_into(MemoryLedger(), shop(tmp_path, materials=rows)).as_json()
    assert report["source"] == "erp"
    assert report["sequence"] == ROWS
    file = next(f for f in report["files"] if f["name"] == "materials.csv")
    assert (file["rows"], file["accepted"], file["set_aside"], file["errors"]) == (3, 3, 0, [])
    assert file["supposed"] == ["read as Windows-1252: row 2 is not UTF-8"]


def test_reading_a_plant_needs_no_django(tmp_path):
    program = (
        "import sys; from throughline.connect.loading import read_plant; "
        f"read_plant({str(shop(tmp_path))!r}); "
        "sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
