"""What we believed at one moment about another, and that it stays so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from throughline.ledger.memory import MemoryLedger
from throughline.model.codec import to_json
from throughline.model.columns import subject_of, table_of
from throughline.model.events import Event, recorded_kind, retracted_kind
from throughline.model.materials import Material
from throughline.model.sources import Feed, Source
from throughline.picture.believed import believed_at, picture_at

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHAFT = "materials/SHAFT"


def hour(number: int) -> datetime:
    return NOON + timedelta(hours=number)


def named(name: str, *, at: int, source: str = "erp", key: str = "SHAFT") -> Event:
    material = Material(id=key, name=name)
    subject = subject_of("materials", key)
    return Event(
        f"{source}-{key}-{name}-{at}",
        recorded_kind("materials"),
        subject,
        source,
        hour(at),
        to_json(material),
    )


def name_believed(ledger: MemoryLedger, *, heard_by: int, about: int) -> str | None:
    said = believed_at(ledger, SHAFT, heard_by=hour(heard_by), about=hour(about))
    picture = picture_at(ledger, heard_by=hour(heard_by), about=hour(about))
    assert picture.statement("materials", "SHAFT") == said
    return None if said is None else picture.plant.materials["SHAFT"].name


def test_a_late_correction_changes_what_we_believe_and_not_what_we_believed() -> None:
    ledger = MemoryLedger()
    ledger.append([named("soft", at=0)], recorded_at=hour(1))
    ledger.append([named("hard", at=2)], recorded_at=hour(3))
    correction = named("soft, turned", at=1)
    ledger.append([correction], recorded_at=hour(9))
    assert name_believed(ledger, heard_by=0, about=9) is None
    assert name_believed(ledger, heard_by=1, about=1) == "soft"
    assert name_believed(ledger, heard_by=3, about=1) == "soft"
    assert name_believed(ledger, heard_by=3, about=2) == "hard"
    assert name_believed(ledger, heard_by=9, about=1) == "soft, turned"
    assert name_believed(ledger, heard_by=9, about=9) == "hard"


def test_what_was_withdrawn_is_believed_to_be_gone() -> None:
    ledger = MemoryLedger()
    ledger.append([named("soft", at=0)], recorded_at=hour(0))
    gone = Event("gone", retracted_kind("materials"), SHAFT, "erp", hour(1), {"id": "SHAFT"})
    ledger.append([gone], recorded_at=hour(1))
    said = believed_at(ledger, SHAFT, heard_by=hour(1), about=hour(1))
    assert said is not None
    assert said.kind == "materials.retracted"


def test_between_sources_decide_those_who_were_registered_then() -> None:
    def stated(record: object) -> Event:
        table = table_of(type(record))
        subject = subject_of(table.name, table.key_of(record))
        kind = recorded_kind(table.name)
        return Event(f"r-{subject}", kind, subject, "person", hour(0), to_json(record))

    ledger = MemoryLedger()
    ledger.append([named("A", at=1, source="erp")], recorded_at=hour(1))
    ledger.append([named("A", at=2, source="wms")], recorded_at=hour(2))
    ledger.append([named("B", at=3, source="mes")], recorded_at=hour(3))
    sources = [stated(Source(id=name, name=name)) for name in ("erp", "wms", "mes")]
    feeds = [stated(Feed(source=name, table="materials")) for name in ("erp", "wms", "mes")]
    ledger.append([*sources, *feeds], recorded_at=hour(4))
    assert name_believed(ledger, heard_by=3, about=9) == "B", "the newest, as nobody was known"
    assert name_believed(ledger, heard_by=4, about=9) == "A", "two of three say so"


SAYINGS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 2)), max_size=6)


@given(before=SAYINGS, later=SAYINGS, heard_by=st.integers(0, 6), about=st.integers(0, 6))
def test_an_answer_once_given_is_given_for_ever(
    before: list[tuple[int, int, int]],
    later: list[tuple[int, int, int]],
    heard_by: int,
    about: int,
) -> None:
    """Each saying: what happened when, and by which clock (set back at will) it is recorded."""
    ledger = MemoryLedger()
    for number, (happened, heard, key) in enumerate(before):
        event = named(f"b{number}", at=happened, key=f"M-{key}")
        ledger.append([event], recorded_at=hour(heard))
    moments = {"heard_by": hour(heard_by), "about": hour(about)}
    is_final = ledger.heard_by(hour(heard_by)) < ledger.head()
    answer = picture_at(ledger, **moments)
    for number, (happened, heard, key) in enumerate(later):
        event = named(f"l{number}", at=happened, key=f"M-{key}")
        ledger.append([event], recorded_at=hour(heard))
    if is_final:
        again = picture_at(ledger, **moments)
        assert again.digest == answer.digest
        assert again.plant.materials == answer.plant.materials
