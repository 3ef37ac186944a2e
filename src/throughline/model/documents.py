"""Documents that are kept beside the ledger, and the hash of the content that names each."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from throughline.model.codec import canonical

PLAN, SCHEDULE, SURVIVAL = "plan", "schedule", "survival"


def document_hash(kind: str, document: Mapping[str, Any]) -> str:
    """
    SHA-256 of a document's content, in canonical JSON.

    Its id and its hash follow from the content and are no part of it: of a plan they are left out,
    in a schedule they are empty. A survival curve has neither.
    """
    content = dict(document)
    for name in ("id", "content_hash"):
        if kind == PLAN:
            content.pop(name, None)
        elif kind == SCHEDULE:
            content[name] = ""
    return sha256(canonical(content).encode()).hexdigest()
