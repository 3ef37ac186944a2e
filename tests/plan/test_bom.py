"""The product structure: levels, explosion, cycles, and what reuse costs."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.model.materials import BomLine
from throughline.model.plant import Plant
from throughline.plan.bom import current_lines, explode, structure, where_used

TODAY = date(2026, 3, 2)


def plant(*lines: tuple[str, str, float]) -> Plant:
    return Plant.of(BomLine(parent=p, component=c, quantity=q) for p, c, q in lines)


BIKE = plant(
    ("bike", "wheel", 2), ("wheel", "spoke", 36), ("bike", "spoke", 1), ("bike", "bell", 1)
)


def test_the_low_level_code_is_the_longest_way_down() -> None:
    codes = structure(BIKE, TODAY).low_level_codes
    assert codes == {"bike": 0, "bell": 1, "wheel": 1, "spoke": 2}


def test_an_explosion_lists_each_way_to_a_component_with_its_quantity_per_top_unit() -> None:
    lines = [(x.level, x.parent, x.component, x.quantity) for x in explode(BIKE, "bike", TODAY)]
    assert lines == [
        (1, "bike", "bell", 1),
        (1, "bike", "spoke", 1),
        (1, "bike", "wheel", 2),
        (2, "wheel", "spoke", 72),
    ]


def test_totals_add_up_all_ways_to_a_component() -> None:
    assert structure(BIKE, TODAY).totals("bike") == {"bell": 1, "spoke": 73, "wheel": 2}


def test_where_used_names_the_nearest_level_first() -> None:
    assert where_used(BIKE, "spoke", TODAY) == ("wheel", "bike")
    assert where_used(BIKE, "bike", TODAY) == ()


def test_a_line_holds_on_its_first_and_on_its_last_day() -> None:
    old = BomLine(parent="a", component="b", valid_until=date(2026, 3, 1))
    new = BomLine(parent="a", component="c", valid_from=date(2026, 3, 2))
    both = Plant.of([old, new])
    assert current_lines(both, date(2026, 3, 1)) == (old,)
    assert current_lines(both, date(2026, 3, 2)) == (new,)


def test_a_cycle_of_three_is_named_and_the_line_that_points_back_up_is_left_out() -> None:
    found = structure(plant(("top", "a", 1), ("a", "b", 1), ("b", "c", 1), ("c", "a", 1)), TODAY)
    assert found.cycles == (("a", "b", "c", "a"),)
    assert [(x.parent, x.component) for x in found.left_out] == [("c", "a")]
    assert found.low_level_codes == {"top": 0, "a": 1, "b": 2, "c": 3}
    assert len(found.explode("top")) == 3


def test_a_material_made_of_itself_is_named_and_survived() -> None:
    found = structure(plant(("a", "a", 1), ("a", "b", 2)), TODAY)
    assert found.cycles == (("a", "a"),)
    assert found.totals("a") == {"b": 2}
    assert found.explode("unknown") == ()
    assert found.levels_below("unknown") == 0


def test_a_chain_deeper_than_the_recursion_limit_is_walked() -> None:
    deep = structure(plant(*((f"{i:05}", f"{i + 1:05}", 1) for i in range(5000))), TODAY)
    assert deep.depth == 5000
    assert len(deep.explode("00000")) == 5000


def test_forty_levels_of_double_reuse_come_to_an_end() -> None:
    # 2^40 ways lead from the top to the bottom: whoever walked them all would never be done. There
    # are only 80 lines.
    lines = [(f"{i:02}", f"{i + 1:02}", 1) for i in range(40)]
    reuse = Plant.of(
        BomLine(parent=p, component=c, quantity=q, valid_from=day)
        for p, c, q in lines
        for day in (date(2020, 1, 1), date(2020, 1, 2))
    )
    found = structure(reuse, TODAY)
    assert found.totals("00")["40"] == 2**40
    assert found.depth == 40


def test_ids_may_be_any_text() -> None:
    part = str(UUID(int=7))
    odd = plant(("Getriebe/ß:1", part, 2), (part, "部品 😀", 3))
    assert structure(odd, TODAY).totals("Getriebe/ß:1") == {part: 2, "部品 😀": 6}


names = st.sampled_from("abcdefgh")


@given(st.lists(st.tuples(names, names), max_size=30), st.randoms(use_true_random=False))
def test_codes_rise_downwards_whatever_the_rows_and_their_order(
    pairs: list[tuple[str, str]], chance: object
) -> None:
    rows = [BomLine(parent=p, component=c) for p, c in pairs]
    found = structure(Plant.of(rows), TODAY)
    for lines in found.components.values():
        for line in lines:
            assert found.low_level_codes[line.component] > found.low_level_codes[line.parent]
    chance.shuffle(rows)  # type: ignore[attr-defined]
    again = structure(Plant.of(rows), TODAY)
    assert (again.cycles, again.low_level_codes) == (found.cycles, found.low_level_codes)


@pytest.mark.data
def test_the_bicycle_maker_explodes_as_published(data_dir: Path) -> None:
    """FACTS ADV-29 to ADV-32, straight from the export."""
    folder = data_dir / "adventureworks" / "dev" / "oltp"
    with (folder / "Product.csv").open(encoding="utf-8-sig") as file:
        numbers = {row["ProductID"]: row["ProductNumber"] for row in csv.DictReader(file)}
    with (folder / "BillOfMaterials.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    bicycles = Plant.of(
        BomLine(
            parent=numbers.get(row["ProductAssemblyID"], ""),
            component=numbers[row["ComponentID"]],
            quantity=float(row["PerAssemblyQty"]),
            valid_from=date.fromisoformat(row["StartDate"][:10]),
            valid_until=date.fromisoformat(row["EndDate"][:10]) if row["EndDate"] else None,
        )
        for row in rows
    )
    on = date(2014, 8, 8)
    current = current_lines(bicycles, on)
    found = structure(bicycles, on)
    assert len(bicycles.bill_of_materials) == 2679
    assert len(current) == 2480
    assert len(found.assemblies) == 238
    assert len({line.component for line in current}) == 325
    exploded = {assembly: found.explode(assembly) for assembly in found.assemblies}
    assert sum(map(len, exploded.values())) == 10826
    assert max(line.level for lines in exploded.values() for line in lines) == 4
    road = exploded["BK-R93R-62"]
    totals = found.totals("BK-R93R-62")
    assert (len(road), len(totals), sum(totals.values())) == (89, 74, 464)
    assert found.levels_below("BK-R93R-62") == 4
    assert max(totals.items(), key=lambda item: item[1]) == ("BA-8327", 100)
