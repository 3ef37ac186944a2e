"""Plan: how much of what, in which week, for whom, and what it all rests on."""

from throughline.plan.planning import make_plan

__all__ = ["make_plan"]
