"""
What had been heard by a moment, answered the same for ever.

The ledger has one order: that of its sequence. ``recorded_at`` follows it as long as the machine's
clock does, but a clock can be set back. So "heard by 12:00" is not all entries whose
``recorded_at`` is 12:00 or less, which an entry written tomorrow under a wrong clock could join. It
is the beginning of the ledger up to the first entry that shows 12:00 to be over:

- an entry recorded later than 12:00, or
- an entry recorded at another moment, earlier ones included, after one recorded at 12:00 sharp:
  its clock was set back, and it was heard after 12:00 whatever it says.

What comes later in the ledger can then neither join the answer nor leave it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def heard_by(moment: datetime, recorded: Iterable[tuple[int, datetime]]) -> int:
    """
    Sequence of the last entry heard by a moment; 0 when nothing was.

    Parameters
    ----------
    recorded
        Sequence and ``recorded_at`` of every entry, in order of sequence.
    """
    last, is_reached = 0, False
    for sequence, recorded_at in recorded:
        if recorded_at > moment or (is_reached and recorded_at != moment):
            break
        last, is_reached = sequence, is_reached or recorded_at == moment
    return last
