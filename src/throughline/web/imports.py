"""
From a file that somebody brought to events in the ledger: a look first, then the commit.

Both read the file through the bounded door, in a thread, and both hold each row against what its
sender may say. What is refused is set aside like any other row that does not fit.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext

from throughline.connect.cells import neutral
from throughline.connect.loading import Permit, Progress, Said, load
from throughline.connect.mapping import MappingFile, parse_mapping
from throughline.connect.preview import Preview, preview
from throughline.errors import DataError, RequestError, ThroughlineError
from throughline.model.events import Event, recorded_kind, subject_of
from throughline.picture import Picture
from throughline.web.access import Visitor, refusals
from throughline.web.jobs import JOBS, Job
from throughline.web.look import Look
from throughline.web.pages.data_import import nothing_to_record
from throughline.web.pages.data_mapping import explained_by, needed_here
from throughline.web.parked import Parked, discard, keep_result, park, remapped
from throughline.web.unmapped import unmapped
from throughline.web.uploads import FIELD, refusal_of
from throughline.web.world import SharedWorld

QUICK_SECONDS = 1.5
"""A page waits so long for the work it shows; what takes longer shows how far it is."""

LONGEST_SOURCE = 60

MOST_ERRORS = 10_000
"""Of each file so many errors are kept: whoever mends these has found the pattern."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found; ``problem`` says why the file is not read as a table yet."""

    preview: Preview
    problem: str = ""


def take_in(request: HttpRequest, look: Look) -> Parked:
    """
    Park the file of a request.

    Raises
    ------
    RequestError
        When there is no file, it is too large, or nobody says who states it.
    DataError
        When it is no file of rows.
    """
    uploaded: Any = request.FILES.get(FIELD)
    if refusal_of(request):
        raise RequestError(refusal_of(request))
    if uploaded is None:
        raise RequestError(gettext("Choose a file first."))
    return park(
        Path(uploaded.temporary_file_path()),
        name=uploaded.name or "",
        username=look.who.username,
        source=source_name(request.POST.get("source", "")),
        at=look.now,
    )


def source_name(text: str) -> str:
    """
    Who states a file, as a name of a source.

    Raises
    ------
    RequestError
        When it is empty, too long, or holds what no name holds.
    """
    name = text.strip()
    if not name:
        raise RequestError(gettext("Say which system or person the file comes from."))
    if len(name) > LONGEST_SOURCE or not name.isprintable():
        message = gettext("The name of a source has at most %(n)d characters, all printable.")
        raise RequestError(message % {"n": LONGEST_SOURCE})
    return name


def look_into(look: Look, parked: Parked) -> Job:
    """The look at a parked file, begun when it is not under way; its outcome is ``Looked``."""
    world, who, now = look.world, look.who, look.now
    return JOBS.begin(_name("look", parked), lambda _job: _preview(world, who, now, parked))


def commit(look: Look, parked: Parked) -> Job:
    """
    The load of a parked file, begun when it is not under way; its result is kept for an hour.

    Raises
    ------
    RequestError
        When nobody has looked into it, as it would then be read through no mapping, or when there
        is nothing in it that this person could record.
    """
    seen = JOBS.find(_name("look", parked))
    if seen is None or not isinstance(seen.outcome, Looked):
        raise RequestError(gettext("Look at the file first: load this page again."))
    found = seen.outcome.preview
    if not found.total("accepted"):
        raise RequestError(nothing_to_record())
    mapping = parked.mapping or found.mapping
    ready = remapped(parked, mapping) if mapping != parked.mapping else parked
    before = committing(parked)
    if before is not None and before.ended.is_set():
        JOBS.forget(before.name)  # it failed: what came through is there and counts once
    world, who, now = look.world, look.who, look.now
    return JOBS.begin(_name("commit", parked), lambda job: _load(job, world, who, now, ready))


def committing(parked: Parked) -> Job | None:
    """The load of a parked file, if one was begun."""
    return JOBS.find(_name("commit", parked))


