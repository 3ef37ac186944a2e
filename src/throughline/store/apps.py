"""The store as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Tables of the ledger, of documents and of accounts."""

    name = "throughline.store"
    label = "store"
