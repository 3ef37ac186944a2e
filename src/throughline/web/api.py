"""The API under /api/v1: the same world as the pages, as JSON, for machines and islands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern
from ninja import NinjaAPI, Query, Schema
from ninja.errors import HttpError
from pydantic import ConfigDict, Field

from throughline.connect.events import parse_json, read_event_objects
from throughline.connect.fitting import fitting
from throughline.errors import RequestError, RowProblem, ThroughlineError, UnknownIdError
from throughline.model.codec import to_json
from throughline.model.decisions import Decision
from throughline.model.door import FIRST_YEAR, LAST_YEAR, is_plausible
from throughline.picture.sites import record_of, site_of_subject
from throughline.web.access import (
    Permission,
    check_events,
    declared,
    escalations_for,
    route,
)
from throughline.web.api_shapes import (
    AssumptionPage,
    Believed,
    Board,
    Decided,
    EscalationPage,
    History,
    Kpis,
    OperationPage,
    OrderPage,
    Problem,
    Recorded,
    StrategyMap,
    Survival,
    TraceAnswer,
)
from throughline.web.decide import LONGEST_REASON, decide_as
from throughline.web.guards import guards
from throughline.web.look import Look, look
from throughline.web.pages.board import board_data
from throughline.web.pages.strategy import map_data
from throughline.web.pages.today import survival_curve
from throughline.web.past import belief_for, history_for
from throughline.web.problems import RETRY_SECONDS, status_of

if TYPE_CHECKING:
    from throughline.strategy.trace import Node, Trace

Json = dict[str, Any]
PREFIX = "/api/v1/"
LARGEST_BODY = 1_000_000
MOST_EVENTS = 5_000
MOST_ITEMS = 1_000
MOST_PROBLEMS = 20
_FORBIDDEN, _NOT_FOUND, _TOO_LARGE, _WRONG_TYPE, _UNPROCESSABLE = 403, 404, 413, 415, 422
_WORLD_FAILED = 503

_KPI_SCOPES = (
    "^(|site|work_center|equipment|person|material|order|supplier|reason|day|week|month|year)$"
)
_SCOPES = {
    "site": "sites",
    "work_center": "work_centers",
    "equipment": "equipment",
    "person": "personnel",
    "material": "materials",
    "order": "production_orders",
}
"""Breakdowns of figures whose rows each belong to a site, with the table they speak of."""

Limit = Annotated[int, Query(100, ge=1, le=MOST_ITEMS)]
Offset = Annotated[int, Query(0, ge=0, le=10_000_000)]
Filter = Annotated[str, Query("", max_length=200)]

api = NinjaAPI(
    title="Throughline",
    version="1",
    description="Plans that state their assumptions and test them every day.",
    openapi_url=None,
    docs_url=None,
    urls_namespace="throughline-api",
)


def url_patterns() -> list[URLPattern]:
    """Addresses of all operations; each operation carries its own guard."""
    patterns = [
        pattern
        for pattern in api.urls[0]
        if isinstance(pattern, URLPattern) and pattern.name != "api-root"
    ]
    for pattern in patterns:
        declared(pattern.callback, Permission.SEE_API)
    return patterns


@api.exception_handler(ThroughlineError)
def told(request: HttpRequest, error: ThroughlineError) -> HttpResponse:
    """An error of ours as JSON with its status."""
    status = status_of(error)
    response = api.create_response(request, {"detail": str(error)}, status=status)
    if status >= _WORLD_FAILED:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def operation(
    method: str, path: str, permission: Permission, response: Any, name: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """One operation: where it is, what it needs, what it answers."""
    answers = {200: response, 401: Problem, 403: Problem, 404: Problem}
    if method == "POST":
        answers |= dict.fromkeys((400, 409, 413, 415, 422, 503, 507), Problem)
    else:
        answers |= {400: Problem, 503: Problem}
    decorate: Callable[[Callable[..., Any]], Callable[..., Any]] = api.api_operation(
        [method], path, auth=guards(permission), response=answers, url_name=name
    )
    return decorate


@operation("GET", "/board", Permission.SEE_BOARD, Board, "api-board")
def board(request: HttpRequest) -> HttpResponse:
    """The scheduling board: machines, bars, working time and load in minutes since the origin."""
    data = board_data(look(request))
    if data is None:
        raise HttpError(_NOT_FOUND, "There is no schedule yet. Run: throughline turn")
    return JsonResponse(data)  # thousands of bars: made by us and not checked once more


@operation("GET", "/schedule", Permission.SEE_PLAN, OperationPage, "api-schedule")
def schedule(
    request: HttpRequest,
    order: Filter = "",
    equipment: Filter = "",
    work_center: Filter = "",
    material: Filter = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Json:
    """Operations of the published schedule, in order of start."""
    seen = look(request)
    wanted = {
        "order": order,
        "equipment": equipment,
        "work_center": work_center,
        "material": material,
    }
    operations = seen.published.schedule.operations if seen.published else ()
    found = [
        operation
        for operation in operations
        if _matches(operation, wanted) and seen.shows(f"equipment/{operation.equipment}")
    ]
    return page_of(found, limit, offset, to_json)


@operation("GET", "/plan", Permission.SEE_PLAN, OrderPage, "api-plan")
def plan(
    request: HttpRequest,
    material: Filter = "",
    procurement: Filter = "",
    state: Filter = "",
    supplier: Filter = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Json:
    """Supplies of the published plan with what they are pegged to."""
    seen = look(request)
    wanted = {
        "material": material,
        "procurement": procurement,
        "state": state,
        "supplier": supplier,
    }
    orders = seen.published.plan.orders if seen.published else ()
    found = [
        order
        for order in orders
        if _matches(order, wanted) and seen.shows(f"materials/{order.material}")
    ]
    return page_of(found, limit, offset, to_json)


@operation("GET", "/assumptions", Permission.SEE_ASSUMPTIONS, AssumptionPage, "api-assumptions")
def assumptions(
    request: HttpRequest,
    standing: Filter = "",
    owner: Filter = "",
    quantity: Filter = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Json:
    """What the plan rests on and what the evidence says of it."""
    from throughline.loop.report import verdict_report

    found = [
        verdict
        for verdict in look(request).verdicts()
        if standing in ("", verdict.standing)
        and owner in ("", verdict.assumption.owner)
        and quantity in ("", verdict.assumption.quantity)
    ]
    return page_of(found, limit, offset, verdict_report)


@operation("GET", "/escalations", Permission.SEE_ESCALATIONS, EscalationPage, "api-escalations")
def escalations(
    request: HttpRequest,
    status: Filter = "",
    role: Filter = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Json:
    """What needs a decision or had one, in order of its raising."""
    from throughline.loop.report import escalation_report

    seen = look(request)
    decisions = {d.escalation: d for d in seen.plant.records(Decision).values()}
    raised = sorted(
        escalations_for(seen.plant, seen.who).values(), key=lambda e: (e.raised_at, e.id)
    )
    found = [e for e in raised if status in ("", e.status) and role in ("", e.role)]
    page = page_of(found, limit, offset, lambda e: escalation_report(e, decisions.get(e.id)))
    return {**page, "sequence": seen.picture.sequence}


class DecideBody(Schema):
    """A decision: which option, why, and the ledger sequence it was seen at."""

    model_config = ConfigDict(extra="forbid", strict=True)

    option: str = Field(min_length=1, max_length=200)
    why: str = Field(min_length=1, max_length=LONGEST_REASON)
    seen: int = Field(ge=0, le=2**53)


@operation("POST", "/escalations/{path:key}/decide", Permission.DECIDE, Decided, "api-decide")
def decide(request: HttpRequest, key: str, body: DecideBody) -> Json:
    """Decide within one's right; 409 when somebody was faster or it changed since it was seen."""
    from throughline.loop.report import decision_report

    seen = look(request)
    decision = decide_as(seen, key, body.option, why=body.why, seen=body.seen)
    published = seen.world.published()
    return {
        **decision_report(decision),
        "plan_id": published.publication.plan_id if published else None,
    }


