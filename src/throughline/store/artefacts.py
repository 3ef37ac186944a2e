"""Documents in the database, under the hash of their content."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from throughline.model.codec import canonical
from throughline.model.columns import table_of
from throughline.model.decisions import Publication
from throughline.model.documents import document_hash
from throughline.model.events import Statement
from throughline.store import models
from throughline.store.failures import world_failures

PUBLICATIONS = table_of(Publication).name
_AT_ONCE = 20  # a plan may be megabytes


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


def damage_of_documents(published: Iterable[Statement]) -> str:
    """
    The first document that is not what its hash says, or that was published and is gone.

    Parameters
    ----------
    published
        Every statement about a publication.

    Returns
    -------
    str
        A sentence; empty when all documents are as they were kept.
    """
    known = set()
    with world_failures():
        kept = models.Artefact.objects.order_by("pk").values_list("pk", "kind", "document")
        for content_hash, kind, document in kept.iterator(_AT_ONCE):
            if not _is_as_kept(content_hash, kind, document):
                return f"the database is damaged: the {kind} {content_hash[:12]} was changed"
            known.add(content_hash)
    missing = next((one for one in _named_in(published) if one not in known), "")
    return missing and f"the database is damaged: the document {missing[:12]} is missing"


def _is_as_kept(content_hash: str, kind: str, document: str) -> bool:
    try:
        found = json.loads(document)
        is_same_text = canonical(found) == document
    except (TypeError, ValueError):
        return False
    return is_same_text and isinstance(found, dict) and document_hash(kind, found) == content_hash


def _named_in(published: Iterable[Statement]) -> Iterator[str]:
    for said in published:
        stated = json.loads(said.body)
        for name in ("plan_hash", "schedule_hash", "survival_hash"):
            if stated.get(name):
                yield stated[name]
