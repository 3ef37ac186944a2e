"""Documents in the database, under the hash of their content."""

from __future__ import annotations

from throughline.store import models
from throughline.store.failures import world_failures


class DjangoArtefacts:
    """Keeps plans, schedules and survival curves beside the ledger."""

    def put(self, kind: str, content_hash: str, document: str) -> None:
        """Keep a document; keeping the same one again changes nothing."""
        with world_failures():
            models.Artefact.objects.get_or_create(
                content_hash=content_hash, defaults={"kind": kind, "document": document}
            )

    def get(self, content_hash: str) -> str | None:
        """The document, or None."""
        with world_failures():
            kept = models.Artefact.objects.filter(content_hash=content_hash)
            return kept.values_list("document", flat=True).first()
