"""Coming in by password or by a link that works once, and going out again."""

from __future__ import annotations

from math import ceil
from time import monotonic

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from throughline.store.accounts import use_link
from throughline.store.world import wall_clock
from throughline.web.access import Permission, route
from throughline.web.throttle import forgive, seconds_to_wait

_TOO_MANY, _UNAUTHORISED = 429, 401
_BY_LINK = ""  # a link names its user only to whoever holds the key


@route("sign-in", permission=Permission.SIGN_IN, name="sign-in", methods=("GET", "POST"))
def sign_in(request: HttpRequest) -> HttpResponse:
    """The password form, and what becomes of it."""
    if request.method != "POST":
        return _form(request, status=200)
    name, password = request.POST.get("username", ""), request.POST.get("password", "")
    refusal = _too_often(request, name)
    if refusal:
        return refusal
    user = authenticate(request, username=name, password=password)
    if not isinstance(user, User):
        problem = gettext("Name and password do not fit. Check both, or ask for a sign-in link.")
        return _form(request, status=_UNAUTHORISED, problem=problem)
    return _let_in(request, user, name)


@route("sign-in/link/<str:token>", permission=Permission.SIGN_IN, name="sign-in-link")
def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Where a sign-in link leads."""
    refusal = _too_often(request, _BY_LINK)
    if refusal:
        return refusal
    user = use_link(token, now=wall_clock())
    if user is None:
        problem = gettext(
            "This link was used before or is older than ten minutes. Ask for another."
        )
        return _form(request, status=_UNAUTHORISED, problem=problem)
    return _let_in(request, user, _BY_LINK)


@route("sign-out", permission=Permission.SIGN_OUT, name="sign-out", methods=("POST",))
def sign_out(request: HttpRequest) -> HttpResponse:
    """Out again."""
    logout(request)
    return HttpResponseRedirect(reverse("sign-in"))


def _let_in(request: HttpRequest, user: User, tried: str) -> HttpResponse:
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    forgive(_address(request), tried)
    return HttpResponseRedirect(_wanted_page(request))


def _wanted_page(request: HttpRequest) -> str:
    # Only pages of ours: a sign-in form that forwards anywhere lends its good name to strangers.
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if wanted and is_ours else reverse("today")


def _too_often(request: HttpRequest, tried: str) -> HttpResponse | None:
    wait = ceil(seconds_to_wait(_address(request), tried, now=monotonic()))
    if not wait:
        return None
    problem = gettext("Too many attempts. Wait %(seconds)d seconds.") % {"seconds": wait}
    response = _form(request, status=_TOO_MANY, problem=problem)
    response.headers["Retry-After"] = str(wait)
    return response


def _form(request: HttpRequest, *, status: int, problem: str = "") -> HttpResponse:
    facts = {
        "problem": problem,
        "username": request.POST.get("username", ""),
        "next": request.POST.get("next") or request.GET.get("next") or "",
    }
    return render(request, "sign_in.html", facts, status=status)


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
