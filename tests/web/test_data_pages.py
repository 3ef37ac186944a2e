"""The pages under /data: can the record be trusted, and what is to be done about it first?"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.test import Client

from throughline.model.codec import to_json
from throughline.model.decisions import Finding, FindingKind
from throughline.model.events import RETRACTED, Event, recorded_kind
from throughline.model.materials import Material
from throughline.model.personnel import Role
from throughline.model.sources import Delivery, Feed, Match, Source, SourceKind
from throughline.store.accounts import add_account
from throughline.web.pages import data_state
from throughline.web.pages.data_values import per_cent, readable, shown
from throughline.web.world import SharedWorld

from .conftest import MONDAY, SITE_PLANNER, saw_runs
from .troubled_world import trouble

SignIn = Callable[[str], Client]
LATER = MONDAY + timedelta(minutes=1)
PAGES = (
    "/data",
    "/data/conflicts",
    "/data/quarantine",
    "/data/readiness",
    "/data/defects",
    "/data/import",
    "/data/feeds/erp",
    "/data/feeds/scada",
    "/data/lineage/materials/BRK-N",
    "/data/lineage/kpis",
)


@pytest.fixture
def troubled(shop: SharedWorld) -> SharedWorld:
    """The bracket shop with sources that disagree, one that is silent, ids said twice."""
    trouble(shop)
    return shop


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def words(page: str) -> str:
    """What a page says, without its marks."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.mark.usefixtures("troubled")
