"""One page with what every page needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from throughline.web.look import Look
from throughline.web.pages.data_tabs import data_tabs
from throughline.web.pages.data_waiting import waiting


def page(
    request: HttpRequest, template: str, seen: Look, *, status: int = 200, **facts: Any
) -> HttpResponse:
    """A template rendered for a look, with what is published and what time it is."""
    everywhere = {
        "published": seen.published,
        "now": seen.now,
        "has_plant": bool(seen.plant.materials),
    }
    return render(request, template, everywhere | facts, status=status)


def data_page(
    request: HttpRequest,
    template: str,
    seen: Look,
    *,
    here: str = "",
    status: int = 200,
    **facts: Any,
) -> HttpResponse:
    """A page under /data, with the tabs of what waits beside it."""
    tabs = data_tabs(seen, here, waiting(seen))
    return page(request, template, seen, status=status, data_tabs=tabs, section="data", **facts)
