"""
Strategy as a graph: objective, lever, requirement, and the things on the floor that each
requirement rests on.
"""

from __future__ import annotations

from datetime import date

from throughline.model.columns import column, record


@record("objectives", key=("id",), about="What the company wants, measured and dated.")
class Objective:
    """A strategic objective."""

    id: str = column("Id.")
    name: str = column("What is wanted, in one line.")
    weight: float = column("Importance; weights are scaled to sum 1.", minimum=0, default=1.0)
    measure: str = column("How it is measured, in words.", default="")
    unit: str = column("Unit of the measure.", default="")
    baseline: float | None = column("Where it stood.", default=None)
    target: float | None = column("Where it should stand.", default=None)
    due_on: date | None = column("By when.", default=None)
    owner: str = column("Role that answers for it.", default="")


@record("levers", key=("id",), about="The operational levers by which objectives are reached.")
class Lever:
    """An operational lever."""

    id: str = column("Id.")
    name: str = column("What is done.")


@record("requirements", key=("id",), about="Measurable production requirements that levers need.")
class Requirement:
    """
    What production must be able to do.

    ``measure`` names a figure that the product computes (``technical_efficiency``,
    ``availability``, ``first_pass_yield``, ``on_time_fraction``, ``energy_kwh_per_unit``,
    ``load_fraction``, ``sources``) of ``subject`` (``work_centers/WND``, ``families/PREMIUM``,
    ``materials/MAGNET``), so that its current value
    comes from the floor and not from a form.
    """

    id: str = column("Id.")
    name: str = column("What production must be able to do.")
    measure: str = column("Figure that is computed.")
    subject: str = column(
        "What the figure is of, as table/key; empty: the whole company.", default=""
    )
    unit: str = column("Unit of the figure.", default="")
    baseline: float | None = column("Where it stood.", default=None)
    target: float = column("Where it must stand.")
    higher_is_better: bool = column("false when the target is an upper limit.", default=True)
    due_on: date | None = column("By when.", default=None)
    owner: str = column("Role that answers for it.", default="")


@record(
    "strategy_relations",
    key=("source", "target"),
    about="How strongly one element of the strategy serves another.",
)
class StrategyRelation:
    """An arrow from objective to lever or from lever to requirement, with the strengths of QFD."""

    source: str = column("Objective or lever, as table/key.")
    target: str = column("Lever or requirement, as table/key.")
    strength: int = column("0, 1, 3 or 9.", minimum=0, maximum=9, default=3)
    sign: int = column("1 helps, -1 hinders.", minimum=-1, maximum=1, default=1)
