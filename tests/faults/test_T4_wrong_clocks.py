"""T4: wrong clocks make no negative duration and no server error; order is that of hearing."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from faults.clocks import NOW, ZONES, any_moment, local_text, off, offset_moment, set_back
from faults.ingest import told
from faults.measured import Measured
from faults.plant import SENDER, lines, master_data, master_lines
from throughline.connect.events import read_event_objects, read_events
from throughline.connect.fitting import fitting
from throughline.learn.kpis import KpiReport, KpiScope, kpis
from throughline.ledger.memory import MemoryLedger
from throughline.model import TABLES
from throughline.model.calendars import CalendarException, Shift, WorkCalendar
from throughline.model.door import FIRST_YEAR, LAST_YEAR, TextFormat, read_text
from throughline.model.equipment import Equipment, WorkCenter
from throughline.model.plant import Plant
from throughline.model.working_time import weekday_numbers, working_time
from throughline.picture import Fold, Picture
from throughline.picture.feeds import feeds_of
from throughline.picture.skew import skews_of

SOURCES = ("mes", "erp", "saw")
ORDERS, STATES = 4, 12
NO_FAKETIME = "no faketime: apt-get install faketime"
CONDITIONS = ("producing", "setup", "delayed", "down", "maintenance", "unmanned", "idle")


def state(chance: Random, number: int, moment: Any = any_moment) -> dict[str, Any]:
    """A machine's state between two moments that its clock gives."""
    first, last = moment(chance), moment(chance)
    return {
        "id": f"state-{number}",
        "table": "equipment_states",
        "source": chance.choice(SOURCES),
        "occurred_at": _text(moment(chance)),
        "body": {
            "id": f"ST-{number % STATES}",
            "equipment": f"SAW-{number % 2}",
            "condition": chance.choice(CONDITIONS),
            "starts_at": _text(first),
            "ends_at": chance.choice((None, _text(last))),
        },
    }


def response(chance: Random, number: int, moment: Any = any_moment) -> dict[str, Any]:
    """A step of an order, with when it began and ended by the clock of who says it."""
    return {
        "id": f"response-{number}",
        "table": "operations_responses",
        "source": chance.choice(SOURCES),
        "occurred_at": _text(moment(chance)),
        "body": {
            "order": f"PO-{number % ORDERS}",
            "sequence": 10,
            "equipment": f"SAW-{number % 2}",
            "actual_start": chance.choice((None, _text(moment(chance)))),
            "actual_end": chance.choice((None, _text(moment(chance)))),
            "planned_start": _text(moment(chance)),
            "setup_minutes": float(chance.randrange(60)),
            "run_minutes": float(chance.randrange(600)),
            "good_quantity": float(chance.randrange(40)),
        },
    }


def order(chance: Random, number: int, moment: Any = any_moment) -> dict[str, Any]:
    return {
        "id": f"order-{number}",
        "table": "production_orders",
        "source": chance.choice(SOURCES),
        "occurred_at": _text(moment(chance)),
        "body": {
            "id": f"PO-{number % ORDERS}",
            "material": "BRK-1",
            "quantity": 40.0,
            "due_at": _text(moment(chance)),
            "actual_start": chance.choice((None, _text(moment(chance)))),
            "actual_end": chance.choice((None, _text(moment(chance)))),
        },
    }


def _text(moment: Any) -> Any:
    return moment.isoformat() if isinstance(moment, datetime) else moment


def shop(chance: Random) -> list[dict[str, Any]]:
    """Two saws that work shifts in some time zone, orders, and three sources that feed states."""
    zone = chance.choice(ZONES)
    rows: list[tuple[str, dict[str, Any]]] = [
        ("enterprise", {"id": "BRK"}),
        ("materials", {"id": "BRK-1"}),
        ("calendars", {"id": "CAL", "time_zone": zone}),
        ("shifts", {"calendar": "CAL", "weekdays": "Mon-Sun", "starts": "22:00", "ends": "06:00"}),
        ("work_centers", {"id": "CUT", "calendar": "CAL"}),
        *(("equipment", {"id": f"SAW-{n}", "work_center": "CUT"}) for n in range(2)),
        *(("production_orders", _order(n)) for n in range(ORDERS)),
        *(("sources", {"id": name}) for name in SOURCES),
    ]
    for table in ("equipment_states", "operations_responses", "production_orders"):
        rows += [("feeds", {"source": name, "table": table}) for name in SOURCES]
    return [
        {"id": f"shop-{n}", "table": table, "body": body, "occurred_at": "2026-01-01T00:00:00Z"}
        for n, (table, body) in enumerate(rows)
    ]


