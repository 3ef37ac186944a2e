"""What a visitor is told when something cannot be done: the status, what happened, the cure."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from throughline.errors import (
    DataError,
    NotAllowedError,
    RequestError,
    StaleError,
    ThroughlineError,
    UnknownIdError,
    WorldError,
)

RETRY_SECONDS = 5
_BAD_REQUEST, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 400, 403, 404, 409
_UNPROCESSABLE, _SERVER_ERROR, _UNAVAILABLE, _FULL = 422, 500, 503, 507


def status_of(error: ThroughlineError) -> int:
    """The HTTP status of an error of ours."""
    if isinstance(error, WorldError):
        return _FULL if "full" in str(error) else _UNAVAILABLE
    by_type = (
        (UnknownIdError, _NOT_FOUND),
        (NotAllowedError, _FORBIDDEN),
        (StaleError, _CONFLICT),
        (DataError, _UNPROCESSABLE),
        (RequestError, _BAD_REQUEST),
    )
    return next((status for kind, status in by_type if isinstance(error, kind)), _SERVER_ERROR)


def problem_page(request: HttpRequest, error: ThroughlineError) -> HttpResponse:
    """A page that says what happened, and what to do."""
    return _page(request, status_of(error), str(error))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its token: from another site, or from a page kept open too long."""
    del reason  # says how the token is checked; of use to nobody but an attacker
    text = gettext("This form was open too long or came from elsewhere. Load the page again.")
    return _page(request, _FORBIDDEN, text)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing was understood."""
    del exception
    return _page(request, _BAD_REQUEST, gettext("This request cannot be understood."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The role does not hold the permission."""
    del exception
    text = gettext("Your role may not see this. Ask whoever gave you your role to widen it.")
    return _page(request, _FORBIDDEN, text)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is nothing here for this visitor."""
    del exception
    return _page(request, _NOT_FOUND, gettext("There is nothing here. Go back to today's page."))


def failed(request: HttpRequest) -> HttpResponse:
    """We were wrong: say so, and that nothing was half done."""
    text = gettext("This is our mistake, and it was reported. The last good plan still holds.")
    return _page(request, _SERVER_ERROR, text)


def _page(request: HttpRequest, status: int, text: str) -> HttpResponse:
    if request.path.startswith("/static/") or "text/html" not in request.headers.get(
        "Accept", "text/html,*/*"
    ).replace("*/*", "text/html"):
        response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    else:
        facts = {"status": status, "title": _TITLES.get(status, _TITLES[500])(), "text": text}
        response = render(request, "problem.html", facts, status=status)
    if status in (_UNAVAILABLE, _FULL):
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


_TITLES = {
    _BAD_REQUEST: lambda: gettext("Not understood"),
    _FORBIDDEN: lambda: gettext("Not for your role"),
    _NOT_FOUND: lambda: gettext("Not found"),
    _CONFLICT: lambda: gettext("Somebody was faster"),
    _UNPROCESSABLE: lambda: gettext("The data is wrong"),
    _SERVER_ERROR: lambda: gettext("Something broke"),
    _UNAVAILABLE: lambda: gettext("Not available for a moment"),
    _FULL: lambda: gettext("The disk is full"),
}