class TestTheOverview:
    def test_it_answers_whether_the_record_can_be_trusted(self, sign_in: SignIn) -> None:
        said = words(read(sign_in("tess"), "/data"))
        assert (
            "Trust it with care: 1 feed is late, 3 records in conflict, 2 events in quarantine"
        ) in said

    def test_each_feed_says_its_age_against_its_cadence_and_how_good_it_is(
        self, sign_in: SignIn
    ) -> None:
        page = read(sign_in("tess"), "/data")
        rows = [
            words(f"<main>{row}</main>") for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
        ]
        (mes,) = [row for row in rows if "Machines it talks to" in row]
        assert "3 days ago due every 15 minutes" in mes
        assert "heard 3 days ago, due every 15 min" in mes
        (wms,) = [row for row in rows if "Stock by location" in row]
        assert "Consistent 0 %" in wms or "0 % Consistent." in wms
        assert "2 of 2 rows are contradicted" in wms

    def test_feeds_that_nobody_waits_for_take_one_line_while_nothing_is_odd(
        self, troubled: SharedWorld, sign_in: SignIn
    ) -> None:
        troubled.say(
            [
                Source(
                    id="anna", name="Anna", kind=SourceKind.PERSON, owner=Role.PRODUCTION_MANAGER
                ),
                Feed(source="mes", table="suppliers", about="Whoever sells"),
            ],
            at=MONDAY,
        )
        page = words(read(sign_in("tess"), "/data"))
        assert "Also, with nothing odd: suppliers. All its feeds" in page
        assert "Whoever sells" not in page
        assert "Registered, and no feed of theirs is waited for: Anna" in page
        assert "Whoever sells" in read(sign_in("tess"), "/data/feeds/mes")

    def test_what_nobody_registered_is_shown_with_how_to(self, sign_in: SignIn) -> None:
        page = read(sign_in("tess"), "/data")
        assert "Sources that nobody registered" in page
        assert 'href="/data/feeds/scada#register"' in page
        assert "#register" not in read(sign_in("quentin"), "/data").split("nobody registered")[-1]

    def test_what_to_mend_first_has_its_cure_and_a_link(self, sign_in: SignIn) -> None:
        page = read(sign_in("tess"), "/data/readiness")
        assert "See whether its export still runs" in page
        assert 'href="/data/feeds/mes"' in page
        assert 'href="/data/quarantine"' in page

    def test_what_weak_data_says_is_told_to_its_owner(
        self, sign_in: SignIn, troubled: SharedWorld
    ) -> None:
        weak = Finding(
            id="W-1",
            kind=FindingKind.ASSUMPTION_REFUTED,
            subject="equipment/CUT-1",
            at=MONDAY,
            statement="If the data is right: CUT-1 stands still.",
            assumption=saw_runs().id,
            is_weak=True,
            owner="technical_support",
        )
        troubled.say([weak], at=MONDAY)
        said = words(read(sign_in("tess"), "/data"))
        assert "If the data is right: CUT-1 stands still. For: Technical support." in said
        assert "CUT-1 stands still" not in read(sign_in(SITE_PLANNER), "/data")

    def test_rows_of_a_source_that_nobody_registered_count_like_all_others(
        self, sign_in: SignIn, troubled: SharedWorld
    ) -> None:
        """17 and 83 rows came, 15 were set aside; what came of the file before is over."""
        troubled.say(
            [
                delivered("D1", "crm", "stock.csv", rows=17, set_aside=17, at=MONDAY),
                delivered("D2", "crm", "stock.csv", rows=17, set_aside=15, at=LATER),
                delivered("D3", "erp", "materials.csv", rows=83, set_aside=0, at=MONDAY),
            ],
            at=LATER,
        )
        said = words(read(sign_in("tess"), "/data"))
        assert "15 rows set aside" in said
        assert re.search(r"Rows that could be used .*?85 %", said)
        assert re.search(r"Weakest feed .*?crm, stock counts", said)

    def test_all_of_it_is_computed_once_for_each_state(
        self, sign_in: SignIn, troubled: SharedWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = []
        report = data_state.trust_report
        monkeypatch.setattr(
            data_state,
            "trust_report",
            lambda *given, **named: made.append(1) or report(*given, **named),
        )
        client = sign_in("tess")
        for path in ("/data", "/data/conflicts", "/data/feeds/erp", "/"):
            read(client, path)
        assert len(made) == 1
        troubled.say([Source(id="aps")], at=MONDAY)
        read(client, "/data")
        assert len(made) == 2


FORM = {
    "name": "Machine data",
    "kind": "machine",
    "owner": "technical_support",
    "feed-equipment": "yes",
    "cadence-equipment": "2",
    "unit-equipment": "hours",
    "about-equipment": "Machines",
}


def test_one_row_that_passed_every_check_makes_no_feed_weak(
    sign_in: SignIn, shop: SharedWorld
) -> None:
    """A single check that passed lets expect two thirds: that is for want of checks."""
    feed = Feed(source="erp", table="sites", cadence_minutes=60)
    one = delivered("D1", "erp", "sites.csv", rows=1, set_aside=0, at=MONDAY, table="sites")
    shop.say([Source(id="erp"), feed, one], at=MONDAY)
    page = read(sign_in("tess"), "/data")
    assert re.search(r"Weakest feed .*?none .*?every check passed", words(page))
    (row,) = re.findall(r"<tr>\s*<th scope=\"row\">sites.*?</tr>", page, re.DOTALL)
    assert "67 %" in words(f"<main>{row}</main>")
    assert "risk" not in row
    site, body = next((s.id, to_json(s)) for s in shop.picture().plant.sites.values())
    stated = Event("E1", recorded_kind("sites"), f"sites/{site}", "erp", LATER, body)
    shop.ledger.append([stated], recorded_at=LATER)
    found = read(sign_in("tess"), f"/data/lineage/sites/{site}")
    assert "67 %" in words(found)
    assert not re.search(r"right number (risk|late)", found)


def delivered(
    name: str,
    source: str,
    file: str,
    *,
    rows: int,
    set_aside: int,
    at: datetime,
    table: str = "stock_counts",
) -> Delivery:
    """One delivery; what was not set aside was new."""
    return Delivery(
        id=name,
        source=source,
        table=table,
        file=file,
        at=at,
        rows=rows,
        accepted=rows - set_aside,
        set_aside=set_aside,
    )


class TestRegistering:
    def form(self, client: Client, **changes: str) -> dict[str, str]:
        page = read(client, "/data/feeds/scada")
        (seen,) = re.findall(r'name="seen" value="(\d+)"', page)
        return {**FORM, "seen": seen, **changes}

    def test_it_is_an_event_in_the_name_of_who_says_it(
        self, troubled: SharedWorld, sign_in: SignIn
    ) -> None:
        client = sign_in("tess")
        answer = client.post("/data/feeds/register/scada", self.form(client))
        assert answer.status_code == 302
        plant = troubled.picture().plant
        source, feed = plant.records(Source)["scada"], plant.records(Feed)["scada:equipment"]
        assert (source.name, source.kind) == ("Machine data", SourceKind.MACHINE)
        assert (feed.cadence_minutes, feed.about) == (120, "Machines")
        assert troubled.picture().origin("sources", "scada").source == "tess"
        page = words(read(client, "/data/feeds/scada"))
        assert "Technical support answers for it" in page
        assert "due every 2 hours" in page

    def test_what_is_not_waited_for_any_more_is_withdrawn(
        self, troubled: SharedWorld, sign_in: SignIn
    ) -> None:
        client = sign_in("tess")
        client.post("/data/feeds/register/scada", self.form(client))
        form = self.form(client)
        del form["feed-equipment"]
        client.post("/data/feeds/register/scada", form)
        assert "scada:equipment" not in troubled.picture().plant.records(Feed)
        last = list(troubled.ledger.about("feeds/scada:equipment"))[-1]
        assert last.event.kind.endswith(RETRACTED)
        assert last.event.source == "tess"

    def test_whoever_looked_before_is_told(self, troubled: SharedWorld, sign_in: SignIn) -> None:
        tess, paul = sign_in("tess"), sign_in("paul")
        stale = self.form(paul)
        tess.post("/data/feeds/register/scada", self.form(tess))
        answer = paul.post("/data/feeds/register/scada", stale | {"name": "Mine"})
        assert answer.status_code == 409
        assert "tess registered it after you had looked" in answer.content.decode()
        assert troubled.picture().plant.records(Source)["scada"].name == "Machine data"

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"kind": "oracle"}, "Choose what kind of source it is."),
            ({"cadence-equipment": "often"}, "is no cadence"),
            ({"cadence-equipment": "-1"}, "is no cadence"),
            ({"copied_from": "scada"}, "It cannot copy"),
            ({"copied_from": "nobody"}, "It cannot copy"),
            ({"site": "MOON"}, "is not a site"),
            ({"added": "decisions"}, "is not a table that a source may speak about"),
            ({"name": "x" * 201}, "at most 200 characters"),
        ],
    )
    def test_what_cannot_be_is_told_and_not_recorded(
        self, changes: dict[str, str], told: str, troubled: SharedWorld, sign_in: SignIn
    ) -> None:
        client = sign_in("tess")
        answer = client.post("/data/feeds/register/scada", self.form(client, **changes))
        assert answer.status_code == 400
        assert told in answer.content.decode()
        assert "scada" not in troubled.picture().plant.records(Source)

    def test_who_may_not_has_no_form_and_no_way_round_it(
        self, troubled: SharedWorld, sign_in: SignIn
    ) -> None:
        form = self.form(sign_in("tess"))
        for username in ("olga", "quentin"):
            client = sign_in(username)
            assert 'name="kind"' not in read(client, "/data/feeds/scada")
            assert client.post("/data/feeds/register/scada", form).status_code == 403
        # Whoever works for one site cannot say what a source of all sites is.
        assert sign_in(SITE_PLANNER).post("/data/feeds/register/scada", form).status_code == 403
        assert "scada" not in troubled.picture().plant.records(Source)

    def test_a_source_of_another_site_is_not_there(
        self, troubled: SharedWorld, sign_in: SignIn
    ) -> None:
        troubled.say([Source(id="north-mes", site="NORTH")], at=MONDAY)
        petra = sign_in(SITE_PLANNER)
        assert petra.get("/data/feeds/north-mes").status_code == 404
        assert "north-mes" not in read(petra, "/data")
        assert sign_in("paul").get("/data/feeds/north-mes").status_code == 200


