"""The API about the record itself: the same as the pages under /data, for machines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from django.http import HttpRequest, JsonResponse
from ninja import File, Form, Query
from ninja.files import UploadedFile

from throughline.loop.quarantine import Case
from throughline.model.decisions import ConflictResolution, QuarantineResolution
from throughline.model.events import Event
from throughline.web.access import Permission, sees_all
from throughline.web.api import Filter, Json, Limit, Offset, operation, page_of
from throughline.web.api_data_shapes import (
    CaseOut,
    CasePage,
    ConflictPage,
    DefectPage,
    FeedPage,
    ImportOut,
    ImportPage,
    LineageOut,
    ReadinessPage,
    RuleBody,
    RulingOut,
    SettleBody,
    Settled,
    SourceOut,
    SourcePage,
)
from throughline.web.imports import QUICK_SECONDS, cancel, commit, committing, look_into, take_in
from throughline.web.look import Look, look
from throughline.web.pages.data_conflicts import conflicts_for
from throughline.web.pages.data_feeds import access_source, feeds_for, sources_for
from throughline.web.pages.data_lineage import access_lineage, prov_for
from throughline.web.pages.data_quarantine import access_case, cases_for
from throughline.web.pages.data_readiness import defects_for, readiness_for
from throughline.web.parked import Parked, files_of, parked_file, result_of
from throughline.web.resolve import settle_case_as, settle_conflict_as

Open = Annotated[bool | None, Query(None, alias="open")]


@operation("GET", "/sources", Permission.SEE_DATA, SourcePage, "api-sources")
def sources(
    request: HttpRequest, kind: Filter = "", limit: Limit = 100, offset: Offset = 0
) -> Json:
    """Every source that is registered or was heard, with the trust in each of its fields."""
    found = [s for s in sources_for(look(request)).values() if kind in ("", s.kind)]
    return page_of(found, limit, offset, lambda source: source.as_json())


@operation("GET", "/sources/{path:source}", Permission.SEE_DATA, SourceOut, "api-source")
def one_source(request: HttpRequest, source: str) -> Json:
    """One source."""
    return access_source(look(request), source).as_json()


@operation("GET", "/feeds", Permission.SEE_DATA, FeedPage, "api-feeds")
def feeds(
    request: HttpRequest,
    source: Filter = "",
    table: Filter = "",
    stale: bool | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Json:
    """What each source says about each table: how fresh, valid, complete, consistent, unique."""
    found = [
        feed
        for feed in feeds_for(look(request))
        if source in ("", feed.source)
        and table in ("", feed.table)
        and stale in (None, feed.is_stale)
    ]
    return page_of(found, limit, offset, lambda feed: feed.as_json())


@operation("GET", "/conflicts", Permission.SEE_DATA, ConflictPage, "api-conflicts")
def conflicts(
    request: HttpRequest,
    subject: Filter = "",
    table: Filter = "",
    source: Filter = "",
    is_open: Open = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Json:
    """Records of which sources say different things: every value, which holds and why."""
    seen = look(request)
    found = [
        conflict
        for own in conflicts_for(seen, source=source).values()
        for conflict in own
        if subject in ("", conflict.subject)
        and table in ("", conflict.table)
        and is_open in (None, conflict.is_open)
    ]
    page = page_of(found, limit, offset, lambda conflict: conflict.as_json())
    return {**page, "sequence": seen.picture.sequence}


@operation(
    "POST", "/conflicts/{path:subject}/settle", Permission.RESOLVE_DATA, Settled, "api-settle"
)
def settle(request: HttpRequest, subject: str, body: SettleBody) -> Json:
    """Say which values hold; 409 when anybody spoke of the record after it was seen."""
    settled = settle_conflict_as(
        look(request), subject, body.believed, why=body.why, seen=body.seen
    )
    return _settled(settled)


@operation("GET", "/quarantine", Permission.SEE_DATA, CasePage, "api-quarantine")
def quarantine(
    request: HttpRequest,
    source: Filter = "",
    table: Filter = "",
    is_open: Open = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Json:
    """Events whose id was said before with another content, beside those that stand."""
    found = [
        case
        for case in cases_for(look(request))
        if source in ("", case.received.event.source)
        and table in ("", case.received.event.table)
        and is_open in (None, case.is_open)
    ]
    return page_of(found, limit, offset, _case)


@operation("GET", "/quarantine/{str:key}", Permission.SEE_DATA, CaseOut, "api-quarantine-case")
def one_case(request: HttpRequest, key: str) -> Json:
    """One case."""
    return _case(access_case(look(request), key))


@operation(
    "POST", "/quarantine/{str:key}/resolve", Permission.RESOLVE_DATA, RulingOut, "api-resolve"
)
def resolve(request: HttpRequest, key: str, body: RuleBody) -> Json:
    """Keep the first or take the second, once; 409 when somebody was faster."""
    return _ruling(settle_case_as(look(request), key, body.ruling, why=body.why))


@operation("GET", "/readiness", Permission.SEE_DATA, ReadinessPage, "api-readiness")
def readiness(
    request: HttpRequest,
    kind: Filter = "",
    owner: Filter = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Json:
    """What to mend first in the record, ranked by how much of the plan rests on it."""
    found = [
        item
        for item in readiness_for(look(request))
        if kind in ("", item.kind.value) and owner in ("", item.owner)
    ]
    return page_of(found, limit, offset, lambda item: item.as_json())


@operation("GET", "/defects", Permission.SEE_DATA, DefectPage, "api-defects")
def defects(
    request: HttpRequest,
    rule: Filter = "",
    table: Filter = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Json:
    """What cannot be right in the record, whoever said it."""
    found = [
        defect
        for defect in defects_for(look(request))
        if rule in ("", defect.rule) and table in ("", defect.file_or_table)
    ]
    return page_of(found, limit, offset, lambda defect: defect.as_json())


@operation("GET", "/lineage/{path:subject}", Permission.SEE_DATA, LineageOut, "api-lineage")
def lineage(request: HttpRequest, subject: str, prov: bool = False) -> Json | JsonResponse:
    """Where a record or figure comes from, down to its events; with prov as W3C PROV-JSON."""
    seen = look(request)
    if prov:
        return JsonResponse(prov_for(seen, subject))
    return _visible(seen, access_lineage(seen, subject).as_json())


@operation("GET", "/imports", Permission.IMPORT, ImportPage, "api-imports")
def imports(request: HttpRequest, limit: Limit = 100, offset: Offset = 0) -> Json:
    """The own files that wait to be recorded."""
    seen = look(request)
    waiting = files_of(seen.who.username)
    return page_of(waiting, limit, offset, lambda parked: _import(seen, parked, begin=False))


@operation("POST", "/imports", Permission.IMPORT, ImportOut, "api-import")
def bring(
    request: HttpRequest,
    source: Annotated[str, Form("", max_length=200)] = "",
    file: Annotated[UploadedFile | None, File(None)] = None,
) -> Json:
    """Bring a file as multipart/form-data and look at what would come of it; nothing is sent."""
    del source, file  # read where the page reads them as well; named here for who reads the API
    seen = look(request)
    return _import(seen, take_in(request, seen))


@operation("GET", "/imports/{str:key}", Permission.IMPORT, ImportOut, "api-import-file")
def one_import(request: HttpRequest, key: str) -> Json:
    """How far a file is, what would come of it, or what came of it."""
    seen = look(request)
    return _import(seen, parked_file(key, seen.who.username))


@operation("POST", "/imports/{str:key}/commit", Permission.IMPORT, ImportOut, "api-import-commit")
def commit_import(request: HttpRequest, key: str) -> Json:
    """Record what was looked at; asked again it records nothing twice."""
    seen = look(request)
    parked = parked_file(key, seen.who.username)
    if result_of(parked) is None:
        commit(seen, parked).ended.wait(QUICK_SECONDS)
    return _import(seen, parked_file(key, seen.who.username))


@operation("POST", "/imports/{str:key}/cancel", Permission.IMPORT, ImportOut, "api-import-cancel")
def cancel_import(request: HttpRequest, key: str) -> Json:
    """End what is under way, or let the file go."""
    seen = look(request)
    parked = parked_file(key, seen.who.username)
    answer = _import(seen, parked, begin=False)
    cancel(parked)
    return answer


def _import(seen: Look, parked: Parked, *, begin: bool = True) -> Json:
    """A file as it stands; the look at it is begun when it is asked for."""
    facts: Json = {"id": parked.key, "name": parked.name, "source": parked.source, "problem": ""}
    nothing: Json = {"done": 0, "of": 0, "preview": None, "result": None}
    result = result_of(parked)
    if result is not None:
        return {**facts, **nothing, "state": "recorded", "result": result}
    job, state = committing(parked), "recording"
    if job is None or job.failure:
        facts["problem"] = "" if job is None else job.failure
        if not begin:
            return {**facts, **nothing, "state": "reading"}
        job, state = look_into(seen, parked), "reading"
        job.ended.wait(QUICK_SECONDS)
    if not job.ended.is_set():
        return {**facts, **nothing, "state": state, "done": job.done, "of": job.of}
    found = job.result()
    if job.failure or found.problem:
        return {**facts, **nothing, "state": "failed", "problem": job.failure or found.problem}
    return {**facts, **nothing, "state": "ready", "preview": found.preview.as_json()}


def _settled(settled: ConflictResolution) -> Json:
    return {
        "id": settled.id,
        "subject": settled.subject,
        "columns": settled.columns.split(),
        "believed": settled.believed.split(),
        "by": settled.by,
        "at": settled.at,
        "why": settled.why,
        "correction": settled.correction,
    }


def _case(case: Case) -> Json:
    first, second = case.standing.event, case.received.event
    return {
        "id": case.id,
        "reason": case.received.reason,
        "is_open": case.is_open,
        "standing": _event(first, case.standing.recorded_at),
        "received": _event(second, case.received.at),
        "differs": sorted(_differing(first.body, second.body)),
        "resolution": None if case.resolution is None else _ruling(case.resolution),
    }


def _event(event: Event, heard_at: Any) -> Json:
    return {
        "id": event.id,
        "kind": event.kind,
        "subject": event.subject,
        "source": event.source,
        "occurred_at": event.occurred_at,
        "recorded_at": heard_at,
        "body": event.body,
    }


def _differing(first: Json, second: Json) -> Iterable[str]:
    return (name for name in {*first, *second} if first.get(name) != second.get(name))


def _ruling(resolution: QuarantineResolution) -> Json:
    return {
        "ruling": resolution.ruling.value,
        "by": resolution.by,
        "at": resolution.at,
        "why": resolution.why,
        "correction": resolution.correction,
    }


def _visible(seen: Look, found: Json) -> Json:
    """A lineage without what is of other sites, which counts and is not shown."""

    def is_there(subject: str) -> bool:
        table = subject.partition("/")[0]
        return seen.who.may_look_at(table) and sees_all(seen.plant, seen.who, [subject])

    events = [event for event in found["events"] if is_there(event["subject"])]
    return {
        **found,
        "inputs": [one for one in found["inputs"] if is_there(one["id"])],
        "events": events,
        "hidden": len(found["events"]) - len(events),
    }
