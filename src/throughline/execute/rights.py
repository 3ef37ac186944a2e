"""Who may decide: exactly one role, found from decision rights and what the option asks for."""

from __future__ import annotations

from collections.abc import Iterable

from throughline.model.options import Option
from throughline.model.personnel import DecisionRight, Role


def covers(right: DecisionRight, option: Option) -> bool:
    """Whether the option lies within the limits of the right."""
    return (
        right.decision is option.action
        and option.cost_eur <= right.limit_eur
        and option.late_orders <= right.limit_orders
        and option.operations_moved <= right.limit_operations_moved
    )


def decider(rights: Iterable[DecisionRight], option: Option) -> DecisionRight | None:
    """The right of the lowest tier that covers the option; None when nobody may decide it."""
    fitting = sorted(
        (right for right in rights if covers(right, option)),
        key=lambda right: (right.tier, right.limit_eur, right.role),
    )
    return fitting[0] if fitting else None


def right_of(rights: Iterable[DecisionRight], role: Role, option: Option) -> DecisionRight | None:
    """The right by which a role may decide this option; None when it may not."""
    return next((r for r in rights if r.role is role and covers(r, option)), None)


def next_tier(rights: Iterable[DecisionRight], tier: int) -> tuple[Role, int] | None:
    """The role one tier up, the one with the widest limits there; None at the top."""
    above = sorted(
        (right for right in rights if right.tier > tier),
        key=lambda right: (right.tier, -right.limit_eur, right.role),
    )
    return (above[0].role, above[0].tier) if above else None
