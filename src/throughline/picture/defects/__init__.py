"""
The defect finder: general rules about tables of text and about a plant, not tuned to any file.

``defects_in_rows`` looks at a table of text as it stands, ``defects_in_tables`` at several that
belong together, ``defects_in_plant`` at native records. Each finding has a count, examples, a
sentence and a cure; ``RULES`` is the register of all rules.
"""

from throughline.picture.defects.finder import defects_in_rows, defects_in_tables
from throughline.picture.defects.findings import Defect, Example, Severity
from throughline.picture.defects.plant_rules import defects_in_plant
from throughline.picture.defects.register import RULES, Rule

__all__ = [
    "RULES",
    "Defect",
    "Example",
    "Rule",
    "Severity",
    "defects_in_plant",
    "defects_in_rows",
    "defects_in_tables",
]