def _order(number: int) -> dict[str, Any]:
    return {"id": f"PO-{number}", "material": "BRK-1", "quantity": 40.0}


@pytest.mark.faults(row="T4", full=4000, short=150)
def test_the_events_door_takes_a_moment_or_names_what_is_wrong_with_it(
    rounds: int, measured: Measured, chance: Random
) -> None:
    taken = 0
    for number in range(rounds):
        make = chance.choice((state, response, order))
        said = json.dumps(make(chance, number, offset_moment))
        read, problems = read_events([said], now=NOW + off(chance))
        assert len(read) + len(problems) == 1
        assert all(problem.column and problem.cure for problem in problems)
        for event in read:
            assert FIRST_YEAR <= event.occurred_at.year <= LAST_YEAR
            ledger = MemoryLedger()
            ledger.append([event], recorded_at=chance.choice((NOW, *map(datetime_of, (1, 9999)))))
            fold = Fold().take(ledger.statements())
            assert len(fold.picture().plant.records(TABLES[event.table].type)) == 1
            taken += 1
        measured.done()
    assert 0 < taken < rounds
    measured.note(taken=taken)
    measured.figure = f"{measured.count:,} moments at the events door, {taken:,} of them taken"


def datetime_of(year: int) -> datetime:
    """Within a day of the beginning or the end of all time."""
    return datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, 12, tzinfo=UTC)


@pytest.mark.faults(row="T4", full=2000, short=150)
def test_the_door_of_files_reads_wall_times_in_their_zone_or_says_why_not(
    rounds: int, measured: Measured, chance: Random
) -> None:
    table = TABLES["equipment_states"]
    for _ in range(rounds):
        zone = chance.choice((*ZONES, ""))
        cells = {
            "id": "ST-1",
            "equipment": "SAW-1",
            "condition": "down",
            "starts_at": local_text(chance),
            "ends_at": local_text(chance),
        }
        read = read_text(table, cells, written=TextFormat(time_zone=zone))
        if isinstance(read, dict):
            for name in ("starts_at", "ends_at"):
                assert read[name] is None or read[name].endswith("Z")
        else:
            assert all(problem.column and problem.cure for problem in read)
        measured.done()
    measured.figure = f"{measured.count:,} rows at the door of files"


@pytest.mark.faults(row="T4", full=2000, short=60)
def test_working_time_never_runs_backwards_and_a_shift_lasts_as_long_as_it_lasts(
    rounds: int, measured: Measured, chance: Random
) -> None:
    compared = 0
    for _ in range(rounds):
        zone, days = chance.choice(ZONES), chance.randint(1, 9)
        starts, ends = (time(chance.randrange(24), chance.choice((0, 30))) for _ in "se")
        origin = any_moment(chance).replace(hour=0, minute=0)
        shift = Shift(
            calendar="CAL",
            weekdays=chance.choice(("Mon-Sun", "Sat,Sun", "Mon-Fri")),
            starts=starts,
            ends=ends,
        )
        overtime = [_overtime(chance)] if chance.random() < 0.2 else []
        plant = Plant.of(
            [
                WorkCalendar(id="CAL", time_zone=zone),
                shift,
                WorkCenter(id="CUT", calendar="CAL"),
                Equipment(id="SAW", work_center="CUT"),
                *overtime,
            ]
        )
        clock = working_time(plant, "SAW", origin, days)
        edges = [edge for pair in zip(clock.starts, clock.ends, strict=True) for edge in pair]
        assert edges == sorted(edges)
        assert all(start < end for start, end in zip(clock.starts, clock.ends, strict=True))
        if not overtime and not any(is_twice_or_never(shift, zone, clock.origin, days)):
            compared += 1
            assert clock.total_minutes == lasted(shift, zone, clock.origin, days)
        first, last = any_moment(chance), any_moment(chance)
        assert clock.spent(first, last) >= 0
        assert clock.spent(first, last) <= max(0.0, (last - first) / timedelta(minutes=1)) + 1e-9
        minute, work = clock.minute(first), chance.randrange(2000)
        assert clock.add(minute, work) >= minute + work
        measured.done()
    assert compared > rounds / 2
    measured.figure = f"{measured.count:,} calendars about changes of clocks"


def _overtime(chance: Random) -> CalendarException:
    first = any_moment(chance)
    last = first + timedelta(minutes=chance.randrange(1, 900))
    works = chance.random() < 0.5
    return CalendarException(id="X", scope="SAW", starts_at=first, ends_at=last, works=works)


