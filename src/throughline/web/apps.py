"""The web side as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages and API."""

    name = "throughline.web"
    label = "web"
