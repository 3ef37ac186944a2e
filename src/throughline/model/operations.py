"""
How a material is made: operations segments, alternatives, setups and checks (ISA-95 part 2
operations definition).
"""

from __future__ import annotations

from throughline.model.columns import column, record


@record(
    "operations",
    key=("material", "sequence"),
    about="The steps by which a material is made, in order of their sequence.",
)
class OperationsSegment:
    """
    One step of a routing.

    Its time for a lot is ``setup_minutes + quantity * run_minutes_per_unit``.
    """

    material: str = column("Material that the routing makes.", refers_to="materials")
    sequence: int = column("Order of the steps, for example 10, 20, 30.", minimum=0)
    name: str = column("What is done.", default="")
    work_center: str = column("Where.", refers_to="work_centers")
    setup_minutes: float = column(
        "Setup when the setup matrix says nothing.", minimum=0, default=0.0
    )
    run_minutes_per_unit: float = column("Standard time per unit.", minimum=0, default=0.0)
    setup_family: str = column(
        "Family within which no setup from the matrix is needed.", default=""
    )
    skill: str = column(
        "Skill of the operator, when it differs from the work center's.",
        refers_to="skills",
        default="",
    )
    yield_fraction: float = column(
        "Planned share of good units out of units started.", minimum=0.01, maximum=1, default=1.0
    )
    is_milestone_check: bool = column(
        "true when the step has checks that must pass.", default=False
    )


@record(
    "operation_alternatives",
    key=("material", "sequence", "equipment"),
    about="Machines that may do a step, with their own times.",
)
class OperationAlternative:
    """
    A machine that can do the step. With no such row, every machine of the work center can, at
    standard time.
    """

    material: str = column("Material.", refers_to="materials")
    sequence: int = column("Sequence of the step.", minimum=0)
    equipment: str = column("Machine.", refers_to="equipment")
    setup_minutes: float | None = column(
        "Setup on this machine; empty: as the step.", minimum=0, default=None
    )
    run_minutes_per_unit: float | None = column(
        "Time per unit on this machine; empty: as the step.", minimum=0, default=None
    )


@record(
    "setup_matrix",
    key=("work_center", "from_family", "to_family"),
    about="Setup time from one family to the next.",
)
class SetupChange:
    """
    Sequence-dependent setup at a work center. Where no row fits, the step's own ``setup_minutes``
    holds.
    """

    work_center: str = column("Work center.", refers_to="work_centers")
    from_family: str = column("Family that ran before.")
    to_family: str = column("Family that runs next.")
    minutes: float = column("Setup time.", minimum=0)


@record("quality_checks", key=("id",), about="What is checked at a step, and its limits.")
class QualityCheck:
    """A control point: a characteristic with its specification limits, bound to one step."""

    id: str = column("Id.")
    material: str = column("Material.", refers_to="materials")
    sequence: int = column("Sequence of the step.", minimum=0)
    characteristic: str = column("What is measured or looked at.")
    unit: str = column("Unit of the measurement; empty for pass or fail.", default="")
    lower_limit: float | None = column("Lower specification limit.", default=None)
    upper_limit: float | None = column("Upper specification limit.", default=None)
    every: int = column("One in how many units is checked.", minimum=1, default=1)