def cancel(parked: Parked) -> None:
    """
    End a load that is under way, with what was recorded until then; or let the file go, when none
    is.
    """
    job = committing(parked)
    if job is not None and not job.ended.is_set():
        job.cancelled.set()
        return
    JOBS.forget(_name("look", parked))
    JOBS.forget(_name("commit", parked))
    discard(parked)


def choose(parked: Parked, mapping: str) -> Parked:
    """Read the file through another mapping from now on."""
    JOBS.forget(_name("look", parked))
    return remapped(parked, mapping)


def errors_csv(result: dict[str, Any]) -> str:
    """The row errors of a result as a file that a spreadsheet opens without running any cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["file", "row", "column", "value", "problem", "cure"])
    for problem in _errors(result):
        writer.writerow([neutral(str(value)) for value in problem.values()])
    return text.getvalue()


def _errors(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for file in result["files"]:
        yield from file["errors"]


def _preview(world: SharedWorld, who: Visitor, now: datetime, parked: Parked) -> Looked:
    """What would come of a file; when it is no table yet, what stands in it and why that is."""
    with _without_our_paths(parked):
        try:
            found = _through_the_door(world, who, now, parked)
            for file in found.files:
                del file.tally.errors[MOST_ERRORS:]
            return Looked(found)
        except DataError as error:
            found = unmapped(parked, now)
            return Looked(found, _told(parked, error) if parked.mapping else unknown_table())


def _through_the_door(world: SharedWorld, who: Visitor, now: datetime, parked: Parked) -> Preview:
    picture = world.picture()

    def seen_through(mapping: Path | MappingFile | None) -> Preview:
        return preview(
            parked.folder if mapping else parked.path,
            picture=picture,
            now=now,
            source=parked.source,
            mapping=mapping,
            permit=_permit(picture, who),
        )

    found = seen_through(parked.mapping_path if parked.mapping else None)
    needed = needed_here(found, picture.plant) if found.is_suggested else found.mapping
    if needed == found.mapping:
        return found
    return explained_by(seen_through(parse_mapping(needed, parked.name)), found)


def _permit(picture: Picture, who: Visitor) -> Permit:
    """What a person may say, by role and by site, as for events that come through the API."""

    def permit(said: Sequence[Said]) -> list[str]:
        return refusals(picture.plant, who, [_as_event(*one) for one in said])

    return permit


def _as_event(table: str, key: str, body: dict[str, Any]) -> Event:
    """What a row would say; only what it speaks of counts here."""
    subject = subject_of(table, key)
    return Event(subject, recorded_kind(table), subject, "", datetime.min, body)  # noqa: DTZ901


def unknown_table() -> str:
    """The sentence for a file of which nobody could tell what it holds."""
    return gettext("It is not clear which table its rows belong to. Choose it and read it again.")


@contextmanager
def _without_our_paths(parked: Parked) -> Iterator[None]:
    """Where we keep the file is nobody's business: errors name it as its owner does."""
    try:
        yield
    except ThroughlineError as error:
        raise RequestError(_told(parked, error)) from error


def _told(parked: Parked, error: ThroughlineError) -> str:
    told = str(error)
    for ours in (f"{parked.folder}/", str(parked.folder), f"{parked.mapping_path.parent}/"):
        told = told.replace(ours, "" if ours.endswith("/") else parked.name)
    return told


def _load(
    job: Job, world: SharedWorld, who: Visitor, now: datetime, parked: Parked
) -> dict[str, Any]:
    def on_progress(progress: Progress) -> None:
        job.tell(progress.rows, progress.of)

    mapping, picture = parked.mapping_path if parked.mapping else None, world.picture()
    report = load(
        parked.folder if mapping else parked.path,
        source=parked.source,
        ledger=world.ledger,
        picture=picture,
        now=now,
        mapping=mapping,
        by=who.username,
        permit=_permit(picture, who),
        on_progress=on_progress,
        is_cancelled=job.cancelled.is_set,
    )
    for tally in report.files:
        del tally.errors[MOST_ERRORS:]
    result = report.as_json()
    keep_result(parked, result)
    return result


def _name(what: str, parked: Parked) -> str:
    mark = sha256(parked.mapping.encode()).hexdigest()[:16] if what == "look" else ""
    return f"{what}:{parked.key}:{mark}"