class TestTwoNamesForOneThing:
    PAIR = ("Sintered magnet 40 x 20", "Sintered magnet 40x20")

    @pytest.fixture
    def twice(self, troubled: SharedWorld) -> SharedWorld:
        """The same magnet under two ids, one of them in the plan."""
        magnets = [
            Material(id=f"MAG-{n}", name=name, unit="pcs", cost_eur=4.2)
            for n, name in enumerate(self.PAIR)
        ]
        troubled.say(magnets, at=MONDAY)
        return troubled

    def form(self, is_same: str) -> dict[str, str]:
        return {"table": "materials", "one": "MAG-1", "other": "MAG-0", "is_same": is_same}

    def test_they_are_suggested_and_a_person_says(
        self, twice: SharedWorld, sign_in: SignIn
    ) -> None:
        client = sign_in("tess")
        assert "Possible duplicate" in read(client, "/data/readiness")
        assert client.post("/data/matches", self.form("no")).status_code == 302
        (match,) = twice.picture().plant.records(Match).values()
        assert (match.one, match.other, match.is_same, match.by) == (
            "MAG-0",
            "MAG-1",
            False,
            "tess",
        )
        assert "Possible duplicate" not in read(client, "/data/readiness")

    def test_who_may_not_say_has_no_button_and_no_way_round_it(
        self, twice: SharedWorld, sign_in: SignIn
    ) -> None:
        for username in ("olga", "quentin", SITE_PLANNER):
            client = sign_in(username)
            assert "They are the same" not in read(client, "/data/readiness")
            assert client.post("/data/matches", self.form("yes")).status_code == 403
        assert not twice.picture().plant.records(Match)

    def test_what_there_is_not_cannot_be_the_same(
        self, twice: SharedWorld, sign_in: SignIn
    ) -> None:
        client = sign_in("tess")
        for changes in ({"one": "MAG-9"}, {"one": "MAG-0"}, {"table": "sites"}, {"is_same": "?"}):
            answer = client.post("/data/matches", self.form("yes") | changes)
            assert answer.status_code == 400
        assert not twice.picture().plant.records(Match)


