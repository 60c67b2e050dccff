"""The administrator's pages about certificates: search, export, revoke, restore."""

import io
import zipfile
from datetime import datetime, timedelta
from urllib.parse import urlencode

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select

from elearn.audit.models import AuditEvent
from elearn.certificates import export
from elearn.certificates.models import CertificateEvent, CertificateNote
from elearn.certificates.numbers import grouped
from elearn.certificates.rules import Happening
from elearn.extensions import db
from elearn.jobs.worker import run_now
from elearn.shared.transactions import writing
from tests.certificates.builders import DAY, issue, issue_many
from tests.conftest import StatementCount
from tests.page import PageClient, find_all, text_of
from tests.world import World

ADDRESS = "/admin/certificates/"


@pytest.fixture
def admin(app: Flask, world: World, client: PageClient, noon: datetime) -> PageClient:
    world.sign_in(client, "administrator")
    return client


@pytest.fixture(autouse=True)
def empty_folder(app: Flask) -> None:
    for path in export.folder_of(app.instance_path).iterdir():
        path.unlink()


def search_for(client: PageClient, **asked: str) -> tuple[int, list[str], str]:
    response = client.get(f"{ADDRESS}?{urlencode(asked)}")
    root = html5lib.parse(response.get_data(as_text=True))
    numbers = [text_of(link) for link in find_all(root, "a") if "app-number" in (link.get("class") or "")]
    return response.status_code, numbers, text_of(find_all(root, "main")[0])


def test_a_search_shows_what_it_finds_and_how_many(admin: PageClient, app: Flask) -> None:
    khan, namesake = issue(app, "Amina", "Khan"), issue(app, "Amina", "Khan", happened=[Happening.REVOKED])
    issue(app, "Bram", "Okafor", module="decoy")
    status, numbers, words = search_for(admin, name="khan")
    assert (status, numbers) == (200, [grouped(namesake.number), grouped(khan.number)])
    assert "2 certificates" in words
    assert "1 to 2 of 2, newest first" in words
    assert "Okafor" not in words
    assert search_for(admin, name="khan", state="revoked")[1] == [grouped(namesake.number)]
    assert "1 certificate " in search_for(admin, module="decoy")[2]
    assert "No certificate is like that" in search_for(admin, name="nobody")[2]
    assert search_for(admin, issued_from="24/11/2026")[1] == []
    assert len(search_for(admin, issued_from="23 November 2026", issued_to="2026-11-23")[1]) == 3


def test_pages_are_linked_with_the_search_they_belong_to(admin: PageClient, app: Flask) -> None:
    issued = issue_many(app, 51)
    issue(app, "Decoy", "Nobody")
    first, second = (search_for(admin, name="family", page=page) for page in "12")
    assert len(first[1]) == 50
    assert second[1] == [grouped(issued[0].number)]
    assert "51 to 51 of 51" in second[2]
    links = [
        a.get("href") for a in find_all(html5lib.parse(admin.get(f"{ADDRESS}?name=family").get_data(as_text=True)), "a")
    ]
    assert f"{ADDRESS}?page=2&name=family" in links


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"issued_from": "31/02/2026"}, "Enter a day like 22/11/2026"),
        ({"issued_to": "yesterday"}, "Enter a day like 22/11/2026"),
        ({"issued_from": "\0"}, "Enter a day like 22/11/2026"),
        (
            {"issued_from": "24/11/2026", "issued_to": "23/11/2026"},
            "Issued to must be the same day as issued from, or later",
        ),
        ({"name": "x" * 161}, "Name must be 160 characters or fewer"),
        ({"number": "9" * 201}, "Certificate number must be 200 characters or fewer"),
        ({"state": "excellent"}, "Choose a state from the list"),
        ({"module": "no-such-module"}, "Choose a module from the list"),
    ],
)
def test_what_cannot_be_asked_is_said_beside_the_field(admin: PageClient, asked: dict[str, str], words: str) -> None:
    status, numbers, page = search_for(admin, **asked)
    assert (status, numbers) == (422, [])
    assert words in page


ODD = [
    "page=0",
    "page=-7",
    "page=abc",
    "page=99999999999999999999",
    "page=2.5",
    "page=1&page=2",
    "name=%00%01",
    "name=%25",
    "name=%FF%FE",
    "name[]=x",
    "name=%ED%A0%80",
    "name=%F0%9F%98%80%F0%9F%98%80",
    "number=%00",
    "number='",
    "number=%25_",
    "number=%E2%80%AE",
    "issued_from=01/01/0001",
    "issued_to=31/12/9999",
    "unknown=1",
    "state=",
]


@pytest.mark.parametrize("asked", ODD)
def test_odd_questions_are_answered(admin: PageClient, app: Flask, asked: str) -> None:
    issue(app)
    assert admin.get(f"{ADDRESS}?{asked}").status_code == 200


