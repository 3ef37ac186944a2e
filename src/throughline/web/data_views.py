"""The pages under /data: how far the record can be trusted, and what to do about it first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext

from throughline.errors import RequestError, ThroughlineError, UnknownIdError
from throughline.web.access import Permission, route
from throughline.web.decide import seen_sequence
from throughline.web.look import Look, look
from throughline.web.pages.data_conflicts import chosen_words, conflict_card, conflicts_page
from throughline.web.pages.data_feed import source_page
from throughline.web.pages.data_feeds import access_source, measure_heads
from throughline.web.pages.data_lineage import lineage_page, prov_for
from throughline.web.pages.data_overview import overview
from throughline.web.pages.data_quarantine import quarantine_card, quarantine_page
from throughline.web.pages.data_readiness import SHORT, defect_lines, readiness_lines
from throughline.web.problems import status_of
from throughline.web.register import match_as, register_as
from throughline.web.render import data_page
from throughline.web.resolve import settle_case_as, settle_conflict_as

CHOICE = "choice-"


@route("data", permission=Permission.SEE_DATA, name="data")
def data_overview(request: HttpRequest) -> HttpResponse:
    """Whether the record can be trusted, what waits, and what to mend first."""
    seen = look(request)
    facts: dict[str, Any] = {
        "overview": overview(seen),
        "readiness": readiness_lines(seen),
        "shown": SHORT,
    }
    return data_page(request, "pages/data.html", seen, here="data", **facts)


@route(
    "data/feeds/register/<path:source>",
    permission=Permission.SEE_DATA,
    name="data-feed-register",
    methods=("POST",),
)
def feed_register(request: HttpRequest, source: str) -> HttpResponse:
    """Say what a source is and what it feeds; whether one may, the tables say."""
    seen = look(request)
    access_source(seen, source)
    form = {name: str(value) for name, value in request.POST.items()}
    try:
        register_as(seen, source, form, seen=seen_sequence(form.get("seen", "")))
    except RequestError as error:
        return _feed(request, look(request), source, error)
    messages.success(request, gettext("Recorded in your name."))
    return HttpResponseRedirect(reverse("data-feed", kwargs={"source": source}))


@route("data/feeds/<path:source>", permission=Permission.SEE_DATA, name="data-feed")
def feed_page(request: HttpRequest, source: str) -> HttpResponse:
    """One source."""
    return _feed(request, look(request), source)


def _feed(
    request: HttpRequest, seen: Look, source: str, error: ThroughlineError | None = None
) -> HttpResponse:
    facts: dict[str, Any] = {
        "source": source_page(seen, source),
        "heads": measure_heads(),
        "problem": "" if error is None else str(error),
    }
    # The one group of the table of feeds is the source itself.
    facts["groups"] = (facts["source"],)
    status = 200 if error is None else status_of(error)
    return data_page(request, "pages/data_feed.html", seen, status=status, **facts)


@route("data/quarantine", permission=Permission.SEE_DATA, name="data-quarantine")
def quarantine_list(request: HttpRequest) -> HttpResponse:
    """What was set aside because its id was said before."""
    seen = look(request)
    facts: dict[str, Any] = {"quarantine": quarantine_page(seen)}
    return data_page(request, "pages/data_quarantine.html", seen, here="data-quarantine", **facts)


@route("data/quarantine/<str:key>", permission=Permission.SEE_DATA, name="data-quarantine-case")
def quarantine_case(request: HttpRequest, key: str) -> HttpResponse:
    """One case."""
    return _case(request, look(request), key)


@route(
    "data/quarantine/<str:key>/resolve",
    permission=Permission.RESOLVE_DATA,
    name="data-quarantine-resolve",
    methods=("POST",),
)
def quarantine_resolve(request: HttpRequest, key: str) -> HttpResponse:
    """Keep the first or take the second, with a reason."""
    seen = look(request)
    try:
        settle_case_as(seen, key, request.POST.get("how", ""), why=request.POST.get("why", ""))
    except UnknownIdError:
        raise
    except RequestError as error:
        return _case(request, look(request), key, error)
    messages.success(request, gettext("Resolved. The ledger keeps both versions and your reason."))
    return HttpResponseRedirect(reverse("data-quarantine"))


def _case(
    request: HttpRequest, seen: Look, key: str, error: ThroughlineError | None = None
) -> HttpResponse:
    facts: dict[str, Any] = {
        "card": quarantine_card(seen, key),
        "problem": "" if error is None else str(error),
    }
    status = 200 if error is None else status_of(error)
    return data_page(request, "pages/data_quarantine_case.html", seen, status=status, **facts)


@route("data/conflicts", permission=Permission.SEE_DATA, name="data-conflicts")
def conflicts_list(request: HttpRequest) -> HttpResponse:
    """Records of which sources say different things."""
    seen = look(request)
    facts: dict[str, Any] = {"conflicts": conflicts_page(seen)}
    return data_page(request, "pages/data_conflicts.html", seen, here="data-conflicts", **facts)


@route(
    "data/conflicts/settle/<path:subject>",
    permission=Permission.RESOLVE_DATA,
    name="data-conflict-settle",
    methods=("POST",),
)
def conflict_settle(request: HttpRequest, subject: str) -> HttpResponse:
    """Say which values hold, with a reason."""
    chosen = {
        name.removeprefix(CHOICE): str(value)
        for name, value in request.POST.items()
        if name.startswith(CHOICE)
    }
    why, place = request.POST.get("why", ""), request.POST.get("seen", "")
    try:
        settle_conflict_as(look(request), subject, chosen, why=why, seen=seen_sequence(place))
    except UnknownIdError:
        raise
    except RequestError as error:
        return _conflict(request, look(request), subject, error, chosen)
    messages.success(request, gettext("Settled. It holds until a source says something new."))
    return HttpResponseRedirect(reverse("data-conflicts"))


@route("data/conflicts/<path:subject>", permission=Permission.SEE_DATA, name="data-conflict")
def conflict_page(request: HttpRequest, subject: str) -> HttpResponse:
    """One record of which sources say different things."""
    return _conflict(request, look(request), subject)


def _conflict(
    request: HttpRequest,
    seen: Look,
    subject: str,
    error: ThroughlineError | None = None,
    chosen: Mapping[str, str] | None = None,
) -> HttpResponse:
    facts: dict[str, Any] = {
        "card": conflict_card(seen, subject),
        "problem": "" if error is None else str(error),
        "chosen": chosen_words(seen, subject, chosen or {}),
    }
    status = 200 if error is None else status_of(error)
    return data_page(request, "pages/data_conflict.html", seen, status=status, **facts)


@route("data/readiness", permission=Permission.SEE_DATA, name="data-readiness")
def readiness_page(request: HttpRequest) -> HttpResponse:
    """What to mend first, ranked by how much of the plan rests on it."""
    seen = look(request)
    facts: dict[str, Any] = {"readiness": readiness_lines(seen)}
    return data_page(request, "pages/data_readiness.html", seen, here="data-readiness", **facts)


@route("data/matches", permission=Permission.RESOLVE_DATA, name="data-match", methods=("POST",))
def match(request: HttpRequest) -> HttpResponse:
    """Say whether two ids mean one thing."""
    said = request.POST.get("is_same", "")
    if said not in ("yes", "no"):
        raise RequestError(gettext("Say whether they are the same."))
    one, other = request.POST.get("one", ""), request.POST.get("other", "")
    table = request.POST.get("table", "")
    match_as(look(request), table, one, other, is_same=said == "yes")
    messages.success(request, gettext("Recorded in your name."))
    return HttpResponseRedirect(reverse("data-readiness"))


@route("data/defects", permission=Permission.SEE_DATA, name="data-defects")
def defects_page(request: HttpRequest) -> HttpResponse:
    """Rules about a plant that do not hold for this one."""
    seen = look(request)
    facts: dict[str, Any] = {"defects": defect_lines(seen)}
    return data_page(request, "pages/data_defects.html", seen, here="data-defects", **facts)


@route("data/lineage/prov/<path:subject>", permission=Permission.SEE_DATA, name="data-prov")
def prov_download(request: HttpRequest, subject: str) -> HttpResponse:
    """Where a record or figure comes from, as W3C PROV-JSON."""
    document = prov_for(look(request), subject)
    answer = JsonResponse(document)
    answer.headers["Content-Disposition"] = 'attachment; filename="lineage.prov.json"'
    return answer


@route("data/lineage/<path:subject>", permission=Permission.SEE_DATA, name="data-lineage")
def lineage_view(request: HttpRequest, subject: str) -> HttpResponse:
    """Where a record or figure comes from, down to the events."""
    seen = look(request)
    facts: dict[str, Any] = {"lineage": lineage_page(seen, subject)}
    return data_page(request, "pages/data_lineage.html", seen, **facts)