@operation("GET", "/strategy", Permission.SEE_STRATEGY, StrategyMap, "api-strategy")
def strategy(request: HttpRequest) -> Json:
    """The strategy map: nodes by layer with their standing, and the arrows between them."""
    return map_data(look(request))


@operation("GET", "/trace/{path:key}", Permission.SEE_PLAN, TraceAnswer, "api-trace")
def trace(request: HttpRequest, key: str) -> Json:
    """Up from anything to the objectives it serves, down to what it rests on."""
    from throughline.loop.current import trace_of

    seen = look(request)
    graph = trace_of(seen.world)
    node = _resolved(seen, graph, key)
    return {
        "id": node.id,
        "name": node.label,
        "up": [step.as_json() for step in graph.up(node.id) if seen.shows(step.id)],
        "down": [step.as_json() for step in graph.down(node.id) if seen.shows(step.id)],
        "paths": [list(path) for path in graph.paths_up(node.id) if all(map(seen.shows, path))],
    }


@operation("GET", "/history/{path:subject}", Permission.SEE_DATA, History, "api-history")
def history(request: HttpRequest, subject: str, limit: Limit = 100, offset: Offset = 0) -> Json:
    """Everything that was said about one thing, what each saying changed, and which holds."""
    sayings = history_for(look(request), subject)
    return {"subject": subject, **page_of(sayings, limit, offset, lambda said: said.as_json())}