def test_the_search_costs_the_same_for_few_and_for_many(
    admin: PageClient, app: Flask, statements: StatementCount
) -> None:
    counts = []
    for more in (1, 60):
        issue_many(app, more)
        statements.statements.clear()
        assert admin.get(f"{ADDRESS}?name=family&state=valid").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 4


# -- export ----------------------------------------------------------------------------------------------------------


def unzip(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def exported_counts(app: Flask) -> list[object]:
    with app.app_context():
        statement = select(AuditEvent.detail).where(AuditEvent.kind == "certificates exported").order_by(AuditEvent.id)
        return list(db.session.scalars(statement))


def test_an_export_has_the_selection_of_the_page_and_is_noted_without_names(admin: PageClient, app: Flask) -> None:
    khan, namesake = (issue(app, "Amina", "Khan", kept=f"%PDF {n}".encode()) for n in range(2))
    issue(app, "Bram", "Okafor", kept=b"%PDF decoy")
    root = html5lib.parse(admin.get(f"{ADDRESS}?name=khan").get_data(as_text=True))
    form = next(f for f in find_all(root, "form") if f.get("action") == "/admin/certificates/export/")
    hidden = {i.get("name", ""): i.get("value") for i in find_all(form, "input") if i.get("name") != "csrf_token"}
    assert hidden == {"name": "khan"}
    response = admin.send("/admin/certificates/export/", hidden)
    assert (response.status_code, response.mimetype, response.is_streamed) == (200, "application/zip", True)
    assert response.headers["Content-Disposition"] == "attachment; filename=certificates-2026-11-23.zip"
    numbers = [grouped(one.number) for one in (namesake, khan)]
    assert unzip(response.get_data()) == [f"khan-amina-{number}.pdf" for number in numbers] + ["manifest.csv"]
    assert exported_counts(app) == [{"count": 2, "by_job": False}]


def test_an_export_needs_the_token_and_a_selection_that_can_be(admin: PageClient, app: Flask) -> None:
    issue(app)
    assert admin.post("/admin/certificates/export/", headers={"Referer": "https://localhost/"}).status_code == 400
    assert admin.send("/admin/certificates/export/", {"state": "excellent"}).status_code == 422
    assert exported_counts(app) == []


def test_nothing_to_export_leads_back_to_the_search_that_says_so(admin: PageClient, app: Flask) -> None:
    response = admin.send("/admin/certificates/export/", {"name": "nobody"})
    assert (response.status_code, response.location) == (303, f"{ADDRESS}?name=nobody")
    assert exported_counts(app) == []


def test_two_hundred_go_at_once_and_two_hundred_and_one_by_a_job(admin: PageClient, app: Flask) -> None:
    issue_many(app, 200)
    assert len(unzip(admin.send("/admin/certificates/export/", {}).get_data())) == 201
    issue(app, "One", "More", kept=b"%PDF one more")
    response = admin.send("/admin/certificates/export/", {})
    assert response.status_code == 303
    assert exported_counts(app) == [{"count": 200, "by_job": False}, {"count": 201, "by_job": True}]
    page = admin.get(response.location).get_data(as_text=True)
    assert "0 of 201 certificates done" in page
    assert "Reload to see progress" in page
    file = response.location + "file/"
    assert admin.get(file).status_code == 404, "nothing is offered before it is whole"
    run_now(app)
    assert file in admin.get(response.location).get_data(as_text=True)
    download = admin.get(file, buffered=True)
    assert download.headers["Content-Disposition"] == "attachment; filename=certificates-2026-11-23.zip"
    assert download.headers["Cache-Control"] == "no-store"
    assert len(unzip(download.get_data())) == 201 + 1


def test_an_export_is_its_owners_alone(admin: PageClient, app: Flask, world: World) -> None:
    issue_many(app, 201)
    address = admin.send("/admin/certificates/export/", {}).location
    run_now(app)
    assert admin.get(address + "file/", buffered=True).status_code == 200
    other = app.test_client()
    with app.app_context(), writing():
        world.people["second"] = world.add_person("second", "Hana", "Sato", administrator=True).id
    assert isinstance(other, PageClient)
    world.sign_in(other, "second")
    for end in ("", "file/"):
        assert other.get(address + end).status_code == 404
    assert other.get("/admin/exports/nonsense/").status_code == 404
    assert other.get("/admin/exports/..%2f..%2fetc/file/").status_code == 404


def test_a_file_that_is_swept_says_so(admin: PageClient, app: Flask) -> None:
    issue_many(app, 201)
    address = admin.send("/admin/certificates/export/", {}).location
    run_now(app)
    for path in export.folder_of(app.instance_path).iterdir():
        path.unlink()
    assert "no longer kept" in admin.get(address).get_data(as_text=True)
    assert admin.get(address + "file/").status_code == 404


# -- revoking and restoring ------------------------------------------------------------------------------------------


def happened(app: Flask, certificate_id: int) -> list[tuple[str, str, str]]:
    with app.app_context():
        rows = db.session.execute(
            select(CertificateEvent.happening, CertificateEvent.reason, CertificateNote.note)
            .outerjoin(CertificateNote, CertificateNote.event_id == CertificateEvent.id)
            .where(CertificateEvent.certificate_id == certificate_id)
            .order_by(CertificateEvent.id)
        )
        return [(row.happening.value, row.reason, row.note or "") for row in rows]


def test_a_revocation_shows_to_anyone_who_checks_and_can_be_taken_back(
    admin: PageClient, app: Flask, world: World
) -> None:
    one, decoy = issue(app), issue(app)
    address = f"/admin/certificates/{grouped(one.number)}/"
    stranger = app.test_client()
    assert admin.get(address + "revoke/").status_code == 200
    response = admin.send(address + "revoke/", {"reason": "wrong details", "note": "Canary-note"})
    assert response.status_code == 303
    assert f"Certificate {grouped(one.number)} is revoked" in admin.get(response.location).get_data(as_text=True)
    page = stranger.get(f"/verify/{grouped(one.number)}/").get_data(as_text=True)
    assert "app-state--revoked" in page
    assert "Details printed on it were wrong." in page
    assert "Canary-note" not in page
    assert "app-state--valid" in stranger.get(f"/verify/{grouped(decoy.number)}/").get_data(as_text=True)
    assert happened(app, one.id)[1:] == [("revoked", "wrong details", "Canary-note")]

    assert admin.get(address + "restore/").status_code == 200
    assert admin.send(address + "restore/", {"note": "It was right"}).status_code == 303
    assert "app-state--valid" in stranger.get(f"/verify/{grouped(one.number)}/").get_data(as_text=True)
    assert happened(app, one.id)[2:] == [("restored", "", "It was right")]
    with app.app_context():
        kinds = db.session.scalars(
            select(AuditEvent.kind).where(AuditEvent.kind.startswith("certificate ")).order_by(AuditEvent.id)
        ).all()
    assert kinds == ["certificate revoked", "certificate restored"]


@pytest.mark.parametrize("data", [{}, {"reason": "because"}, {"reason": "wrong details", "note": "x" * 2001}])
def test_a_revocation_needs_a_reason_of_the_list(admin: PageClient, app: Flask, data: dict[str, str]) -> None:
    one = issue(app)
    response = admin.send(f"/admin/certificates/{grouped(one.number)}/revoke/", data)
    assert response.status_code == 422
    assert happened(app, one.id) == [("issued", "", "")]


def test_restoring_needs_a_reason(admin: PageClient, app: Flask) -> None:
    one = issue(app, happened=[Happening.REVOKED])
    assert admin.send(f"/admin/certificates/{grouped(one.number)}/restore/", {}).status_code == 422
    assert len(happened(app, one.id)) == 2


def test_twice_is_once(admin: PageClient, app: Flask) -> None:
    one = issue(app)
    address = f"/admin/certificates/{grouped(one.number)}/"
    admin.send(address + "revoke/", {"reason": "issued in error"})
    response = admin.send(address + "revoke/", {"reason": "wrong details"})
    assert "This certificate is revoked already" in admin.get(response.location).get_data(as_text=True)
    admin.send(address + "restore/", {"note": "once"})
    response = admin.send(address + "restore/", {"note": "twice"})
    assert "This certificate is not revoked" in admin.get(response.location).get_data(as_text=True)
    assert [event[0] for event in happened(app, one.id)] == ["issued", "revoked", "restored"]


@pytest.mark.parametrize("number", ["nonsense", "0000-0000-0000-0000-1", "%25", "..", "%00"])
def test_a_number_that_is_none_is_not_found(admin: PageClient, app: Flask, number: str) -> None:
    issue(app)
    assert admin.get(f"/admin/certificates/{number}/revoke/").status_code == 404
    assert admin.send(f"/admin/certificates/{number}/revoke/", {"reason": "wrong details"}).status_code == 404


PAGES = ["/admin/", ADDRESS, "/admin/reviews/", "/admin/people/", "/admin/audit/"]


@pytest.mark.parametrize("persona", ["learner", "educator", "unconfirmed"])
def test_the_pages_are_not_there_for_anybody_else(
    client: PageClient, app: Flask, world: World, persona: str, noon: datetime
) -> None:
    one = issue(app)
    world.sign_in(client, persona)
    for address in [*PAGES, f"{ADDRESS}{one.number}/revoke/", f"{ADDRESS}{one.number}/restore/"]:
        assert client.get(address).status_code == 404
    for address, data in (
        (f"{ADDRESS}export/", {}),
        (f"{ADDRESS}{one.number}/revoke/", {"reason": "wrong details"}),
    ):
        assert client.send(address, data).status_code == 404
    assert happened(app, one.id) == [("issued", "", "")]
    assert exported_counts(app) == []


def test_the_pages_are_whole_for_an_administrator(admin: PageClient, app: Flask) -> None:
    issue(app, on=DAY - timedelta(days=1), erased=True)
    for address in PAGES:
        assert admin.get(address).status_code == 200