def is_twice_or_never(shift: Shift, zone: str, origin: datetime, days: int) -> Iterator[bool]:
    """
    Whether a shift begins or ends at a wall time that a day has twice, or not at all.

    Then a wall clock cannot tell how long it lasts. Of two the first one is meant, and what is left
    out comes as much later as the clock was moved (RFC 5545, section 3.3.5).
    """
    place = ZoneInfo(zone)
    for day in range(-2, days + 2):
        for wall in (shift.starts, shift.ends):
            there = datetime.combine(origin + timedelta(days=day), wall, tzinfo=place)
            yield there.utcoffset() != there.replace(fold=1).utcoffset()


def lasted(shift: Shift, zone: str, origin: datetime, days: int) -> int:
    """Minutes of all shifts within a window, counted minute by minute as a clock on a wall goes."""
    place, days_of = ZoneInfo(zone), weekday_numbers(shift.weekdays)
    total = 0
    for minute in range(0, days * 24 * 60, 30):
        wall = (origin + timedelta(minutes=minute)).astimezone(place)
        total += 30 if _is_worked(shift, days_of, wall) else 0
    return total


def _is_worked(shift: Shift, days_of: tuple[int, ...], wall: datetime) -> bool:
    now, today = wall.time().replace(tzinfo=None), wall.weekday() in days_of
    if shift.starts < shift.ends:
        return today and shift.starts <= now < shift.ends
    yesterday = (wall.weekday() - 1) % 7 in days_of
    return (today and now >= shift.starts) or (yesterday and now < shift.ends)


@pytest.mark.faults(row="T4", full=1500, short=25)
def test_no_duration_is_negative_and_order_is_that_of_hearing(
    rounds: int, measured: Measured, chance: Random
) -> None:
    for _ in range(rounds):
        ledger, picture, heard = MemoryLedger(), Fold().picture(), []
        own = {name: off(chance) for name in SOURCES}
        for now, batch in zip(set_back(chance), said_by_wrong_clocks(chance, own), strict=False):
            read, problems = read_event_objects(batch, now=now)
            assert problems == []
            fits, _ = fitting(read, picture, now=now)
            ledger.append(fits, recorded_at=now)
            heard += [event.id for event in fits]
            picture = Fold().take(ledger.statements()).picture()
        assert [entry.event.id for entry in ledger.read()] == list(dict.fromkeys(heard))
        assert [entry.sequence for entry in ledger.read()] == list(range(1, ledger.head() + 1))
        assert_no_negative_duration(picture, chance)
        assert_skew_is_shown(ledger, own)
        measured.done()
    measured.figure = (
        f"{measured.count:,} histories of three sources with wrong clocks: no negative duration in "
        "any figure, order as heard, the skew of each source shown"
    )


def said_by_wrong_clocks(
    chance: Random, own: dict[str, timedelta]
) -> Iterator[list[dict[str, Any]]]:
    """Batches of what three sources say, each by its own clock."""
    yield shop(chance)
    for number in range(20):
        make = chance.choice((state, response, order))
        said = make(chance, number)
        said["occurred_at"] = _text(NOW + timedelta(minutes=number) + own[said["source"]])
        yield [said]


def assert_no_negative_duration(picture: Picture, chance: Random) -> None:
    until = chance.choice((None, NOW, any_moment(chance)))
    for scope in (None, *KpiScope):
        report = kpis(picture.plant, until=until, by=scope)
        negative = list(wrong_figures(report))
        assert negative == [], (scope, negative)
    for feed in feeds_of(picture, now=NOW):
        assert feed.age_minutes is None or feed.age_minutes >= 0
        for name, measure in feed.measures.items():
            assert measure.value is None or 0 <= measure.value <= 1, (feed.source, name, measure)


def wrong_figures(report: KpiReport) -> Iterator[tuple[str, str, float]]:
    """Figures that are no number, and durations and shares below nothing."""
    for row in report.rows:
        for name, value in row.figures.items():
            is_span = name.endswith(("_minutes", "_hours", "_days", "_ratio", "utilization"))
            may_be_negative = "lateness" in name or "slip" in name  # early is less than nothing
            if value is not None and (
                not math.isfinite(value) or (is_span and value < 0 and not may_be_negative)
            ):
                yield row.scope, name, value


def assert_skew_is_shown(ledger: MemoryLedger, own: dict[str, timedelta]) -> None:
    shown = skews_of(ledger.statements())
    for entry in ledger.read():
        source = entry.event.source
        assert source in shown
        if entry.event.occurred_at > entry.recorded_at:
            assert shown[source].ahead > 0
            assert shown[source].most_ahead >= entry.event.occurred_at - entry.recorded_at or (
                _is_overtaken(entry.sequence, ledger)
            )


