"""Every figure that a command prints is defined on the page of key figures."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from throughline.learn.assortment import Assortment, BillTotals, SupplierNumbers
from throughline.learn.delivery import Concentration, DeliveryRow
from throughline.learn.flow import LeadTimes, Load, Overlaps
from throughline.learn.inventory import StockTotals
from throughline.learn.kpis import kpis
from throughline.learn.losses import AlertCount, Loss
from throughline.learn.order_book import BookRow
from throughline.learn.scopes import KpiScope
from throughline.learn.states import MachineUse, StateHours
from throughline.model.machine_states import TIME_ELEMENT_OF
from throughline.model.plant import Plant
from throughline.strategy.sourcing import SourcingStanding

NAMES = {"scope", "group", "name", "equipment", "condition", "word", "component", "text", "level"}


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "reference" / "kpis.md").read_text(encoding="utf-8")


def defined(page: str, command: str) -> set[str]:
    """The figures that a section defines."""
    section = re.split(r"^## ", page, flags=re.MULTILINE)
    (found,) = [part for part in section if command in part.partition("\n")[0]]
    return set(re.findall(r"`([a-z_0-9]+)`", found))


def test_every_key_figure_is_defined_and_no_other(page: str) -> None:
    report = kpis(Plant.of([]))
    figures = set(report.row().figures) | set(report.inventory.figures)
    rows = re.findall(r"^\| (`.+?) \|", page.partition("## `kpis`")[2].partition("## `states`")[0],
                      flags=re.MULTILINE)  # fmt: skip
    named = {name for row in rows for name in re.findall(r"`([a-z_0-9]+)`", row)}
    assert figures - set(report.inventory.figures) == named
    assert set(report.inventory.figures) <= defined(page, "`kpis`")


@pytest.mark.parametrize(
    ("command", "shapes"),
    [
        ("`states`", (StateHours, MachineUse)),
        ("`losses`", (Loss, AlertCount)),
        ("`flow`", (LeadTimes, Load, Overlaps)),
        ("`deliveries`", (DeliveryRow, Concentration)),
        ("`orders`", (BookRow,)),
        (
            "`materials`",
            (Assortment, BillTotals, SupplierNumbers, StockTotals, SourcingStanding),
        ),
    ],
)
def test_every_figure_of_the_other_commands_is_defined(page: str, command: str, shapes) -> None:
    names = {field.name for shape in shapes for field in fields(shape)} - NAMES
    elsewhere = {"materials", "lines", "orders", "quantity", "steps"}
    assert names - elsewhere - defined(page, command) == set()


def test_conditions_stand_in_the_order_in_which_they_hold(page: str) -> None:
    listed = re.findall(r"^\| `([a-z]+)` \| [a-z]", page, flags=re.MULTILINE)
    assert listed[: len(TIME_ELEMENT_OF)] == [condition.value for condition in TIME_ELEMENT_OF]


def test_the_command_line_knows_every_breakdown() -> None:
    from throughline.cli.figures import KPI_SCOPES

    assert set(KPI_SCOPES) == {scope.value for scope in KpiScope}
