"""The pages: each asks for its context and renders it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from throughline.errors import NotAllowedError, StaleError, ThroughlineError
from throughline.web.access import Permission, route
from throughline.web.decide import acknowledge_as, decide_as, seen_sequence
from throughline.web.look import look
from throughline.web.pages.assumptions import assumption_columns, replaced_assumptions
from throughline.web.pages.escalations import escalation_card, inbox
from throughline.web.pages.orders import order_lines
from throughline.web.pages.strategy import strategy_page
from throughline.web.pages.today import today
from throughline.web.problems import status_of
from throughline.web.render import page
from throughline.web.words import decision_words


@route("", permission=Permission.SEE_TODAY, name="today")
def todaypage(request: HttpRequest) -> HttpResponse:
    """Today, by role."""
    seen = look(request)
    return page(request, "pages/today.html", seen, today=today(seen))


@route("board", permission=Permission.SEE_BOARD, name="board")
def boardpage(request: HttpRequest) -> HttpResponse:
    """The scheduling board."""
    seen = look(request)
    late = [order for order in order_lines(seen) if order.is_late]
    return page(request, "pages/board.html", seen, late=late)


@route("assumptions", permission=Permission.SEE_ASSUMPTIONS, name="assumptions")
def assumptionspage(request: HttpRequest) -> HttpResponse:
    """The hypothesis board."""
    seen = look(request)
    facts: dict[str, Any] = {
        "columns": assumption_columns(seen),
        "replaced": replaced_assumptions(seen),
    }
    return page(request, "pages/assumptions.html", seen, **facts)


@route("escalations", permission=Permission.SEE_ESCALATIONS, name="escalations")
def escalationspage(request: HttpRequest) -> HttpResponse:
    """The inbox."""
    seen = look(request)
    return page(request, "pages/escalations.html", seen, inbox=inbox(seen))


@route(
    "escalations/<path:key>/acknowledge",
    permission=Permission.DECIDE,
    name="escalation-acknowledge",
    methods=("POST",),
)
def acknowledge(request: HttpRequest, key: str) -> HttpResponse:
    """Say that one has seen it and is at it."""
    acknowledge_as(look(request), key)
    return HttpResponseRedirect(reverse("escalation", kwargs={"key": key}))


@route(
    "escalations/<path:key>/decide",
    permission=Permission.DECIDE,
    name="escalation-decide",
    methods=("POST",),
)
def decidepage(request: HttpRequest, key: str) -> HttpResponse:
    """Decide, and show what followed; or show who was faster, or what does not fit."""
    option, why = request.POST.get("option", ""), request.POST.get("why", "").strip()
    try:
        decision = decide_as(
            look(request), key, option, why=why, seen=seen_sequence(request.POST.get("seen", ""))
        )
    except StaleError as error:
        return _refused(request, "pages/stale.html", key, error)
    except NotAllowedError as error:
        return _refused(request, "pages/escalation.html", key, error)
    done = gettext("Decided: %(option)s. The plan was made again and is published.")
    messages.success(request, done % {"option": decision_words(decision.kind)})
    return HttpResponseRedirect(reverse("escalation", kwargs={"key": key}))


@route("escalations/<path:key>", permission=Permission.SEE_ESCALATIONS, name="escalation")
def escalationpage(request: HttpRequest, key: str) -> HttpResponse:
    """One escalation."""
    seen = look(request)
    return page(request, "pages/escalation.html", seen, card=escalation_card(seen, key))


@route("strategy", permission=Permission.SEE_STRATEGY, name="strategy")
def strategy_mappage(request: HttpRequest) -> HttpResponse:
    """The map from objectives to the floor."""
    seen = look(request)
    return page(request, "pages/strategy.html", seen, strategy=strategy_page(seen))


def _refused(
    request: HttpRequest, template: str, key: str, error: ThroughlineError
) -> HttpResponse:
    seen = look(request)
    facts = {"card": escalation_card(seen, key), "problem": str(error)}
    return page(request, template, seen, status=status_of(error), **facts)
