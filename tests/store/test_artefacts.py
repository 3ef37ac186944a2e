"""Documents beside the ledger: a plan that was changed under its hash is found."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from throughline.model.codec import canonical
from throughline.model.documents import document_hash
from throughline.model.events import Event
from throughline.store.artefacts import DjangoArtefacts
from throughline.store.ledger import DjangoLedger
from throughline.store.models import Artefact

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def kept(kind: str, **facts: object) -> str:
    """A document as it is kept; answers its hash."""
    content_hash = document_hash(kind, facts)
    if kind != "survival":
        facts |= {"id": f"X-{content_hash[:10]}", "content_hash": content_hash}
    DjangoArtefacts().put(kind, content_hash, canonical(facts))
    return content_hash


@pytest.fixture
def plan_hash(db: None) -> str:
    """A plan, a schedule and a survival curve that were published."""
    del db
    hashes = {
        kind: kept(kind, of=kind, quantity=40, share=0.1)
        for kind in ("plan", "schedule", "survival")
    }
    body = {f"{kind}_hash": content_hash for kind, content_hash in hashes.items()}
    published = Event(
        "P", "publications.recorded", "publications/current", "throughline", NOON, body
    )
    DjangoLedger().append([published], recorded_at=NOON)
    return hashes["plan"]


def test_documents_as_they_were_published_are_in_order(plan_hash: str) -> None:
    assert DjangoArtefacts().get(plan_hash)
    assert DjangoLedger().verify().intact


@pytest.mark.parametrize(
    ("was", "becomes"), [('"quantity":40', '"quantity":41'), ("{", "["), ("0.1", "0.10")]
)
@pytest.mark.parametrize("kind", ["plan", "schedule", "survival"])
def test_a_document_of_which_anything_was_changed_is_found(
    kind: str, was: str, becomes: str, plan_hash: str
) -> None:
    del plan_hash
    row = Artefact.objects.get(kind=kind)
    row.document = row.document.replace(was, becomes)
    row.save()
    found = DjangoLedger().verify()
    assert (found.intact, found.first_bad_sequence) == (False, None)
    assert found.damage == f"the database is damaged: the {kind} {row.pk[:12]} was changed"


def test_a_published_document_that_is_gone_is_found(plan_hash: str) -> None:
    Artefact.objects.filter(pk=plan_hash).delete()
    assert f"the document {plan_hash[:12]} is missing" in DjangoLedger().verify().damage
