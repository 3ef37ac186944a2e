"""
Loading: rows of a folder become events in the ledger, or records of a plant without one.

A row that says what its source said last is not sent again, whatever others say of it: so two
sources that differ stay two voices, and the picture does not flip with every load. A row that was
A, became B and is A again is a new event: its id covers the event that it replaces.

What came of each file is stated as a delivery, because a source that repeats itself is news of its
own: it still stands by what it said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any

from throughline.connect.foreign import read_foreign
from throughline.connect.intake import FileTally, Intake, Row
from throughline.connect.mapping import MappingFile
from throughline.connect.native import read_native
from throughline.connect.only_new import leave_what_is_known
from throughline.connect.references import cross_check, in_order_of_need
from throughline.errors import DataError, RowProblem
from throughline.ledger.ports import Ledger, Receipt
from throughline.model import TABLES
from throughline.model.codec import canonical, from_json, moment_text, parse_moment, to_json
from throughline.model.columns import subject_of
from throughline.model.equipment import ClockSource
from throughline.model.events import Event, recorded_kind
from throughline.model.plant import Plant
from throughline.model.sources import Delivery
from throughline.model.versions import says_the_same
from throughline.picture.picture import Picture
from throughline.picture.sources import body_of, feed_key

BATCH = 5_000
Said = tuple[str, str, dict[str, Any]]
"""What a row says: its table, its key, its body."""

Permit = Callable[[Sequence[Said]], Sequence[str]]
"""Tells of each row in a sentence and its cure why it may not be said; empty when it may."""

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a load is: rows looked at of all rows that could be read."""

    rows: int
    of: int


