"""How an unattended run decides: the cheapest option within the role's limits, else one tier up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from throughline.execute.escalate import choosable, one_tier_up
from throughline.model.decisions import Escalation
from throughline.model.options import Option
from throughline.model.personnel import DecisionRight


@dataclass(frozen=True, slots=True)
class Choice:
    """What a policy makes of an escalation: where it went, and the option taken there, if any."""

    escalation: Escalation
    option: Option | None
    why: str


class Policy(Protocol):
    """Answers an escalation in the place of a person."""

    def __call__(
        self, raised: Escalation, options: Sequence[Option], rights: Sequence[DecisionRight]
    ) -> Choice:
        """The choice; without an option the escalation waits for a person."""
        ...


def cheapest_within_limits(
    raised: Escalation, options: Sequence[Option], rights: Sequence[DecisionRight]
) -> Choice:
    """
    The cheapest option, lateness included, that the role may choose; else the same one tier up.

    At the top, where nobody may choose any option, the escalation stays open for a person.
    """
    here: Escalation | None = raised
    while here is not None:
        allowed = choosable(here, options, rights, here.role)
        if allowed:
            return Choice(here, allowed[0], f"cheapest of {len(allowed)} within the limits")
        above = one_tier_up(here, rights)
        if above is None:
            break
        here = above
    return Choice(here or raised, None, "beyond every limit: waits for a person")
