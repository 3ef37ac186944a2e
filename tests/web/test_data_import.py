"""A file is looked at, read otherwise, recorded; what may not come in does not, and says why."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import re
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from throughline.connect.intake import FileTally
from throughline.connect.preview import Preview, PreviewColumn, PreviewFile
from throughline.errors import DataError
from throughline.model.sources import Delivery
from throughline.web import imports, parked, uploads
from throughline.web.bounded import bounded
from throughline.web.jobs import Jobs
from throughline.web.pages.data_mapping import mapping_chosen, toml_text
from throughline.web.world import SharedWorld

from .conftest import MONDAY, SITE_PLANNER
from .troubled_world import BAD_CSV, FOREIGN_CSV

SignIn = Callable[[str], Client]
PLACES = """\
id,name,site,procurement
BRK-S,Bracket of the south,SOUTH,make
BRK-N,Bracket of the north,NORTH,make
"""


@pytest.fixture(autouse=True)
def own_corner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files wait in a folder of the test, and work is done before the page is made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(imports, "JOBS", Jobs(start=lambda run: run()))
    return tmp_path


def bring(client: Client, text: str, name: str = "materials.csv", source: str = "erp") -> Any:
    file = SimpleUploadedFile(name, text.encode())
    return client.post("/data/import", {"file": file, "source": source})


def looked_at(client: Client, text: str, **how: str) -> tuple[str, str]:
    """The address of a file that was brought, and what its page says."""
    answer = bring(client, text, **how)
    assert answer.status_code == 302, answer.content.decode()
    return answer.url, client.get(answer.url).content.decode()


def figures(page: str) -> dict[str, int]:
    found = re.findall(r'figure-label">([^<]+)</div>\s*<div class="figure-value">(\d+)', page)
    return {label: int(value) for label, value in found}


class TestTheLook:
    def test_it_counts_what_would_come_of_the_file_and_records_nothing(
        self, sign_in: SignIn, shop: SharedWorld
    ) -> None:
        head = shop.ledger.head()
        _, page = looked_at(sign_in("paul"), BAD_CSV)
        assert figures(page) == {
            "Would be recorded": 2,
            "Hold already": 0,
            "Would be set aside": 4,
        }
        assert "Record 2 rows" in page
        assert shop.ledger.head() == head

    def test_each_wrong_cell_is_marked_with_what_is_wrong_and_the_cure(
        self, sign_in: SignIn
    ) -> None:
        _, page = looked_at(sign_in("paul"), BAD_CSV)
        marked = re.findall(r'<td class="is-wrong">(.*?)<span class="under">(.*?)</span>', page)
        assert [(cell, told.partition(".")[0]) for cell, told in marked] == [
            ("five", "is not a number"),
            ("borrow", "is not one of make, buy"),
            ("-3", "is below 0"),
            ("TRB-5", "is already in row 6"),
        ]
        assert "Write digits with a decimal point" in marked[0][1]

    def test_what_holds_already_is_not_recorded_again(self, sign_in: SignIn) -> None:
        client = sign_in("paul")
        address, _ = looked_at(client, BAD_CSV)
        client.post(f"{address}/commit")
        _, page = looked_at(client, BAD_CSV)
        assert figures(page)["Hold already"] == 2
        assert "No row of it says anything new that you could record" in page
        assert "/commit" not in page

    def test_errors_name_the_file_and_not_where_we_keep_it(
        self, sign_in: SignIn, own_corner: Path
    ) -> None:
        _, page = looked_at(sign_in("paul"), "a;b\n1;2\n", name="nothing_known.csv")
        assert "nothing_known.csv" in page
        assert str(own_corner) not in page

    def test_the_columns_can_be_chosen(self, sign_in: SignIn, shop: SharedWorld) -> None:
        client = sign_in("paul")
        text = "id,label,procurement\nTRB-9,Rivet,buy\n"
        address, page = looked_at(client, text)
        assert 'name="column-0-1"' in page
        chosen = {
            "table-0": "materials",
            "column-0-0": "id",
            "column-0-1": "name",
            "column-0-2": "procurement",
        }
        assert client.post(f"{address}/columns", chosen).status_code == 302
        client.get(address)
        client.post(f"{address}/commit")
        assert shop.picture().plant.materials["TRB-9"].name == "Rivet"

    def test_two_columns_cannot_become_one(self, sign_in: SignIn) -> None:
        client = sign_in("paul")
        address, _ = looked_at(client, "id,label,procurement\nTRB-9,Rivet,buy\n")
        twice = {"table-0": "materials", "column-0-0": "id", "column-0-1": "id"}
        answer = client.post(f"{address}/columns", twice)
        assert answer.status_code == 400
        assert "would become id" in answer.content.decode()


class TestTheCommit:
    def test_it_records_what_could_be_used_under_the_name_of_source_and_person(
        self, sign_in: SignIn, shop: SharedWorld
    ) -> None:
        client = sign_in("paul")
        address, _ = looked_at(client, BAD_CSV)
        assert client.post(f"{address}/commit").status_code == 302
        page = client.get(address).content.decode()
        assert figures(page) == {"Recorded": 2, "Held already": 0, "Set aside": 4}
        plant = shop.picture().plant
        assert {"TRB-1", "TRB-5"} <= plant.materials.keys()
        assert plant.materials["TRB-5"].name == "Nut M8"
        assert shop.picture().origin("materials", "TRB-1").source == "erp"
        (delivery,) = plant.records(Delivery).values()
        assert (delivery.source, delivery.file, delivery.by) == ("erp", "materials.csv", "paul")
        assert (delivery.rows, delivery.accepted, delivery.set_aside) == (6, 2, 4)

    def test_the_file_is_gone_afterwards(self, sign_in: SignIn, own_corner: Path) -> None:
        client = sign_in("paul")
        address, _ = looked_at(client, BAD_CSV)
        assert any(own_corner.rglob("materials.csv"))
        client.post(f"{address}/commit")
        assert not any(own_corner.rglob("materials.csv"))
        assert not any(own_corner.rglob("*.upload*"))

    def test_the_row_errors_can_be_downloaded_and_no_cell_of_them_is_a_formula(
        self, sign_in: SignIn
    ) -> None:
        client = sign_in("paul")
        wrong = "id,name,procurement,lead_time_days\n=1+1,Bolt,buy,=2*3\n@x,Nut,lend,5\n"
        address, _ = looked_at(client, wrong + "TRB-1,Bolt M8,buy,5\n")
        assert client.get(f"{address}/errors.csv").status_code == 404
        client.post(f"{address}/commit")
        answer = client.get(f"{address}/errors.csv")
        assert answer.headers["Content-Disposition"] == (
            'attachment; filename="materials.csv.errors.csv"'
        )
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        assert [(row["row"], row["column"]) for row in rows] == [
            ("2", "lead_time_days"),
            ("3", "procurement"),
        ]
        assert all(row["file"] == "materials.csv" and row["cure"] for row in rows)
        assert rows[0]["value"].lstrip("'") == "=2*3"
        assert not rows[0]["value"].startswith("=")

    def test_a_second_press_records_nothing_more(self, sign_in: SignIn, shop: SharedWorld) -> None:
        client = sign_in("paul")
        address, _ = looked_at(client, BAD_CSV)
        client.post(f"{address}/commit")
        head = shop.ledger.head()
        client.post(f"{address}/commit")
        assert shop.ledger.head() == head

    def test_what_is_discarded_is_gone_and_nothing_of_it_recorded(
        self, sign_in: SignIn, shop: SharedWorld, own_corner: Path
    ) -> None:
        client, head = sign_in("paul"), shop.ledger.head()
        address, _ = looked_at(client, BAD_CSV)
        client.post(f"{address}/cancel")
        assert client.get(address).status_code == 404
        assert not any(own_corner.rglob("materials.csv"))
        assert shop.ledger.head() == head


class TestWhoMay:
    def test_nobody_finds_the_file_of_somebody_else(self, sign_in: SignIn) -> None:
        address, _ = looked_at(sign_in("paul"), BAD_CSV)
        maria = sign_in("maria")
        for path in (address, f"{address}/progress", f"{address}/errors.csv"):
            assert maria.get(path).status_code == 404
        for act in ("commit", "cancel", "columns"):
            assert maria.post(f"{address}/{act}").status_code == 404
        assert maria.get("/data/import/" + "0" * 32).status_code == 404

    def test_a_role_brings_only_what_it_may_record(
        self, sign_in: SignIn, shop: SharedWorld
    ) -> None:
        client, head = sign_in("quentin"), shop.ledger.head()
        address, page = looked_at(client, BAD_CSV)
        assert "Your role may not record materials" in page
        assert f"{address}/commit" not in page
        assert client.post(f"{address}/commit").status_code == 400
        assert shop.ledger.head() == head

    def test_whoever_works_for_one_site_changes_nothing_of_another(
        self, sign_in: SignIn, shop: SharedWorld
    ) -> None:
        client = sign_in(SITE_PLANNER)
        address, page = looked_at(client, PLACES)
        assert figures(page)["Would be recorded"] == 1
        assert "is not known to belong to SOUTH alone" in page
        client.post(f"{address}/commit")
        materials = shop.picture().plant.materials
        assert materials["BRK-S"].name == "Bracket of the south"
        assert materials["BRK-N"].name == ""


class TestTheDoor:
    @pytest.mark.parametrize("name", ["week.zip", "notes.docx", "materials", ".csv"])
    def test_what_holds_no_rows_is_refused_with_what_is_taken(
        self, name: str, sign_in: SignIn, own_corner: Path
    ) -> None:
        answer = bring(sign_in("paul"), "PK", name=name)
        assert answer.status_code == 422
        assert "is not a file of rows. Choose CSV" in answer.content.decode()
        assert not [path for path in own_corner.rglob("*") if path.is_file()]

    def test_a_file_needs_a_source_and_a_form_needs_a_file(self, sign_in: SignIn) -> None:
        client = sign_in("paul")
        nobody = bring(client, BAD_CSV, source=" ")
        assert nobody.status_code == 400
        assert "Say which system or person" in nobody.content.decode()
        nothing = client.post("/data/import", {"source": "erp"})
        assert nothing.status_code == 400
        assert "Choose a file first." in nothing.content.decode()

    def test_of_a_name_only_its_last_part_is_kept_and_only_plain_characters(self) -> None:
        assert parked.plain_name("../../etc/materials.csv") == "materials.csv"
        assert parked.plain_name("C:\\exports\\Bestände März.csv") == "Bestände_März.csv"
        assert parked.plain_name("a" * 300 + ".csv").endswith("aaa.csv")
        assert len(parked.plain_name("a" * 300 + ".csv")) <= parked.LONGEST_NAME
        with pytest.raises(DataError, match="is not a file of rows"):
            parked.plain_name("..")

    def test_what_is_too_large_is_refused_and_not_kept(
        self, sign_in: SignIn, own_corner: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "LARGEST_UPLOAD", 100)
        answer = bring(sign_in("paul"), BAD_CSV)
        assert answer.status_code == 400
        assert "Split it" in answer.content.decode()
        assert not [path for path in own_corner.rglob("*") if path.is_file()]

    def test_a_second_file_is_refused(self, sign_in: SignIn) -> None:
        files = [SimpleUploadedFile(f"{n}.csv", b"id\n1\n") for n in "ab"]
        answer = sign_in("paul").post("/data/import", {"file": files, "source": "erp"})
        assert answer.status_code == 400
        assert "One file at a time" in answer.content.decode()

    def test_no_other_address_takes_a_file_and_no_stranger_brings_one(
        self, sign_in: SignIn, own_corner: Path
    ) -> None:
        sign_in("paul").post("/sign-out", {"file": SimpleUploadedFile("x.csv", b"id\n")})
        bring(Client(), BAD_CSV)
        assert not [path for path in own_corner.rglob("*") if path.is_file()]

    def test_one_person_parks_no_more_than_five_files(self, sign_in: SignIn) -> None:
        client = sign_in("paul")
        for _ in range(parked.MOST_OF_ONE_PERSON):
            assert bring(client, BAD_CSV).status_code == 302
        assert "5 of your files wait" in bring(client, BAD_CSV).content.decode()

    def test_a_file_waits_for_an_hour(self, sign_in: SignIn, own_corner: Path) -> None:
        client = sign_in("paul")
        address, _ = looked_at(client, BAD_CSV)
        (folder,) = next(own_corner.glob("throughline-imports-*")).iterdir()
        begun = folder.stat().st_mtime
        parked.sweep(begun + parked.KEPT_SECONDS - 1)
        assert client.get(address).status_code == 200
        os.utime(folder, (begun, begun))
        parked.sweep(begun + parked.KEPT_SECONDS + 1)
        assert client.get(address).status_code == 404


class TestTheBound:
    """No request is put on disk beyond the bound, announced or not."""

    def ask(self, *, said: int | None, sent: list[int], largest: int = 10) -> tuple[int, int]:
        """The status of the answer, and how many bytes were read."""
        read, statuses = 0, []

        async def application(scope: Any, receive: Any, send: Any) -> None:
            while (message := await receive()).get("more_body"):
                pass
            if message["type"] == "http.disconnect":
                return
            await send({"type": "http.response.start", "status": 200, "headers": []})

        async def receive() -> Any:
            nonlocal read
            read += sent[0]
            return {"type": "http.request", "body": b"x" * sent.pop(0), "more_body": bool(sent)}

        async def send(message: Any) -> None:
            if "status" in message:
                statuses.append(message["status"])

        headers = [] if said is None else [(b"content-length", str(said).encode())]
        asyncio.run(
            bounded(application, largest=largest)(
                {"type": "http", "headers": headers}, receive, send
            )
        )
        (status,) = statuses
        return status, read

    def test_what_fits_passes(self) -> None:
        assert self.ask(said=10, sent=[4, 6]) == (200, 10)

    def test_what_says_that_it_is_too_large_is_refused_unread(self) -> None:
        assert self.ask(said=11, sent=[11]) == (413, 0)

    def test_what_says_nothing_is_cut_off_at_the_bound(self) -> None:
        assert self.ask(said=None, sent=[6, 6, 6]) == (413, 12)


class TestOtherWords:
    """Files in the words of another system."""

    def test_a_mapping_is_proposed_and_says_why(self, sign_in: SignIn, shop: SharedWorld) -> None:
        client = sign_in("paul")
        address, page = looked_at(client, FOREIGN_CSV, name="items.csv")
        assert "Proposed" in page
        assert figures(page)["Would be recorded"] == 2
        assert re.search(r"like (&quot;|\")material number", page)
        client.post(f"{address}/commit")
        spring = shop.picture().plant.materials["TRB-7"]
        assert (spring.name, spring.lead_time_days) == ("Spring 12 mm", 6)

    def test_a_proposal_puts_no_bare_key_in_place_of_what_is_known(
        self, sign_in: SignIn, shop: SharedWorld
    ) -> None:
        """Orders name a bracket that the plant describes: they may not describe it anew."""
        client = sign_in("paul")
        shop.say([replace(shop.picture().plant.materials["BRK-S"], name="Bracket")], at=MONDAY)
        orders = "Order;Item;Quantity;Due date\n901;BRK-S;4;2026-03-20\n902;NEW;4;2026-03-20\n"
        address, page = looked_at(client, orders, name="orders.csv")
        assert "is not a known material" in page
        assert "enterprise" not in page
        client.post(f"{address}/commit")
        materials = shop.picture().plant.materials
        assert materials["BRK-S"].name == "Bracket"
        assert "NEW" not in materials

    def test_what_nobody_could_tell_is_asked_step_by_step(
        self, sign_in: SignIn, shop: SharedWorld
    ) -> None:
        client = sign_in("paul")
        address, page = looked_at(client, "a;b\nBRK-S;40\n", name="x.csv")
        assert "It is not clear which table its rows belong to." in page
        assert "BRK-S" in page
        client.post(f"{address}/columns", {"table-0": "stock_counts"})
        page = client.get(address).content.decode()
        assert "required: material, quantity" in page
        chosen = {"table-0": "stock_counts", "column-0-0": "material", "column-0-1": "quantity"}
        client.post(f"{address}/columns", chosen)
        assert figures(client.get(address).content.decode())["Would be recorded"] == 1
        client.post(f"{address}/commit")
        (count,) = shop.picture().plant.stock_counts.values()
        assert (count.material, count.quantity) == ("BRK-S", 40)

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("materials.json", '[{"id": "TRB-1", "procurement": "buy"}]'),
            ("materials.jsonl", '{"id": "TRB-1", "procurement": "buy"}\n'),
            (
                "materials.xml",
                "<all><material><id>TRB-1</id><procurement>buy</procurement></material></all>",
            ),
        ],
    )
    def test_other_formats_come_in_by_the_same_door(
        self, name: str, text: str, sign_in: SignIn, shop: SharedWorld
    ) -> None:
        client = sign_in("paul")
        address, page = looked_at(client, text, name=name)
        assert figures(page)["Would be recorded"] == 1
        client.post(f"{address}/commit")
        assert "TRB-1" in shop.picture().plant.materials


class TestTheMappingText:
    """What is chosen on the page reads back as TOML, whatever columns are called."""

    @pytest.mark.parametrize(
        "name",
        ['"quoted"', "back\\slash", "Größe", "emoji 🙂", "a.b", "line\nbreak", "del\x7f", "="],
    )
    def test_any_name_of_a_column_comes_back(self, name: str) -> None:
        document = {
            "defaults": {"decimal": ",", "empty": ["-", name]},
            "table": [{"name": "materials", "file": "x.csv", "columns": {"id": name}}],
        }
        assert tomllib.loads(toml_text(document)) == document

    def test_what_the_form_does_not_show_stays(self) -> None:
        """Numbers with a comma, a value map and a constant are not lost by choosing a column."""
        mapping = (
            'decimal = ","\n[[table]]\nname = "materials"\nfile = "x.csv"\n[table.columns]\n'
            'id = "Nr"\nprocurement = { from = "Art", map = { E = "make" } }\n'
            'unit = { value = "kg" }\n'
        )
        columns = (
            PreviewColumn("Nr", "id", ""),
            PreviewColumn("Art", "procurement", ""),
            PreviewColumn("", "unit", ""),
        )
        file = PreviewFile(FileTally("x.csv", "materials"), ("Nr", "Art", "Text"), columns, ())
        found = Preview("erp", MONDAY, (file,), mapping)
        waiting = parked.Parked("0" * 32, "x.csv", "paul", "erp", MONDAY)
        form = {
            "table-0": "materials",
            "column-0-0": "id",
            "column-0-1": "procurement",
            "column-0-2": "name",
        }
        chosen = tomllib.loads(mapping_chosen(waiting, found, form))
        assert chosen["decimal"] == ","
        assert chosen["table"][0]["columns"] == {
            "id": "Nr",
            "procurement": {"from": "Art", "map": {"E": "make"}},
            "unit": {"value": "kg"},
            "name": "Text",
        }


def test_of_endless_errors_the_first_are_kept(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_ERRORS", 2)
    client = sign_in("paul")
    address, page = looked_at(client, BAD_CSV)
    assert figures(page)["Would be set aside"] == 4
    client.post(f"{address}/commit")
    rows = client.get(f"{address}/errors.csv").content.decode().splitlines()
    assert len(rows) == 1 + 2


def test_a_page_that_asks_while_a_result_is_kept_finds_none_or_all_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(parked, "_root", lambda: tmp_path)
    waiting = parked.Parked("0" * 32, "x.csv", "paul", "erp", MONDAY)
    waiting.folder.mkdir(parents=True)
    found: list[Any] = []
    write = Path.write_text

    def asked_meanwhile(path: Path, text: str, encoding: str) -> int:
        write(path, text[: len(text) // 2], encoding)
        found.append(parked.result_of(waiting))
        return write(path, text, encoding)

    monkeypatch.setattr(Path, "write_text", asked_meanwhile)
    parked.keep_result(waiting, {"rows": 1})
    assert (found, parked.result_of(waiting)) == ([None], {"rows": 1})
    assert [path.name for path in (tmp_path / waiting.key).iterdir()] == ["result.json"]
