"""The pages on which a file comes in: brought, looked at, read otherwise, recorded or let go."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from throughline.errors import ThroughlineError, UnknownIdError
from throughline.web.access import Permission, route
from throughline.web.imports import (
    QUICK_SECONDS,
    cancel,
    choose,
    commit,
    committing,
    errors_csv,
    look_into,
    take_in,
)
from throughline.web.jobs import Job
from throughline.web.look import Look, look
from throughline.web.pages.data_import import (
    import_form,
    preview_page,
    result_page,
)
from throughline.web.pages.data_mapping import mapping_chosen
from throughline.web.parked import Parked, parked_file, result_of
from throughline.web.problems import status_of
from throughline.web.render import data_page, page


@route("data/import", permission=Permission.IMPORT, name="data-import", methods=("GET", "POST"))
def import_page(request: HttpRequest) -> HttpResponse:
    """Where a file is dropped or chosen; sent, it is kept for a look."""
    seen = look(request)
    if request.method != "POST":
        return _form(request, seen)
    try:
        parked = take_in(request, seen)
    except ThroughlineError as error:
        return _form(request, seen, error)
    return _to(parked)


@route("data/import/<str:key>", permission=Permission.IMPORT, name="data-import-file")
def import_file_page(request: HttpRequest, key: str) -> HttpResponse:
    """One file: what would come of it, how far its import is, or what came of it."""
    seen = look(request)
    parked = parked_file(key, seen.who.username)
    problem, result = "", result_of(parked)
    if result is not None:
        facts: dict[str, Any] = {"parked": parked, "result": result_page(result)}
        return page(request, "pages/data_import_result.html", seen, **facts)
    if (under_way := committing(parked)) is not None:
        if not under_way.ended.wait(QUICK_SECONDS):
            return _progress(request, seen, parked, under_way)
        under_way.result()
        if not under_way.failure:
            return _to(parked)
        problem = under_way.failure
    looked = look_into(seen, parked)
    if not looked.ended.wait(QUICK_SECONDS):
        return _progress(request, seen, parked, looked)
    return _preview(request, seen, parked, looked, problem)


@route("data/import/<str:key>/progress", permission=Permission.IMPORT, name="data-import-progress")
def import_progress(request: HttpRequest, key: str) -> HttpResponse:
    """How far a file is; asked again and again by the page that shows it."""
    seen = look(request)
    parked = parked_file(key, seen.who.username)
    job = committing(parked) or look_into(seen, parked)
    if job.ended.is_set():
        return HttpResponse(headers={"HX-Refresh": "true"})
    return page(request, "pages/_data_import_progress.html", seen, parked=parked, job=job)


@route(
    "data/import/<str:key>/columns",
    permission=Permission.IMPORT,
    name="data-import-columns",
    methods=("POST",),
)
def import_columns(request: HttpRequest, key: str) -> HttpResponse:
    """Read the file again through the columns that were chosen."""
    seen = look(request)
    parked = parked_file(key, seen.who.username)
    looked = look_into(seen, parked)
    looked.ended.wait()
    if looked.result() is None:
        return _to(parked)  # it cannot be read at all, and its page says why
    choose(parked, mapping_chosen(parked, looked.result().preview, request.POST))
    return _to(parked)


@route(
    "data/import/<str:key>/commit",
    permission=Permission.IMPORT,
    name="data-import-commit",
    methods=("POST",),
)
def import_commit(request: HttpRequest, key: str) -> HttpResponse:
    """Record what was looked at."""
    seen = look(request)
    parked = parked_file(key, seen.who.username)
    if result_of(parked) is None:
        commit(seen, parked)
    return _to(parked)


@route(
    "data/import/<str:key>/cancel",
    permission=Permission.IMPORT,
    name="data-import-cancel",
    methods=("POST",),
)
def import_cancel(request: HttpRequest, key: str) -> HttpResponse:
    """End what is under way, or let the file go."""
    parked = parked_file(key, look(request).who.username)
    was_committing = committing(parked) is not None
    cancel(parked)
    if was_committing:
        return _to(parked)
    messages.info(request, gettext("The file was let go. Nothing of it was recorded."))
    return HttpResponseRedirect(reverse("data-import"))


@route("data/import/<str:key>/errors.csv", permission=Permission.IMPORT, name="data-import-errors")
def import_errors(request: HttpRequest, key: str) -> HttpResponse:
    """What was set aside, row by row, as CSV."""
    parked = parked_file(key, look(request).who.username)
    result = result_of(parked)
    if result is None:
        raise UnknownIdError("result", key, ())
    answer = HttpResponse(errors_csv(result), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{parked.name}.errors.csv"'
    return answer


def _form(request: HttpRequest, seen: Look, error: ThroughlineError | None = None) -> HttpResponse:
    status = 200 if error is None else status_of(error)
    facts: dict[str, Any] = {
        "form": import_form(seen),
        "problem": "" if error is None else str(error),
    }
    return data_page(
        request, "pages/data_import.html", seen, here="data-import", status=status, **facts
    )


def _progress(request: HttpRequest, seen: Look, parked: Parked, job: Job) -> HttpResponse:
    return page(request, "pages/data_import_progress.html", seen, parked=parked, job=job)


def _preview(
    request: HttpRequest, seen: Look, parked: Parked, looked: Job, problem: str
) -> HttpResponse:
    facts: dict[str, Any] = {"parked": parked, "problem": problem or looked.failure}
    found = looked.result()
    if found is not None:
        facts["preview"] = preview_page(seen, found.preview)
        facts["problem"] = problem or found.problem
    return page(request, "pages/data_import_preview.html", seen, **facts)


def _to(parked: Parked) -> HttpResponse:
    return HttpResponseRedirect(reverse("data-import-file", kwargs={"key": parked.key}))