@pytest.mark.usefixtures("troubled")
class TestLineage:
    def test_a_record_says_what_holds_who_said_it_and_what_changed(self, sign_in: SignIn) -> None:
        page = words(read(sign_in("tess"), "/data/lineage/materials/BRK-N"))
        assert "lead_time_days 4 → 9" in page
        assert "said first" in page

    def test_a_record_is_as_good_as_its_weakest_link(self, sign_in: SignIn) -> None:
        """Of four statements checked three were right: (1 + 3) of (2 + 4), old ones fading."""
        page = words(read(sign_in("tess"), "/data/lineage/stock_counts/BRK-N:NORTH"))
        assert re.search(r"Trust 6[67] % weakest link: wms stock_counts", page)

    def test_a_figure_leads_to_the_records_it_was_computed_from(self, sign_in: SignIn) -> None:
        page = read(sign_in("tess"), "/data/lineage/A:availability:equipment/CUT-1%231")
        assert 'href="/data/lineage/equipment/CUT-1"' in page
        assert "availability of equipment/CUT-1" in page

    def test_what_was_never_checked_is_not_given_a_figure(self, sign_in: SignIn) -> None:
        page = words(read(sign_in("tess"), "/data/lineage/sites/NORTH"))
        assert "not checked" in page
        assert "nothing that it rests on was ever checked" in page

    def test_it_is_downloaded_as_prov(self, sign_in: SignIn) -> None:
        answer = sign_in("tess").get("/data/lineage/prov/materials/BRK-N")
        assert "attachment" in answer.headers["Content-Disposition"]
        assert answer.json()["entity"]

    def test_a_figure_on_another_page_says_how_far_it_can_be_trusted(self, sign_in: SignIn) -> None:
        page = read(sign_in("maria"), "/")
        panel = words(f"<main>{page[page.index('explain-panel') :]}")
        assert re.search(r"Age (just now|\d+ \w+ ago)", panel)
        assert "% at its weakest link" in panel
        assert 'href="/data/lineage/publications/current"' in page


