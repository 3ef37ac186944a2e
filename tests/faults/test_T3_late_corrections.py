"""T3: what we believed at A about B answers the same for ever, whatever is said later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection

from faults.history import DAYS, START, batches, cases, history, seen
from faults.measured import Measured
from throughline.ledger import Ledger
from throughline.ledger.memory import MemoryLedger
from throughline.model.events import Event, LedgerEntry, Statement
from throughline.picture import Fold
from throughline.picture.believed import believed_at, picture_at
from throughline.store.ledger import DjangoLedger

EVENTS = 120
HEARD_FROM = START + timedelta(days=DAYS)


@dataclass(frozen=True, slots=True)
class Question:
    """What did we believe at A about a subject at B?"""

    subject: str
    heard_by: datetime
    about: datetime

    def answer(self, ledger: Ledger) -> Any:
        """What holds for the subject, and everything else that was shown with it."""
        said = believed_at(ledger, self.subject, heard_by=self.heard_by, about=self.about)
        picture = picture_at(ledger, heard_by=self.heard_by, about=self.about)
        in_picture = picture.statement(*self.subject.split("/", 1))
        assert said == in_picture, (self, said, in_picture)
        return said, seen(picture)


def clock(chance: Random, *, is_set_back: bool) -> Iterator[datetime]:
    """When each batch is heard: minutes to hours apart, or now and then up to two days earlier."""
    now = HEARD_FROM
    while True:
        yield now
        back = is_set_back and chance.random() < 0.25
        now += timedelta(minutes=chance.choice((-2880, -60, -1) if back else (0, 1, 30, 600)))


def asked(ledger: Ledger, events: Sequence[Event], chance: Random) -> Question:
    """
    A question that is settled: something was heard later than the moment it asks for.

    Of a moment at which nothing later has been heard the rest may still come.
    """
    latest = max(entry.recorded_at for entry in ledger.read())
    heard = [entry.recorded_at for entry in ledger.read() if entry.recorded_at < latest]
    at = chance.choice(heard) if heard else HEARD_FROM - timedelta(hours=1)
    return Question(
        chance.choice(events).subject,
        min(at + timedelta(seconds=chance.choice((0, 0, 7))), latest - timedelta(microseconds=1)),
        START + timedelta(hours=8 * chance.randrange(3 * DAYS)),
    )


def ask_while_it_grows(ledger: Ledger, chance: Random, *, is_set_back: bool) -> int:
    """Ask after each batch; ask all of it again when everything was said. How many questions."""
    events = history(chance, EVENTS)
    chance.shuffle(events)
    answers: list[tuple[Question, Any]] = []
    for batch, now in zip(
        batches(events, chance), clock(chance, is_set_back=is_set_back), strict=False
    ):
        ledger.append(batch, recorded_at=now)
        question = asked(ledger, events, chance)
        answers.append((question, question.answer(ledger)))
        if not is_set_back:
            assert answers[-1][1][1] == seen(plainly(ledger.read(), question)), question
    for question, before in answers:
        assert question.answer(ledger) == before, question
    return len(answers)


def plainly(entries: Iterator[LedgerEntry], question: Question) -> Any:
    """The picture of what was heard by A and had happened by B, by the words of the question."""
    fold = Fold()
    for entry in entries:
        is_heard = entry.recorded_at <= question.heard_by
        if is_heard and entry.event.occurred_at <= question.about:
            fold.take([Statement.of(entry)])
    return fold.picture()


@pytest.mark.faults(row="T3", full=1000, short=25)
def test_what_we_believed_stays_what_we_believed(
    rounds: int, measured: Measured, seed: int
) -> None:
    @cases(seed, rounds)
    def the_answer_stays(number: int) -> None:
        chance = Random(number)
        is_set_back = number % 2 == 1
        asked = ask_while_it_grows(MemoryLedger(), chance, is_set_back=is_set_back)
        measured.add(questions=asked)
        measured.done()

    the_answer_stays()
    measured.figure = (
        f"{measured.count:,} histories, half of them heard by a clock that is set back, "
        f"{measured.notes['questions']:,} questions asked again after later corrections: the same "
        "answers"
    )


@pytest.mark.django_db
@pytest.mark.faults(row="T3", full=200, short=4)
def test_what_we_believed_stays_what_we_believed_in_the_database(
    rounds: int, measured: Measured, seed: int
) -> None:
    for number in range(seed, seed + rounds):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM store_ledgerentry")
        chance = Random(number)
        ask_while_it_grows(DjangoLedger(), chance, is_set_back=number % 2 == 1)
        measured.done()
    measured.figure = f"{measured.count:,} in the database"