@operation("GET", "/believed/{path:subject}", Permission.SEE_DATA, Believed, "api-believed")
def believed(
    request: HttpRequest, subject: str, heard_by: datetime, about: datetime | None = None
) -> Json:
    """What was believed of one thing at a moment, from what had been heard by then."""
    seen, then = look(request), _with_offset(heard_by)
    when = _with_offset(about or heard_by)
    said = belief_for(seen, subject, heard_by=then, about=when)
    return {
        "subject": subject,
        "heard_by": then,
        "about": when,
        "is_final": seen.world.ledger.heard_by(then) < seen.picture.sequence,
        "believed": None if said is None else said.as_json(),
    }


def _with_offset(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise HttpError(_UNPROCESSABLE, "Give moments with offset, such as 2026-03-02T05:00:00Z.")
    return moment


def _resolved(seen: Look, graph: Trace, key: str) -> Node:
    """The thing of that id; another site's, and one that nobody knows, get the same answer."""
    try:
        node = graph.resolve(key)
    except RequestError:
        if seen.who.site:  # near misses would name other sites' things
            raise UnknownIdError("id", key, ()) from None
        raise
    if not seen.shows(node.id):
        raise UnknownIdError("id", key, ())
    return node


@operation("GET", "/kpis", Permission.SEE_KPIS, Kpis, "api-kpis")
def kpis(
    request: HttpRequest,
    first: Annotated[date | None, Query(None, alias="from")] = None,
    last: Annotated[date | None, Query(None, alias="to")] = None,
    by: Annotated[str, Query("", pattern=_KPI_SCOPES)] = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Json:
    """ISO 22400 and delivery figures of the days from..to, the last one excluded."""
    from throughline.learn.kpis import kpis as compute

    seen = look(request)
    if seen.who.site and by not in _SCOPES:
        raise HttpError(
            _FORBIDDEN, f"These are figures of all sites. Ask by={', by='.join(_SCOPES)}."
        )
    until = _midnight(last) if last else seen.now + timedelta(days=1)
    found = compute(
        seen.plant, since=_midnight(first) if first else None, until=until, by=by or None
    )
    report = found.as_json()
    rows = [row for row in report.pop("rows") if _sees_scope(seen, by, str(row.get("scope", "")))]
    return {**report, **page_of(rows, limit, offset, lambda row: row)}


@operation("GET", "/survival", Permission.SEE_PLAN, Survival, "api-survival")
def survival(request: HttpRequest) -> Json:
    """How likely it is that the published schedule is still kept, day by day."""
    seen = look(request)
    if seen.who.site:
        raise HttpError(_FORBIDDEN, "The plan holds or breaks at all sites together. Ask /plan.")
    curve = survival_curve(seen)
    if curve is None:
        raise HttpError(_NOT_FOUND, "There is no plan yet. Run: throughline turn")
    return curve


@operation("POST", "/events", Permission.RECORD_EVENTS, Recorded, "api-events")
def events(request: HttpRequest) -> Json:
    """
    Record a batch of events: one object or a list, each with id, table (or kind) and body.

    Answered after the commit. Sending the same again is safe: an id with the same content counts
    once, with another content it is set aside and the first stays. A batch with a single event that
    cannot be read, refers to what is not there, or happens tomorrow is refused whole, with the
    problems named; so is one that speaks of what is not its sender's to say.
    """
    seen = look(request)
    said, problems = read_event_objects(_batch(request), now=seen.now, name="batch")
    _refuse(problems)
    check_events(seen.plant, seen.who, said)
    fits, problems = fitting(said, seen.picture, name="batch", now=seen.now)
    _refuse(problems)
    receipt = seen.world.append(fits, at=seen.now)
    return {
        "accepted": receipt.accepted,
        "repeated": receipt.repeated,
        "quarantined": [{"id": q.event.id, "reason": q.reason} for q in receipt.quarantined],
        "sequence": receipt.sequence,
    }


@route("api/v1/openapi.json", permission=Permission.SEE_API, name="openapi")
def openapi(request: HttpRequest) -> HttpResponse:
    """What there is, for machines."""
    del request
    return JsonResponse(dict(api.get_openapi_schema(path_prefix=PREFIX)))


@route("api/v1/docs", permission=Permission.SEE_API, name="api-docs")
def docs(request: HttpRequest) -> HttpResponse:
    """What there is, for people."""
    schema = api.get_openapi_schema(path_prefix=PREFIX)
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": facts.get("description") or facts.get("summary", ""),
            "parameters": facts.get("parameters", []),
        }
        for path, methods in sorted(schema["paths"].items())
        for method, facts in methods.items()
    ]
    return render(request, "pages/api_docs.html", {"operations": operations})


