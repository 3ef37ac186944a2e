"""
Throughline: one closed loop from strategy to the shop floor and back.

The names exported here are the library: no server, no database, no Django.

    plant    = throughline.read_plant("examples/drive_works")
    plan     = throughline.plan(plant)
    schedule = throughline.schedule(plan, plant, seed=7)
    survival = throughline.survive(schedule, plant, replications=1000, seed=7)
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from throughline.library import plan, read_plant, schedule, survive, test  # noqa: TC004

__all__ = ["__version__", "plan", "read_plant", "schedule", "survive", "test"]

__version__ = "0.1.0"


class _Library(ModuleType):
    """
    Loads the engines when one of the exported names is first used.

    They take a second, and every command and the server begin by importing this package. The names
    are properties because importing the package ``throughline.plan`` sets ``plan`` on its parent,
    where the function of that name belongs.
    """


def _on_first_use(name: str) -> property:
    def load(_: ModuleType) -> Any:
        from throughline import library

        return getattr(library, name)

    def keep(_: ModuleType, __: object) -> None:
        """The package of that name stays in ``sys.modules``, where imports look for it."""

    return property(load, keep)


for _name in ("plan", "read_plant", "schedule", "survive", "test"):
    setattr(_Library, _name, _on_first_use(_name))
sys.modules[__name__].__class__ = _Library