class _Names(HTMLParser):
    """Controls without a name, headers without a scope, and ids that are there twice."""

    def __init__(self) -> None:
        super().__init__()
        self.labelled: set[str] = set()
        self.controls: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.complaints: list[str] = []
        self.in_label = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if facts.get("id"):
            self.ids.append(facts["id"] or "")
        if tag == "label":
            self.in_label += 1
            self.labelled.add(facts.get("for") or "")
        is_control = tag in ("input", "select", "textarea") and facts.get("type") != "hidden"
        if is_control and not self.in_label:
            self.controls.append(facts)
        if tag == "th" and "scope" not in facts:
            self.complaints.append(f"th without scope: {facts}")

    def handle_endtag(self, tag: str) -> None:
        self.in_label -= tag == "label"

    def all_complaints(self) -> list[str]:
        unnamed = [
            f"no name: {facts}"
            for facts in self.controls
            if not facts.get("aria-label") and facts.get("id") not in self.labelled
        ]
        twice = [f"id twice: {name}" for name in self.ids if self.ids.count(name) > 1]
        return [*self.complaints, *unnamed, *twice]


@pytest.mark.parametrize("path", PAGES)
def test_every_control_has_a_name_and_every_header_its_scope(
    path: str, troubled: SharedWorld, sign_in: SignIn
) -> None:
    names = _Names()
    names.feed(read(sign_in("paul"), path))
    assert names.all_complaints() == []


@pytest.mark.parametrize("path", [path for path in PAGES if path.count("/") <= 2])
def test_before_anything_was_said_each_page_says_so(path: str, empty_world: SharedWorld) -> None:
    client = Client()
    client.force_login(add_account("root", Role.PRODUCTION_MANAGER))
    said = words(read(client, path))
    expected = {
        "/data": "Nobody has said anything yet.",
        "/data/conflicts": "No sources disagree",
        "/data/quarantine": "Nothing is in quarantine",
        "/data/readiness": "There is no plan yet",
        "/data/defects": "No rule is broken",
        "/data/import": "Drop a file here",
    }
    assert expected[path] in said


class TestWords:
    def test_a_share_is_whole_only_when_it_is(self) -> None:
        shares = (0, 0.0004, 0.331, 0.994, 0.99996, 1)
        assert [per_cent(share) for share in shares] == ["0", "0.1", "33", "99", "99.9", "100"]

    def test_moments_in_a_sentence_are_written_out(self) -> None:
        told = "counted at 2026-03-02T05:00:00+00:00 by wms, then at 2026-03-09T05:01:30Z"
        assert readable(told) == (
            "counted at 2 Mar 2026, 05:00 UTC by wms, then at 9 Mar 2026, 05:01:30 UTC"
        )

    def test_values_are_read_as_people_write_them(self) -> None:
        values = (None, "", True, 12.50, 1234567, "2026-03-02T06:01:00Z", "2026-03-02", "BRK")
        assert [shown(value) for value in values] == [
            "–",
            "–",
            "yes",
            "12.5",
            "1,234,567",
            "2 Mar 2026, 06:01 UTC",
            "2026-03-02",
            "BRK",
        ]
