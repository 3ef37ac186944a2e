"""
Mapping files: what they say (rules), how they are read (reading), and how rows go through them.
"""

from throughline.connect.mapping.reading import parse_mapping, read_mapping
from throughline.connect.mapping.rules import (
    MappingError,
    MappingFile,
    MappingProblem,
    TableRule,
    Written,
)

__all__ = [
    "MappingError",
    "MappingFile",
    "MappingProblem",
    "TableRule",
    "Written",
    "parse_mapping",
    "read_mapping",
]
