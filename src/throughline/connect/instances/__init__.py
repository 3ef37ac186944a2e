"""Public scheduling instances: one reader a format, all into one form of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from throughline.connect.instances.flow_shop import (
    read_hybrid_flow_shop,
    read_setup_flow_shop,
    read_tardiness_flow_shop,
)
from throughline.connect.instances.job_shop import read_flexible_job_shop, read_job_shop
from throughline.connect.instances.numbers import MOST_BYTES, Numbers, read_numbers
from throughline.connect.instances.project import read_project
from throughline.errors import UnknownIdError
from throughline.schedule.instance import Instance, Kind

__all__ = ["FORMATS", "MOST_BYTES", "read_instance"]

FORMATS: Mapping[str, Callable[[Numbers], Instance]] = {
    Kind.JOB_SHOP.value: read_job_shop,
    Kind.FLEXIBLE_JOB_SHOP.value: read_flexible_job_shop,
    Kind.PROJECT.value: read_project,
    Kind.HYBRID_FLOW_SHOP.value: read_hybrid_flow_shop,
    Kind.SETUP_FLOW_SHOP.value: read_setup_flow_shop,
    Kind.TARDINESS_FLOW_SHOP.value: read_tardiness_flow_shop,
}
"""The reader of each format, by its name."""


def read_instance(path: Path, kind: str) -> Instance:
    """
    The instance that a file states.

    Raises
    ------
    RowError
        When the file does not hold what its format asks for; names line, value and cure.
    UnknownIdError
        When there is no such format.
    """
    if kind not in FORMATS:
        raise UnknownIdError("format", kind, FORMATS)
    return FORMATS[kind](read_numbers(path))
