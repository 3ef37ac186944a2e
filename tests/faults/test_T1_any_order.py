"""T1: the same events in any order and with any repetition give the identical picture."""

from __future__ import annotations

from random import Random

import pytest
from django.db import connection

from faults.history import START, batches, cases, history, seen, with_repetitions
from faults.measured import Measured
from throughline.ledger import Ledger
from throughline.ledger.memory import MemoryLedger
from throughline.model.events import Event
from throughline.picture import Fold, Picture, picture_of
from throughline.store.ledger import DjangoLedger

EVENTS, REPETITIONS = 200, 60


def heard(ledger: Ledger, events: list[Event], chance: Random) -> Picture:
    """
    What a ledger shows that heard these events batch by batch.

    The fold is kept up to date as a server does, and once on the way it is given away and taken up
    again as by a restart.
    """
    fold, restart = Fold(), chance.randrange(len(events))
    for batch in batches(events, chance):
        ledger.append(batch, recorded_at=START)
        fold.take(ledger.statements(after=fold.sequence))
        if fold.sequence > restart:
            state, restart = fold.state(), len(events)
            fold = Fold.from_state(state, ledger.statements_at(state.kept))
    return fold.picture()


@pytest.mark.faults(row="T1", full=1000, short=25)
def test_shuffled_and_repeated_events_give_the_same_picture(
    rounds: int, measured: Measured, seed: int
) -> None:
    @cases(seed, rounds)
    def the_picture_is_the_same(number: int) -> None:
        chance = Random(number)
        events = history(chance, EVENTS)
        ledger = MemoryLedger()
        shuffled = heard(ledger, with_repetitions(events, chance, REPETITIONS), chance)
        wanted = MemoryLedger()
        wanted.append(events, recorded_at=START)
        assert seen(shuffled) == seen(picture_of(wanted.read()))
        assert seen(shuffled) == seen(picture_of(ledger.read()))
        assert ledger.head() == EVENTS
        measured.done()

    the_picture_is_the_same()
    measured.figure = (
        f"{measured.count:,} shuffles of {EVENTS} events of six sources with {REPETITIONS} "
        "repetitions and a restart: identical pictures"
    )


@pytest.mark.django_db
@pytest.mark.faults(row="T1", full=100, short=3)
def test_shuffled_and_repeated_events_give_the_same_picture_from_a_database(
    rounds: int, measured: Measured, seed: int
) -> None:
    for number in range(seed, seed + rounds):
        chance = Random(number)
        events = history(chance, EVENTS)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM store_ledgerentry")
        shuffled = with_repetitions(events, chance, REPETITIONS)
        shown = heard(DjangoLedger(), shuffled, chance)
        wanted = MemoryLedger()
        wanted.append(events, recorded_at=START)
        assert seen(shown) == seen(picture_of(wanted.read()))
        measured.done()
    measured.figure = f"{measured.count:,} of them through the database"
