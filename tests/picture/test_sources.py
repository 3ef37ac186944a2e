"""Which of several statements holds, and that none of them is lost."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from throughline.ledger.memory import MemoryLedger
from throughline.model.materials import Material
from throughline.model.orders import ProductionOrder
from throughline.model.sources import Delivery, Source
from throughline.picture import Fold, Picture
from voices import HOUR, MONDAY, SHAFT, costs, feeds, picture, said


def cost_of(found: Picture) -> float:
    return found.plant.materials["SHAFT"].cost_eur


def test_the_last_word_of_every_source_is_kept_newest_first() -> None:
    found = picture(*costs(("erp", 10, 0), ("mes", 11, 1), ("erp", 12, 2)))
    voices = found.voices("materials", "SHAFT")
    assert [(v.source, v.occurred_at - MONDAY) for v in voices] == [
        ("erp", 2 * HOUR),
        ("mes", HOUR),
    ]
    assert list(found.several_voices()) == [("materials", "SHAFT")]
    assert found.said_by("materials", "SHAFT", "wms") is None


def test_of_sources_nobody_registered_the_newest_statement_holds() -> None:
    assert cost_of(picture(*costs(("erp", 10, 0), ("mes", 11, 1)))) == 11


def test_of_three_feeds_the_majority_holds_against_the_newest() -> None:
    known = feeds("materials", "erp", "mes", "wms")
    told = costs(("erp", 10, 0), ("mes", 10, 1), ("wms", 99, 2))
    assert cost_of(picture(*known, *told)) == 10
    assert cost_of(picture(*told)) == 99


def test_of_two_feeds_the_newest_holds() -> None:
    known = feeds("materials", "erp", "mes")
    assert cost_of(picture(*known, *costs(("erp", 10, 0), ("mes", 11, 1)))) == 11


def test_a_copy_counts_once_with_its_original() -> None:
    """The warehouse takes its costs from the ERP: two voices are left, and the newest holds."""
    known = feeds("materials", "erp", "mes", "wms", copied="wms<erp")
    told = costs(("erp", 10, 0), ("wms", 10, 1), ("mes", 11, 2))
    assert cost_of(picture(*known, *told)) == 11


def test_a_feed_that_missed_its_cadence_has_no_vote() -> None:
    known = feeds("materials", "erp", "mes", "wms", minutes=60)
    assert cost_of(picture(*known, *costs(("erp", 10, 0), ("mes", 10, 1), ("wms", 99, 2)))) == 99
    stood_by = Delivery(
        id="D", source="erp", table="materials", at=MONDAY + 1.5 * HOUR, is_complete=True
    )
    told = costs(("erp", 10, 0), ("mes", 10, 1), ("wms", 99, 2))
    assert cost_of(picture(*known, *told, said(stood_by, "erp", hours=1.5))) == 10


def test_what_a_person_corrects_holds_until_a_source_speaks_anew() -> None:
    known = feeds("materials", "erp", "mes", "wms")
    told = costs(("erp", 10, 0), ("mes", 10, 1), ("wms", 10, 2), ("lea", 12, 3))
    assert cost_of(picture(*known, *told)) == 12
    assert cost_of(picture(*known, *told, *costs(("mes", 11, 4)))) == 11


def test_a_start_and_an_end_that_do_not_fit_are_taken_from_one_source() -> None:
    """The MES has begun it at two; the ERP ended an earlier attempt at one. None took minus 1 h."""
    known = feeds("production_orders", "erp", "mes", "wms")
    attempt = ProductionOrder(id="PO-1", material="SHAFT", quantity=40)
    ended = replace(attempt, actual_start=MONDAY, actual_end=MONDAY + HOUR)
    begun = replace(attempt, actual_start=MONDAY + 2 * HOUR)
    told = (said(ended, "erp"), said(begun, "wms", hours=2), said(begun, "mes", hours=3))
    held = picture(*known, *told).plant.production_orders["PO-1"]
    assert (held.actual_start, held.actual_end) == (MONDAY + 2 * HOUR, None)


def test_a_column_that_a_feed_does_not_fill_is_taken_from_one_that_does() -> None:
    """The MES knows no costs: its export has no such column, and the default says nothing."""
    known = feeds("materials", "erp", "mes")
    erp = said(replace(SHAFT, name="Old name"), "erp")
    mes = said(Material(id="SHAFT", name="New name"), "mes", hours=1)
    found = picture(*known, erp, mes).plant.materials["SHAFT"]
    assert (found.name, found.cost_eur) == ("New name", 12.0)


def test_an_order_moves_on_and_is_never_put_together_from_two_moments() -> None:
    known = feeds("production_orders", "erp", "mes")
    begun = ProductionOrder(id="MO-1", material="SHAFT", quantity=40, good_quantity=16)
    planned = replace(begun, quantity=50, good_quantity=0)
    found = picture(*known, said(begun, "mes"), said(planned, "erp", hours=1))
    assert found.plant.production_orders["MO-1"] == planned


def test_a_record_is_gone_when_most_feeds_withdrew_it() -> None:
    known = feeds("materials", "erp", "mes", "wms")
    withdrawn = [said(SHAFT, name, hours=1, gone=True) for name in ("erp", "mes")]
    assert picture(*known, *withdrawn, said(SHAFT, "wms", hours=2)).plant.materials == {}
    one = said(SHAFT, "erp", hours=3, gone=True)
    others = costs(("mes", 10, 1), ("wms", 10, 2))
    assert cost_of(picture(*known, *others, one)) == 10


def order_of(*told: tuple[str, float, float, float]) -> ProductionOrder:
    """MO-1 after good and scrapped units as three feeds state them, each at its hour."""
    known = feeds("production_orders", "erp", "mes", "wms")
    order = ProductionOrder(id="MO-1", material="SHAFT", quantity=40)
    events = [
        said(replace(order, good_quantity=good, scrap_quantity=scrap), name, hours=hour)
        for name, hour, good, scrap in told
    ]
    return picture(*known, *events).plant.production_orders["MO-1"]


def test_progress_that_two_sources_said_earlier_does_not_outvote_what_is_said_now() -> None:
    """The ERP and the warehouse heard of 10 in the morning; at seven the floor has made 20."""
    held = order_of(("erp", 0, 10, 0), ("wms", 1, 10, 0), ("mes", 2, 20, 1))
    assert (held.good_quantity, held.scrap_quantity) == (20, 1)


def test_of_one_moment_most_are_believed_of_an_order_and_one_of_them_as_a_whole() -> None:
    """Two of three say 5 scrapped and no two agree on the good ones: nobody said 10 and 5."""
    held = order_of(("wms", 2, 10, 1), ("mes", 2, 20, 5), ("erp", 2, 12, 5))
    assert (held.good_quantity, held.scrap_quantity) == (10, 1)
    held = order_of(("wms", 2, 10, 1), ("mes", 2, 20, 5), ("erp", 2, 20, 5))
    assert (held.good_quantity, held.scrap_quantity) == (20, 5)


def test_where_as_many_withdrew_a_record_as_state_it_the_last_word_holds() -> None:
    known = feeds("materials", "erp", "mes", "wms", "plm")
    stated = costs(("erp", 10, 0), ("mes", 10, 3))
    gone = [said(SHAFT, name, hours=2, gone=True) for name in ("wms", "plm")]
    assert cost_of(picture(*known, *stated, *gone)) == 10
    late = [said(SHAFT, name, hours=4, gone=True) for name in ("wms", "plm")]
    assert picture(*known, *stated, *late).plant.materials == {}


def test_numbers_that_differ_by_rounding_alone_are_one_vote() -> None:
    known = feeds("materials", "erp", "mes", "wms")
    told = costs(("erp", 0.1 + 0.2, 0), ("mes", 0.3, 1), ("wms", 7, 2))
    assert cost_of(picture(*known, *told)) == 0.3


def test_who_is_registered_is_decided_by_the_last_word_though_two_feeds_register() -> None:
    known = feeds("sources", "erp", "mes")
    known += [
        said(Source(id="plc", owner=owner), name, hours=at)
        for owner, name, at in (("Lea", "erp", 0), ("", "mes", 1))
    ]
    found = picture(*known)
    assert found.registry.sources["plc"] == found.plant.records(Source)["plc"] == Source(id="plc")


def test_a_source_that_is_registered_later_is_decided_anew_and_old_pictures_stay() -> None:
    ledger = MemoryLedger()
    for event in costs(("erp", 10, 0), ("mes", 10, 1), ("wms", 99, 2)):
        ledger.append([event], recorded_at=MONDAY)
    fold = Fold().take(ledger.statements())
    before = fold.picture()
    head = ledger.head()
    ledger.append(feeds("materials", "erp", "mes", "wms"), recorded_at=MONDAY)
    after = fold.take(ledger.statements(after=head)).picture()
    assert (cost_of(before), cost_of(after)) == (99, 10)
    assert after.origin("materials", "SHAFT").source == "mes"
    assert after.latest("materials", "SHAFT").source == "wms"


def test_any_order_of_arrival_gives_the_same_picture() -> None:
    events = [*feeds("materials", "erp", "mes", "wms"), *costs(("erp", 10, 0), ("mes", 10, 1))]
    late = costs(("wms", 99, 2), ("lea", 12, 0.5))
    found = {
        (p.digest, cost_of(p), p.voices("materials", "SHAFT")[0].event_id)
        for order in permutations(late)
        for p in (picture(*order, *events), picture(*events, *order))
    }
    assert len(found) == 1


@given(st.permutations(range(8)), st.lists(st.integers(0, 7), max_size=4))
def test_order_and_repetition_do_not_matter_with_several_sources(
    order: list[int], again: list[int]
) -> None:
    known = feeds("materials", "s0", "s1", "s2")
    told = [*costs(*((f"s{n % 4}", 10 + n // 3, n % 3) for n in range(8)))]
    shuffled = picture(*(told[n] for n in order), *known, *(told[n] for n in again))
    expected = picture(*known, *told)
    assert shuffled.digest == expected.digest
    assert cost_of(shuffled) == cost_of(expected)
    assert [v.event_id for v in shuffled.voices("materials", "SHAFT")] == [
        v.event_id for v in expected.voices("materials", "SHAFT")
    ]
    heard = {k: (h.first, h.last, h.days, h.moments) for k, h in shuffled.heard.items()}
    assert heard == {k: (h.first, h.last, h.days, h.moments) for k, h in expected.heard.items()}


def test_a_fold_that_goes_on_from_its_state_keeps_every_voice_and_what_was_heard() -> None:
    ledger = MemoryLedger()
    told = costs(*((f"s{n % 3}", 10 + n, n * 0.7) for n in range(200)))
    for event in [*feeds("materials", "s0", "s1", "s2"), *told]:
        ledger.append([event], recorded_at=event.occurred_at + 100 * HOUR)
    live = Fold().take(ledger.statements())
    state = live.state()
    kept = set(state.kept)
    again = Fold.from_state(state, (s for s in ledger.statements() if s.sequence in kept))
    assert len(kept) < ledger.head()
    one, other = live.picture(), again.picture()
    assert (one.digest, one.heard) == (other.digest, other.heard)
    assert one.voices("materials", "SHAFT") == other.voices("materials", "SHAFT")