@dataclass(frozen=True, slots=True)
class LoadReport:
    """
    What became of everything in a folder.

    ``sequence`` is the head of the ledger afterwards. ``is_complete`` is false when the load was
    cancelled: what was sent until then stays, and loading again sends the rest.
    """

    source: str
    files: tuple[FileTally, ...]
    sequence: int
    occurred_at: datetime
    is_dry_run: bool = False
    is_complete: bool = True

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        """Everything that was set aside and why, file by file."""
        return tuple(problem for file in self.files for problem in file.errors)

    @property
    def is_whole(self) -> bool:
        """Whether everything came in: no row was set aside, and no file."""
        return not any(
            file.set_aside or not file.table or any(problem.row == 0 for problem in file.errors)
            for file in self.files
        )

    def total(self, what: str) -> int:
        """
        Sum of ``rows``, ``accepted``, ``unchanged``, ``set_aside`` or ``left_out`` over all files.
        """
        return sum(getattr(file, what) for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """The report as the ``load`` command prints it."""
        return {
            "source": self.source,
            "files": [file.as_json() for file in self.files],
            "rows": self.total("rows"),
            "accepted": self.total("accepted"),
            "unchanged": self.total("unchanged"),
            "set_aside": self.total("set_aside"),
            "sequence": self.sequence,
            "dry_run": self.is_dry_run,
            "complete": self.is_complete,
        }


def load(
    path: Path,
    *,
    source: str,
    ledger: Ledger,
    picture: Picture,
    now: datetime,
    mapping: Path | MappingFile | None = None,
    dry_run: bool = False,
    by: str = "",
    permit: Permit | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> LoadReport:
    """
    Read a file or folder and record every row that says something new.

    Parameters
    ----------
    path
        A plant folder, one CSV file, or with ``mapping`` the folder of a foreign export.
    source
        Who says it, for example ``erp``.
    ledger
        Where the events go, in batches of 5,000; each batch is recorded whole or not at all.
    picture
        What holds now; rows may refer to it, and rows that the source said last are not sent.
    now
        When the load happens. Events carry it, unless the company's clock is the ledger: then they
        carry ``as_of`` of the enterprise in the folder, else the moment of the picture.
    dry_run
        Check everything and send nothing; ``accepted`` then counts what would be sent.
    by
        Sign-in name of the person who brings it; empty for a machine.
    permit
        Tells of each row why it is not theirs to say; such rows are set aside.
    on_progress, is_cancelled
        Called between batches.

    Raises
    ------
    DataError
        When the path or the mapping file cannot be used at all.
    """
    intake = read_and_check(path, mapping, picture, permit)
    moment = _moment_of(intake, picture, now)
    # A plant that brings its own clock is heard by it from its first word on.
    heard = now if picture.sequence else moment
    done, of = 0, sum(tally.accepted for tally in intake.tallies)
    report = LoadReport(source, tuple(intake.tallies), ledger.head(), moment, dry_run)
    batches = _batches(intake)
    for batch in batches:
        if is_cancelled():
            _not_reached(chain(batch, *batches))
            return _ended(report, ledger, is_complete=False)
        events = list(_events(batch, source, moment, picture))
        if events and not dry_run:
            _settle(batch[0][2].tally, ledger.append(events, recorded_at=heard))
        done += len(batch)
        on_progress(Progress(done, of))
    if not dry_run:
        _deliver(report, intake, picture, ledger, now=heard, by=by)
    return _ended(report, ledger, is_complete=True)


def _not_reached(items: Iterable[Item]) -> None:
    """Rows that a load which was cancelled did not come to: they count as left out."""
    for _, _, row, _ in items:
        row.tally.rows -= 1
        row.tally.accepted -= 1
        row.tally.left_out += 1


def read_and_check(
    path: Path, mapping: Path | MappingFile | None, picture: Picture, permit: Permit | None = None
) -> Intake:
    """
    The rows of a path that can stand beside each other and beside what holds now, and that are
    permitted; the rest is set aside. What a table that only adds knows no better stays as it is.
    """
    intake = _read(path, mapping)
    leave_what_is_known(intake, picture)
    if permit is not None:
        _set_aside_refused(intake, permit)
    cross_check(intake, _InPicture(picture))
    return intake


def _set_aside_refused(intake: Intake, permit: Permit) -> None:
    """
    Before references are checked, so that a row that needs a refused one is set aside with it.
    """
    rows = [
        (table, key, row, body)
        for table in intake.tables
        for key, row, body in intake.bodies(table)
    ]
    refused = permit([(table, key, body) for table, key, _, body in rows])
    for (table, key, row, _), why in zip(rows, refused, strict=True):
        if why:
            problem, _, cure = why.partition(". ")
            told = RowProblem(row.tally.name, row.number, "", key, problem, cure)
            intake.set_aside(table, key, [told])


def read_plant(path: Path | str, mapping: Path | str | None = None) -> Plant:
    """
    A plant folder as a plant, without ledger or database.

    What could not be used is left out; ``read_plant_with_problems`` tells what that was.

    Raises
    ------
    DataError
        When nothing at all could be used; the message names the first problems.
    """
    return read_plant_with_problems(path, mapping)[0]


def read_plant_with_problems(
    path: Path | str, mapping: Path | str | None = None
) -> tuple[Plant, tuple[RowProblem, ...]]:
    """
    The plant of a folder, and everything in the folder that could not be used, with its place and
    cure.
    """
    intake = _read(Path(path), None if mapping is None else Path(mapping))
    cross_check(intake)
    plant = Plant({table: _records(intake, table) for table in intake.tables})
    if not any(intake.tables.values()):
        shown = "\n".join(map(str, intake.problems[:_MOST_SHOWN]))
        message = f"{path} holds no row that can be used.\n{shown}"
        raise DataError(message.rstrip())
    return plant, intake.problems


class _InPicture:
    """The records of a picture, as far as references need them."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def has(self, table: str, key: str) -> bool:
        return self._picture.body(table, key) is not None

    def keys(self, table: str) -> Iterable[str]:
        return self._picture.plant.records(TABLES[table].type).keys()


def _read(path: Path, mapping: Path | MappingFile | None) -> Intake:
    return read_native(path) if mapping is None else read_foreign(path, mapping)


def _records(intake: Intake, table: str) -> dict[str, Any]:
    record_type = TABLES[table].type
    return {key: from_json(record_type, body) for key, _, body in intake.bodies(table)}


def _moment_of(intake: Intake, picture: Picture, now: datetime) -> datetime:
    for _, _, body in intake.bodies("enterprise"):
        if body["clock"] == ClockSource.LEDGER and body["as_of"]:
            return parse_moment(body["as_of"])
        return now
    return picture.as_of or now


Item = tuple[str, str, Row, dict[str, Any]]  # table, key, row, body


def _batches(intake: Intake) -> Iterator[list[Item]]:
    """
    Rows in order of need, at most 5,000 at a time and never of two files, so that each answer has
    its file.
    """
    for table in in_order_of_need(intake.tables):
        items = ((table, key, row, body) for key, row, body in intake.bodies(table))
        for _, of_one_file in groupby(items, key=lambda item: id(item[2].tally)):
            while batch := list(islice(of_one_file, BATCH)):
                yield batch


def _events(
    batch: Iterable[Item], source: str, moment: datetime, picture: Picture
) -> Iterator[Event]:
    for table, key, row, body in batch:
        if says_nothing_new(picture, source, table, key, body):
            row.tally.accepted -= 1
            row.tally.unchanged += 1
        else:
            yield _event(table, key, body, source, moment, picture)


def says_nothing_new(
    picture: Picture, source: str, table: str, key: str, body: dict[str, Any]
) -> bool:
    """
    Whether a row is what its source said last.

    What holds no more, because somebody withdrew it, is news when it is stated again.
    """
    own = picture.said_by(table, key, source)
    return (
        own is not None
        and says_the_same(table, body, body_of(own))
        and picture.body(table, key) is not None
    )


def _event(
    table: str, key: str, body: dict[str, Any], source: str, moment: datetime, picture: Picture
) -> Event:
    subject, newest = subject_of(table, key), picture.latest(table, key)
    replaces, place = ("", 0) if newest is None else (newest.event_id, newest.place_after)
    text = f"{source}|{subject}|{canonical(body)}|{replaces}"
    return Event(
        id=sha256(text.encode()).hexdigest(),
        kind=recorded_kind(table),
        subject=subject,
        source=source,
        occurred_at=moment,
        body=body,
        # Of two events of one moment the higher source_seq holds, so that a row corrected at a
        # standing clock replaces the one before it.
        source_seq=place,
    )


def _settle(tally: FileTally, receipt: Receipt) -> None:
    """
    Book what the ledger did not take: repeated events were unchanged, contradicted ones are set
    aside.
    """
    refused = len(receipt.quarantined)
    tally.accepted -= receipt.repeated + refused
    tally.unchanged += receipt.repeated
    tally.set_aside += refused
    tally.errors.extend(
        RowProblem(
            tally.name, 0, "", item.event.subject, item.reason, "Load again; the first stays."
        )
        for item in receipt.quarantined
    )


def _deliver(
    report: LoadReport, intake: Intake, picture: Picture, ledger: Ledger, *, now: datetime, by: str
) -> None:
    """
    State what came of each file.

    Of a source that nobody registered only files with rows set aside, and those that a person
    brought, are stated: what was accepted is in the ledger already, and nobody waits for the next
    one.
    """
    known = {key: body for key, _, body in intake.bodies("feeds")}
    is_registered = picture.body("sources", report.source) is not None or (
        report.source in intake.tables.get("sources", {})
    )
    events = []
    for tally in report.files:
        if tally.table and tally.rows and (is_registered or tally.set_aside or by):
            key = feed_key(report.source, tally.table)
            feed = picture.body("feeds", key) or known.get(key) or {}
            delivery = _delivery(report, tally, by=by, is_complete=bool(feed.get("is_complete")))
            # At a standing clock a file that is loaded again is the same delivery.
            if picture.body("deliveries", delivery.id) is None:
                events.append(_event_of(delivery))
    if events:
        ledger.append(events, recorded_at=now)


def _delivery(report: LoadReport, tally: FileTally, *, by: str, is_complete: bool) -> Delivery:
    at, counts = report.occurred_at, (tally.rows, tally.set_aside, tally.repeated_keys)
    text = f"{report.source}|{tally.table}|{tally.name}|{moment_text(at)}|{counts}"
    return Delivery(
        id=sha256(text.encode()).hexdigest()[:32],
        source=report.source,
        table=tally.table,
        file=tally.name,
        at=at,
        rows=tally.rows,
        accepted=tally.accepted,
        unchanged=tally.unchanged,
        set_aside=tally.set_aside,
        repeated_keys=tally.repeated_keys,
        is_complete=is_complete,
        by=by,
    )


def _event_of(delivery: Delivery) -> Event:
    return Event(
        id=f"delivery-{delivery.id}",
        kind=recorded_kind("deliveries"),
        subject=subject_of("deliveries", delivery.id),
        source=delivery.source,
        occurred_at=delivery.at,
        body=to_json(delivery),
    )


def _ended(report: LoadReport, ledger: Ledger, *, is_complete: bool) -> LoadReport:
    for tally in report.files:
        tally.errors.sort(key=lambda problem: problem.row)
    return LoadReport(
        report.source,
        report.files,
        ledger.head(),
        report.occurred_at,
        report.is_dry_run,
        is_complete,
    )