def _is_overtaken(sequence: int, ledger: MemoryLedger) -> bool:
    """Whether another statement of its batch speaks of a later moment."""
    entries = list(ledger.read())
    own = entries[sequence - 1]
    batch = [e for e in entries if e.recorded_at == own.recorded_at]
    return max(e.event.occurred_at for e in batch) > own.event.occurred_at


@pytest.mark.django_db
@pytest.mark.faults(row="T4", full=1000, short=40)
def test_no_moment_makes_the_server_fail(
    rounds: int, measured: Measured, chance: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    from throughline.store.accounts import ensure_accounts, issue_key
    from throughline.web.templatetags import assets
    from throughline.web.world import current_world, forget_world

    monkeypatch.setenv("THROUGHLINE_SECRET_KEY", "a key for tests that signs nothing that lasts")
    monkeypatch.setattr(assets, "_read_once", dict)
    forget_world()
    world = current_world()
    world.say(master_data(), at=NOW)
    world.append(read_event_objects(shop(chance), now=NOW)[0], at=NOW)
    ensure_accounts(world.picture().plant)
    headers = {"Authorization": f"Bearer {issue_key(SENDER, now=NOW)}"}
    client = Client(raise_request_exception=True)
    for number in range(rounds):
        if number % 4:
            make = chance.choice((state, response, order))
            said = make(chance, number, offset_moment)
            answer = client.post(
                "/api/v1/events",
                data=json.dumps([said]),
                content_type="application/json",
                headers=headers,
            )
        else:
            asked = {
                "from": _day(chance),
                "to": _day(chance),
                "by": chance.choice(("", "day", "week")),
            }
            answer = client.get("/api/v1/kpis", data=asked, headers=headers)
        assert answer.status_code < 500, (answer.status_code, answer.content[:500])
        measured.done()
    forget_world()
    measured.figure = f"{measured.count:,} requests to the API: no server error"


def _day(chance: Random) -> str:
    return chance.choice(("0001-01-01", "9999-12-31", "2026-03-29", "2026-10-25", "2100-12-31"))


@pytest.mark.faults(row="T4", full=40, short=1)
def test_commands_run_under_a_false_clock(
    rounds: int, measured: Measured, chance: Random, tmp_path: Path
) -> None:
    library = _faketime_library()
    if library is None:
        pytest.skip(NO_FAKETIME)
    file = tmp_path / "plant.db"
    given = master_lines() + lines(shop(chance))
    assert told("record", "-", "--db", str(file), given=given)[0] == 0
    clocks = (
        "-1d",
        "+1d",
        "@2026-03-29 00:59:58",
        "@2026-10-25 00:59:58",
        "@1990-01-01 00:00:05",
        "@2100-12-31 23:00:00",
        "@2200-01-01 00:00:05",  # in the year 9999 Python itself does not start
        "-1d x600",
    )
    tomorrow = _text(datetime.now(UTC) + timedelta(hours=20))
    assert told("record", "-", "--db", str(file), given=lines([_ahead(chance, tomorrow)]))[0] == 0
    for number in range(rounds):
        false = {"LD_PRELOAD": library, "FAKETIME": clocks[number % len(clocks)], "TZ": "UTC"}
        said = lines([state(chance, number), response(chance, number)])
        codes = {
            told("record", "-", "--db", str(file), given=said, **false)[0],
            told("kpis", "--db", str(file), **false)[0],
        }
        assert codes <= ({3} if "2200" in false["FAKETIME"] else {0, 1})
        code, found = told("verify", "--db", str(file))
        assert (code, found["intact"]) == (0, True)
        measured.done()
    _, report = told("trust", "--db", str(file))
    shown = {clock["source"]: clock for clock in report["clocks"]}
    assert shown["fast-saw"]["ahead"] == 1
    measured.figure = f"{measured.count:,} commands under the false clock of libfaketime"


def _ahead(chance: Random, tomorrow: str) -> dict[str, Any]:
    """Something that a saw whose clock runs ahead says has happened tomorrow."""
    body = {**state(chance, 0)["body"], "starts_at": "2026-03-01T00:00:00Z", "ends_at": None}
    return {**state(chance, 0), "id": "ahead", "source": "fast-saw", "body": body} | {
        "occurred_at": tomorrow
    }


def _faketime_library() -> str | None:
    """libfaketime as Debian installs it, where there is one."""
    program = shutil.which("faketime")
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    return str(found[0]) if program and found else None
