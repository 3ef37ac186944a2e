"""What happened, when it happened and when we heard it."""

from throughline.ledger.ports import Artefacts, Ledger, Quarantined, Receipt, Verification

__all__ = ["Artefacts", "Ledger", "Quarantined", "Receipt", "Verification"]
