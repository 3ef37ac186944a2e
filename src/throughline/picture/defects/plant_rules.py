"""The defect finder for a plant: native records, whatever source they came from."""

from __future__ import annotations

from datetime import datetime

from throughline.model.plant import Plant
from throughline.picture.defects.findings import Defect, worst_first
from throughline.picture.defects.plant_floor_rules import floor_rules
from throughline.picture.defects.plant_master_rules import master_rules
from throughline.picture.defects.plant_name_rules import name_rules
from throughline.picture.defects.plant_routing_rules import routing_rules


def defects_in_plant(plant: Plant, as_of: datetime) -> tuple[Defect, ...]:
    """
    What is missing or cannot be right in a plant, worst first.

    Parameters
    ----------
    plant
        Any plant; tables that are not kept at all are not complained about.
    as_of
        The moment looked at: what is dated later has not happened yet.
    """
    return worst_first(
        [
            *routing_rules(plant, as_of),
            *master_rules(plant, as_of),
            *floor_rules(plant, as_of),
            *name_rules(plant),
        ]
    )
