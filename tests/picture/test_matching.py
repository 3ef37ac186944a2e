"""One thing under several names is suggested with its reasons (METHODS section 10.5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughline.errors import RequestError
from throughline.model.materials import Material, Supplier
from throughline.model.plant import Plant
from throughline.picture.matching import (
    MATERIAL_FIELDS,
    SUPPLIER_FIELDS,
    MatchField,
    NamedThing,
    are_spellings,
    are_variants,
    candidate_pairs,
    compact,
    compare,
    fields_from_chance,
    fields_from_decisions,
    match_probability,
    match_weight,
    materials_of,
    normalised,
    similarity,
    suggest_matches,
    suppliers_of,
    without_legal_form,
)

NAME, UNIT, COLOUR = FIELDS = (
    MatchField("name", m=0.95, u=0.01),
    MatchField("unit", m=0.9, u=0.05),
    MatchField("colour", m=0.8, u=0.2),
)


def thing(id_: str, source: str = "ERP", **values: str) -> NamedThing:
    return NamedThing(id_, source, values)


def test_the_example_of_the_methods_is_reproduced() -> None:
    # METHODS section 10.5, oracle O45.
    agree = [f.agreement_weight for f in FIELDS]
    differ = [f.disagreement_weight for f in FIELDS]
    assert agree == pytest.approx([6.5699, 4.1699, 2.0], abs=5e-5)
    assert differ == pytest.approx([-4.3074, -3.2479, -2.0], abs=5e-5)
    weight = match_weight(FIELDS, [True, True, False])
    assert weight == pytest.approx(8.7398, abs=5e-5)
    assert match_probability(weight, 1 / 1000) == pytest.approx(0.2997, abs=5e-5)


def test_a_field_that_says_nothing_speaks_neither_for_nor_against() -> None:
    assert match_weight(FIELDS, [True, None, None]) == NAME.agreement_weight
    assert UNIT.agrees("pcs", "  ") is None


def test_weights_beyond_all_bounds_end_at_0_and_1() -> None:
    assert match_probability(5000) == 1
    assert match_probability(-5000) == 0
    assert match_probability(0, 0.3) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        (" Müller-Guß  GMBH", "muller guss gmbh"),
        ("MÜLLER GUSS GmbH", "muller guss gmbh"),
        ("Łódź Tørk", "lodz tork"),
        ("Ｍ８\u00a0x\u200920", "m8 x 20"),
        ("...", ""),
    ],
)
def test_case_accents_blanks_and_punctuation_do_not_matter(typed: str, plain: str) -> None:
    assert normalised(typed) == plain


def test_blanks_inside_a_name_do_not_matter_either() -> None:
    assert compact("Bolt M 8x20") == compact("bolt m8 X20") == "boltm8x20"
    assert NAME.agrees("Bolt M 8x20", "bolt m8 X20")


def test_a_legal_form_is_no_part_of_a_name() -> None:
    assert without_legal_form("Müller Guss GmbH & Co. KG") == "muller guss"
    assert without_legal_form("MULLER GUSS") == "muller guss"
    assert without_legal_form("Rossi S.p.A.") == "rossi"
    assert without_legal_form("AG") == "ag"


def test_names_with_a_slip_are_similar_and_others_are_not() -> None:
    assert similarity("bearing 6204", "BEARING-6204") == 1
    assert similarity("bearing 6204", "baering 6204") == pytest.approx(14 / 20)
    assert similarity("a", "b") == 0
    assert similarity("", " ") == 1


@pytest.mark.parametrize(
    ("one", "other", "are_two"),
    [
        ("Rotor assembly 71", "Rotor assembly 71P", True),
        ("Copper wire 0.50 mm", "Copper wire 0.80 mm", True),
        ("Inverter L", "Inverter LV", True),
        ("Bolt M8x20", "bolt m8 x 20", False),
        ("Stator winding", "Stator windings", False),
    ],
)
def test_names_that_differ_in_a_size_or_a_letter_are_variants(
    one: str, other: str, are_two: bool
) -> None:
    assert are_variants(one, other) is are_two


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        (
            "Lamivudine 10mg/ml [Epivir], oral solution, Bottle, 240 ml",
            "Zidovudine 10mg/ml [Retrovir], oral solution, Bottle, 240 ml",
            False,
        ),
        (
            "Lamivudine 10mg/ml, oral solution, Bottle",
            "Lamivudin 10 mg/ml, oral soluiton, bottle",
            True,
        ),
        ("Oral solution, lamivudine", "Lamivudine, oral solution", True),
        ("Cover plate, zinc plated", "Cover plate, zincplated", True),
        ("Cover plate, zinc plated", "Cover plate, zinc plated, left", False),
        ("Prednisone tablets in a bottle", "Prednisolone tablets in a bottle", False),
        ("Gauge for pressure in mbar", "Gauge for pressure in bar", False),
        ("Copper wire 0.50 mm", "Copper wire 0.80 mm", False),
        ("Copper wire 5 mm", "Copper wire 5 cm", False),
        ("Copper wire 1.15 mm", "Copper wire 11.5 mm", False),
        ("Copper wire 1.5 mm", "copper wire 1,5mm", True),
    ],
)
def test_names_that_share_all_but_one_word_are_two_unless_it_is_a_slip(
    one: str, other: str, are_one: bool
) -> None:
    assert are_spellings(one, other) is are_spellings(other, one) is are_one


def test_two_drugs_in_the_same_bottle_are_not_suggested() -> None:
    """Nine tenths of the letters are the same; the one word that tells them apart is not."""
    tail = "10mg/ml, oral solution in a dark glass bottle with syringe, 240 ml"
    lamivudine, zidovudine, typed = (
        thing(str(n), name=f"{name} {tail}", unit="pcs", family="ARV")
        for n, name in enumerate(("Lamivudine", "Zidovudine", "Lamivudin"))
    )
    assert similarity(lamivudine.value("name"), zidovudine.value("name")) >= 0.9
    (found,) = suggest_matches([lamivudine, zidovudine, typed], MATERIAL_FIELDS)
    assert (found.left, found.right) == (lamivudine, typed)


def test_two_spellings_of_a_bolt_are_suggested_and_a_nut_is_not() -> None:
    things = [
        thing("10", name="Bolt M8x20", unit="pcs"),
        thing("B-7", "MES", name="BOLT  M8 X20", unit="PCS"),
        thing("11", name="Nut M8", unit="pcs"),
    ]
    (found,) = suggest_matches(things, FIELDS)
    assert (found.left.id, found.right.id) == ("10", "B-7")
    assert found.agreeing == ("name", "unit")
    assert found.silent == ("colour",)
    assert found.probability == pytest.approx(0.631, abs=1e-3)


def test_what_a_person_has_decided_is_not_asked_again() -> None:
    one, other = thing("10", name="Bolt", unit="pcs"), thing("B", "MES", name="bolt", unit="pcs")
    assert suggest_matches([one, other], FIELDS)
    assert suggest_matches([one, other], FIELDS, decided=[(other.key, one.key)]) == ()


def test_pairs_are_found_by_a_word_a_beginning_or_all_letters() -> None:
    things = [
        thing("1", name="bearing 6204"),
        thing("2", name="SKF Bearing"),
        thing("3", name="O-ring"),
        thing("4", name="oring"),
        thing("5", name="nut"),
        thing("6", name=""),
    ]
    pairs = [(left.id, right.id) for left, right in candidate_pairs(things)]
    assert pairs == [("1", "2"), ("3", "4")]


def test_a_word_that_everybody_has_pairs_nobody_but_equal_names_are_always_paired() -> None:
    things = [thing(f"{n:03}", name=f"bolt {n}x{n}") for n in range(100)]
    assert candidate_pairs(things) == ()
    same = [thing(f"{n:03}", name="bolt") for n in range(100)]
    assert len(candidate_pairs(same)) == 99


def test_decisions_move_m_and_u_from_their_agreed_values() -> None:
    yes = [(thing("1", name="a", unit="pcs"), thing("2", name="A", unit="kg"))] * 20
    no = [(thing("1", name="a", unit="pcs"), thing("3", name="b", unit="PCS"))] * 20
    name, unit, colour = fields_from_decisions(FIELDS, yes, no)
    assert (name.m, name.u) == (pytest.approx((19 + 20) / 40), pytest.approx(0.2 / 40))
    assert (unit.m, unit.u) == (pytest.approx(18 / 40), pytest.approx((1 + 20) / 40))
    assert (colour.m, colour.u) == (COLOUR.m, COLOUR.u)


def test_a_unit_that_all_share_tells_little() -> None:
    things = [thing(f"{n}", name=f"item {n}", unit="pcs") for n in range(50)]
    name, unit, colour = fields_from_chance(FIELDS, things)
    assert unit.u > 0.99
    assert name.u < 1e-4
    assert colour.u == pytest.approx(COLOUR.u)


def test_materials_and_suppliers_of_a_plant_are_compared_without_their_legal_form() -> None:
    plant = Plant.of(
        [
            Supplier(id="S-1", name="Müller Guss GmbH", country="DE"),
            Supplier(id="S-9", name="MULLER GUSS", country="de"),
            Supplier(id="S-3", name="Rossi S.p.A.", country="IT"),
            Material(id="BOLT-M8", name="Bolt M8", family="fasteners"),
            Material(id="B-7", name="bolt m8 ", family="Fasteners"),
            Material(id="BOLT-M9", family="fasteners"),
            Material(id="bolt m9", family="fasteners"),
            Material(id="SHAFT", name="Shaft", family="turned"),
        ]
    )
    (supplier,) = suggest_matches(suppliers_of(plant, "ERP"), SUPPLIER_FIELDS)
    assert (supplier.left.id, supplier.right.id) == ("S-1", "S-9")
    (material,) = suggest_matches(materials_of(plant, "ERP"), MATERIAL_FIELDS)
    assert {material.left.id, material.right.id} == {"BOLT-M8", "B-7"}
    assert len(plant.suppliers) == 3


def test_probabilities_of_0_and_1_are_refused() -> None:
    with pytest.raises(RequestError, match="name"):
        MatchField("name", m=1, u=0.1)
    with pytest.raises(RequestError, match="prior"):
        match_probability(1, 0)


words = st.sampled_from(["bolt", "Bolt ", "nut", "M8", "m 8", "x20", "Ø-ring", "", "Shaft"])
names = st.lists(words, max_size=3).map(" ".join)
named = st.builds(
    lambda id_, source, name, unit: thing(str(id_), source, name=name, unit=unit),
    st.integers(0, 9),
    st.sampled_from(["ERP", "MES"]),
    names,
    st.sampled_from(["pcs", "PCS", "kg", ""]),
)


@given(named, named)
def test_comparing_is_symmetric(one: NamedThing, other: NamedThing) -> None:
    forward, backward = compare(one, other, MATERIAL_FIELDS), compare(other, one, MATERIAL_FIELDS)
    assert (forward.weight, forward.probability) == (backward.weight, backward.probability)
    assert (forward.agreeing, forward.differing) == (backward.agreeing, backward.differing)
    if one.key != other.key:
        assert forward == backward


@given(names, names)
def test_similarity_is_symmetric_and_between_0_and_1(one: str, other: str) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1
    assert normalised(normalised(one)) == normalised(one)


@given(st.lists(named, max_size=12, unique_by=lambda t: t.key))
def test_the_order_of_names_does_not_matter_and_none_is_paired_with_itself(
    things: list[NamedThing],
) -> None:
    pairs = candidate_pairs(things)
    assert candidate_pairs(things[::-1]) == pairs
    assert all(left.key < right.key for left, right in pairs)
    assert suggest_matches(things, FIELDS) == suggest_matches(things[::-1], FIELDS)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(-30, 30), st.floats(0.001, 0.999))
def test_agreement_speaks_for_a_match_where_m_exceeds_u(
    m: float, u: float, weight: float, prior: float
) -> None:
    field = MatchField("name", m=m, u=u)
    assert (field.agreement_weight >= field.disagreement_weight) == (m >= u)
    assert match_probability(weight + 1, prior) >= match_probability(weight, prior)
