"""The pages under /data: how far the record can be trusted, and what to do about it first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from throughline.errors import RequestError, ThroughlineError, UnknownIdError
from throughline.web.access import Permission, route
from throughline.web.decide import seen_sequence
from throughline.web.look import Look, look
from throughline.web.pages.data_conflicts import chosen_words, conflict_card, conflicts_page
from throughline.web.pages.data_quarantine import quarantine_card, quarantine_page
from throughline.web.problems import status_of
from throughline.web.render import data_page
from throughline.web.resolve import settle_case_as, settle_conflict_as

CHOICE = "choice-"


@route("data", permission=Permission.SEE_DATA, name="data")
def data_overview(request: HttpRequest) -> HttpResponse:
    """Whether the record can be trusted, what waits, and what to mend first."""
    seen = look(request)
    return data_page(request, "pages/data.html", seen, here="data")


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
        name.removeprefix(CHOICE): value
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
