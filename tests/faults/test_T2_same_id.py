"""T2: one id with another content is set aside and shown, and the first one stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from django.db import connection

from faults.history import START, batches, cases, history
from faults.ingest import Writers, kept_counts, new_database, told
from faults.measured import Measured
from faults.plant import counts, master_data
from throughline.ledger import Ledger, Quarantined
from throughline.ledger.chain import body_hash
from throughline.ledger.memory import MemoryLedger
from throughline.model.events import Event
from throughline.store.ledger import DjangoLedger

EVENTS, CONTRADICTIONS = 60, 60
TABLES = ("store_ledgerentry", "store_quarantinedevent")
IDS = 40


def contradicting(chance: Random) -> list[Event]:
    """Events of which many take the id of an earlier one, with its content or another."""
    events = history(chance, EVENTS)
    for number in range(CONTRADICTIONS):
        first = chance.choice(events)
        another = chance.choice(
            (
                first,
                replace(first, quality=0.25),
                replace(first, source="hand" if first.source != "hand" else "erp"),
                replace(first, occurred_at=first.occurred_at + timedelta(seconds=1)),
                replace(first, source_seq=number + 3),
                replace(first, causation_id="e-1"),
                replace(first, occurred_at=START + timedelta(days=99), is_dated=False),
            )
        )
        events.insert(chance.randrange(len(events) + 1), another)
    return events


def expected(events: Sequence[Event]) -> tuple[dict[str, Event], set[str]]:
    """What stays by id, and the hashes of what must have been set aside: written out plainly."""
    stays: dict[str, Event] = {}
    aside: set[str] = set()
    for event in events:
        first = stays.setdefault(event.id, event)
        again = event if event.is_dated else replace(event, occurred_at=first.occurred_at)
        if body_hash(again) != body_hash(first):
            aside.add(body_hash(again))
    return stays, aside


def assert_the_first_stays(
    ledger: Ledger, heard: Sequence[Quarantined], events: Sequence[Event], counted: int
) -> None:
    stays, aside = expected(events)
    assert {entry.event.id: entry.event for entry in ledger.read()} == stays
    assert ledger.head() == len(stays)
    assert {body_hash(item.event) for item in heard} == aside
    shown = [body_hash(item.event) for item in ledger.quarantined()]
    assert (set(shown), len(shown)) == (aside, len(aside)), "each is shown once"
    assert all(f'"{item.event.id}"' in item.reason for item in ledger.quarantined())
    assert counted == len(events)
    assert ledger.verify().intact


def send(ledger: Ledger, events: Sequence[Event], chance: Random) -> tuple[list[Quarantined], int]:
    """Everything in batches; answers what was set aside, and how many events were accounted for."""
    heard: list[Quarantined] = []
    counted = 0
    for number, batch in enumerate(batches(events, chance)):
        receipt = ledger.append(batch, recorded_at=START + timedelta(minutes=number))
        heard.extend(receipt.quarantined)
        counted += receipt.accepted + receipt.repeated + len(receipt.quarantined)
    return heard, counted


@pytest.mark.faults(row="T2", full=1000, short=60)
def test_the_first_content_of_an_id_stays_in_memory(
    rounds: int, measured: Measured, seed: int
) -> None:
    @cases(seed, rounds)
    def the_first_stays(number: int) -> None:
        chance = Random(number)
        ledger, events = MemoryLedger(), contradicting(chance)
        assert_the_first_stays(ledger, *_heard(ledger, events, chance))
        measured.done()

    the_first_stays()
    measured.figure = (
        f"{measured.count:,} histories with {CONTRADICTIONS} repeated ids: the first stays, every "
        "other content is set aside and shown once"
    )


def _heard(
    ledger: Ledger, events: list[Event], chance: Random
) -> tuple[list[Quarantined], list[Event], int]:
    heard, counted = send(ledger, events, chance)
    return heard, events, counted


@pytest.mark.django_db
@pytest.mark.faults(row="T2", full=500, short=10)
def test_the_first_content_of_an_id_stays_in_the_database(
    rounds: int, measured: Measured, seed: int
) -> None:
    for number in range(seed, seed + rounds):
        chance = Random(number)
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608
        ledger, events = DjangoLedger(), contradicting(chance)
        assert_the_first_stays(ledger, *_heard(ledger, events, chance))
        measured.done()
    measured.figure = f"{measured.count:,} in the database"


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    with Writers(tmp_path) as made:
        yield made


@pytest.mark.faults(row="T2", full=100, short=1)
def test_of_two_writers_with_one_id_one_is_first_and_the_other_is_set_aside(
    rounds: int, measured: Measured, chance: Random, writers: Writers, tmp_path: Path
) -> None:
    for number in range(rounds):
        file = tmp_path / f"plant-{number}.db"
        new_database(file)
        said = {"one": counts(range(IDS)), "two": counts(range(IDS))}
        for event in said["two"]:
            event["body"]["quantity"] += 0.5
        answers = together(writers, f"sqlite:///{file}", said, chance)
        kept = kept_counts(file, before=len(master_data()))
        assert sorted(name for _, name, _ in kept) == sorted(f"count-{n}" for n in range(IDS))
        from_two = sum(quantity % 1 == 0.5 for _, _, quantity in kept)
        # Each count was accepted from one of the two and set aside from the other.
        assert answers["one"] == (IDS - from_two, from_two)
        assert answers["two"] == (from_two, IDS - from_two)
        measured.add(first_from_two=from_two)
        measured.done()
    code, found = told("verify", "--db", str(file))
    assert (code, found["intact"]) == (0, True)
    measured.figure = (
        f"{measured.count:,} races of two processes over {IDS} ids: each id once, the other "
        "content set aside"
    )


def together(
    writers: Writers, url: str, said: dict[str, list[dict[str, object]]], chance: Random
) -> dict[str, tuple[int, int]]:
    """Two processes that record at once; for each how many were accepted and how many set aside."""
    with writers.on(url) as one, writers.on(url) as two:
        by_name = {"one": one, "two": two}
        sent = dict.fromkeys(by_name, 0)
        for writer in by_name.values():
            assert "head" in next(writer.answers())
        for name, writer in by_name.items():
            events = list(said[name])
            while events:
                size = chance.randint(1, 8)
                writer.send(events[:size])
                del events[:size]
                sent[name] += 1
        totals = {}
        for name, writer in by_name.items():
            heard = [next(writer.answers()) for _ in range(sent[name])]
            accepted = sum(answer["accepted"] for answer in heard)
            totals[name] = accepted, sum(answer["quarantined"] for answer in heard)
        return totals
