"""Every address, from the routes that declared themselves and from the API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from throughline.web import api, api_data, data_views, import_views, sign_in, stream, views
from throughline.web.access import ROUTES

# Importing them declares their routes.
_MODULES = (views, import_views, data_views, sign_in, stream, api, api_data)

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(route.path, route.view, name=route.name) for route in ROUTES),
    path("api/v1/", include(api.url_patterns())),
]

handler400 = "throughline.web.problems.bad_request"
handler403 = "throughline.web.problems.forbidden"
handler404 = "throughline.web.problems.not_found"
handler500 = "throughline.web.problems.failed"
