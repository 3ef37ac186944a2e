"""A small shop as a folder of CSV files, to be damaged by each test in its own way."""

from __future__ import annotations

from pathlib import Path

SHOP = {
    "enterprise.csv": "id,clock,as_of\nACME,ledger,2026-03-02T00:00Z\n",
    "work_centers.csv": "id,name,hours_per_week\nWND,Winding,80\nASM,Assembly,40\n",
    "equipment.csv": "id,work_center\nWND-1,WND\nASM-1,ASM\n",
    "materials.csv": (
        "id,name,procurement\nDRIVE,Drive,make\nROTOR,Rotor,make\nMAGNET,Magnet,buy\n"
    ),
    "bill_of_materials.csv": "parent,component,quantity\nDRIVE,ROTOR,1\nROTOR,MAGNET,8\n",
    "operations.csv": (
        "material,sequence,work_center,run_minutes_per_unit\nDRIVE,10,ASM,12\nROTOR,10,WND,9.5\n"
    ),
    "sales_order_lines.csv": "id,material,quantity,due_on\nSO-1,DRIVE,40,2026-03-20\n",
}


def shop(folder: Path, **changed: str | bytes | None) -> Path:
    """The shop written to a folder; keywords replace a file (``materials=``) or leave it out."""
    files: dict[str, str | bytes | None] = dict(SHOP)
    files.update({f"{name}.csv": content for name, content in changed.items()})
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if isinstance(content, str):
            (folder / name).write_text(content, encoding="utf-8")
        elif content is not None:
            (folder / name).write_bytes(content)
    return folder