def _refuse(problems: Sequence[RowProblem]) -> None:
    if problems:
        raise HttpError(_UNPROCESSABLE, "\n".join(map(str, problems[:MOST_PROBLEMS])))


def _batch(request: HttpRequest) -> list[Any]:
    if request.content_type != "application/json":
        raise HttpError(_WRONG_TYPE, "Send JSON, with Content-Type: application/json.")
    if len(request.body) > LARGEST_BODY:
        raise HttpError(_TOO_LARGE, f"At most {LARGEST_BODY} bytes in one batch. Send several.")
    try:
        value = parse_json(request.body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise HttpError(_UNPROCESSABLE, f"This is not JSON as we take it: {error}.") from error
    batch = value if isinstance(value, list) else [value]
    if len(batch) > MOST_EVENTS:
        raise HttpError(_TOO_LARGE, f"At most {MOST_EVENTS} events in one batch. Send several.")
    return batch


def _matches(item: object, wanted: dict[str, str]) -> bool:
    return all(not value or getattr(item, name) == value for name, value in wanted.items())


def page_of(items: Sequence[Any], limit: int, offset: int, shape: Callable[[Any], Json]) -> Json:
    return {
        "total": len(items),
        "limit": limit,
        "offset": offset,
        "items": [shape(item) for item in items[offset : offset + limit]],
    }


def _sees_scope(seen: Look, by: str, scope: str) -> bool:
    """Whether a row of figures speaks of something that is there for this visitor."""
    if by not in _SCOPES:
        return True
    subject = f"{_SCOPES[by]}/{scope}"
    if seen.who.site and record_of(seen.plant, subject) is None:
        return False  # what names nothing may be of any site
    return seen.who.sees(site_of_subject(seen.plant, subject))


def _midnight(day: date) -> datetime:
    if not is_plausible(day):
        message = f"{day} is not between {FIRST_YEAR} and {LAST_YEAR}. Give a day between them."
        raise RequestError(message)
    return datetime.combine(day, time(), UTC)
