"""What happened, when it happened and when we heard it."""

from throughline.ledger.ports import Artefacts, Ledger, Progress, Quarantined, Receipt, Verification

__all__ = ["Artefacts", "Ledger", "Progress", "Quarantined", "Receipt", "Verification"]
