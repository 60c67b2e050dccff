"""The administrator's page of the audit trail: its filters, its export, and how far it is sealed."""

import csv
import io
import shutil
from datetime import UTC, datetime
from itertools import cycle, islice
from urllib.parse import urlencode

import html5lib
import pytest
from flask import Flask

from elearn.accounts.queries import get_person
from elearn.audit import actions, queries, tasks
from elearn.audit.kinds import EXPORTS
from elearn.audit.models import AuditEvent
from elearn.audit.rules import EXPORTS_WINDOW, MOST_EXPORTS
from elearn.extensions import db
from elearn.reports import audit_form
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.audit.test_sealing import behind_our_back
from tests.page import PageClient, find_all, new_browser, text_of
from tests.world import MODULE, World

ADDRESS = "/admin/audit/"
EXPORT = "/admin/audit/export/"


@pytest.fixture
def admin(app: Flask, world: World, client: PageClient, noon: datetime) -> PageClient:
    """An administrator before a trail of known events."""
    with app.app_context():
        shutil.rmtree(tasks.folder(), ignore_errors=True)
    learner, other = world.people["learner"], world.people["other_learner"]
    told = [
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), "certificate issued", "certificate:1", learner, {"edition": 1}),
        (datetime(2026, 6, 30, 23, 1, tzinfo=UTC), "certificate issued", "certificate:12", other, {"edition": 1}),
        (datetime(2026, 7, 2, 12, 0, tzinfo=UTC), "person suspended", f"person:{learner}", None, {}),
        (datetime(2026, 7, 3, 12, 0, tzinfo=UTC), "cohort exported", "cohort:-abc", other, {"rows": 7}),
        (datetime(2026, 7, 4, 12, 0, tzinfo=UTC), "learners listed", "module:m", None, {"rows": 2}),
    ]
    with app.app_context(), writing():
        for at, kind, subject, actor, detail in told:
            with clock.frozen_at(at):
                actions.record(kind, subject, actor, **detail)
    world.sign_in(client, "administrator")
    return client


def main_of(client: PageClient, **asked: str) -> str:
    response = client.get(f"{ADDRESS}?{urlencode(asked)}")
    return text_of(find_all(html5lib.parse(response.get_data(as_text=True)), "main")[0])


def subjects(client: PageClient, **asked: str) -> list[str]:
    """The objects of the events that are shown, newest first."""
    response = client.get(f"{ADDRESS}?{urlencode(asked)}")
    assert response.status_code == 200
    body = find_all(html5lib.parse(response.get_data(as_text=True)), "tbody")
    return [text_of(link) for found in body for link in find_all(found, "a")]


def test_the_trail_is_narrowed_by_what_who_when_and_of_what(admin: PageClient, world: World) -> None:
    learner = f"person:{world.people['learner']}"
    assert subjects(admin, kind="certificate issued") == ["certificate:12", "certificate:1"]
    assert subjects(admin, object="certificate:1") == ["certificate:1"]
    assert subjects(admin, object="certificate:") == []
    about = subjects(admin, person="amina khan", since="01/06/2026", until="31/07/2026")
    assert about == [learner, "certificate:1"], "what she did, and what was done about her"
    with world.app.app_context():
        public_id = get_person(world.people["learner"]).public_id
    assert subjects(admin, person=public_id, until="31/07/2026") == about
    assert subjects(admin, person="nobody at all") == []
    # Days are those of the wall calendar in London, where it is summer: 23:01 UTC is the next day.
    assert subjects(admin, until="30/06/2026", kind="certificate issued") == ["certificate:1"]
    assert subjects(admin, since="01/07/2026", kind="certificate issued") == ["certificate:12"]
    assert subjects(admin, since="02/07/2026", until="02/07/2026") == [learner]


def test_whoever_an_event_is_about_is_named_and_times_have_a_zone(admin: PageClient, world: World) -> None:
    learner = world.people["learner"]
    words = main_of(admin, kind="person suspended")
    assert f"Of what person:{learner} Amina Canary-Khan" in words
    assert "Times are London time." in words
    assert "2 July 2026 at 13:00" in words


def test_who_exported_what_is_a_list(admin: PageClient) -> None:
    response = admin.get(ADDRESS)
    link = next(
        found
        for found in find_all(html5lib.parse(response.get_data(as_text=True)), "a")
        if text_of(found) == "Who exported what"
    )
    words = text_of(find_all(html5lib.parse(admin.get(link.get("href") or "").get_data(as_text=True)), "main")[0])
    assert "2 events" in words
    assert words.index("Learners listed", words.index("2 events")) < words.rindex("Cohort exported")
    assert "Bram Canary-Okafor" in words
    assert "rows: 7" in words


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"since": "yesterday"}, "Enter a day like 22/11/2026"),
        ({"since": "02/07/2026", "until": "01/07/2026"}, "To must be the same day as From, or later"),
        ({"kind": "gossip"}, "Choose what happened from the list"),
        ({"person": "x" * 161}, "Person must be 160 characters or fewer"),
        ({"object": "x" * 121}, "Object must be 120 characters or fewer"),
    ],
)
@pytest.mark.parametrize("way", ["look", "export"])
def test_what_cannot_be_asked_is_said_and_kept(
    admin: PageClient, app: Flask, asked: dict[str, str], words: str, way: str
) -> None:
    answer = admin.get(f"{ADDRESS}?{urlencode(asked)}") if way == "look" else admin.send(EXPORT, asked)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "<title>Error: " in page
    assert words in page
    with app.app_context():
        assert not db.session.scalars(db.select(AuditEvent).filter_by(kind="audit exported")).all()


@pytest.mark.parametrize("asked", ["since=0001-01-01", "until=9999-12-31", "person=%00&object=%00", "page=99&kind="])
def test_strange_questions_have_an_answer(admin: PageClient, asked: str) -> None:
    assert admin.get(f"{ADDRESS}?{asked}").status_code == 200


def test_too_many_people_ask_for_more_words(admin: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_form, "MOST_PEOPLE", 3)
    answer = admin.get(f"{ADDRESS}?person=canary")
    assert answer.status_code == 422
    assert "More than 3 people are like that" in answer.get_data(as_text=True)


# -- export --------------------------------------------------------------------------------------------------------------


def rows_of(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline=""), strict=True))


def test_the_selection_is_exported_with_its_seals_and_the_export_is_an_event(
    admin: PageClient, app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "BATCH", 2)
    with app.app_context():
        tasks.seal_waiting()
    asked = {"since": "01/06/2026", "until": "03/07/2026"}
    answer = admin.send(EXPORT, asked)
    rows = rows_of(answer.get_data())
    assert answer.headers["Content-Disposition"] == "attachment; filename=audit-2026-11-23.csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert [row["Of what"] for row in rows] == subjects(admin, **asked)
    assert [row["Who"] for row in rows] == [
        *("Bram Canary-Okafor", "The system", "Bram Canary-Okafor", "Amina Canary-Khan"),
    ]
    assert rows[-1]["When (UTC)"] == "2026-06-30T22:59:00+00:00"
    assert rows[-1]["Details"] == '{"edition":1}'
    assert all(len(row["Hash"]) == 64 and row["Seal"] for row in rows)
    with app.app_context():
        event = db.session.scalars(db.select(AuditEvent).filter_by(kind="audit exported")).one()
        assert (event.actor_id, event.detail) == (
            world.people["administrator"],
            {"rows": 4, "filters": ["since", "until"]},
        )
    assert "audit" in subjects(admin, kind="exports")


def test_no_cell_is_a_formula(admin: PageClient, app: Flask) -> None:
    with app.app_context(), writing():
        actions.record("step done", "-2")
        db.session.add(AuditEvent(at=clock.now(), kind="=cmd()", subject="@sum", detail={}, request_id="\t=1"))
    file = admin.send(EXPORT).get_data()
    cells = [cell for row in rows_of(file) for cell in row.values()]
    assert {"'-2", "'=cmd()", "'@sum", "'\t=1"} <= set(cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_an_export_needs_the_token(admin: PageClient, app: Flask) -> None:
    assert admin.post(EXPORT, headers={"Referer": "https://localhost/"}).status_code == 400


# -- how far it is sealed --------------------------------------------------------------------------------------------------


def test_the_page_says_how_far_the_trail_is_sealed(admin: PageClient, app: Flask) -> None:
    assert "No event is sealed yet" in main_of(admin)
    assert "There is no signed checkpoint yet." in main_of(admin)
    with app.app_context():
        sealed = tasks.seal_waiting()
        tasks.make_checkpoint()
    words = main_of(admin)
    assert f"All {sealed} events are sealed." in words
    assert "The last signed checkpoint was made on 23 November 2026 at 12:00" in words
    with app.app_context(), writing():
        actions.record("step done", "enrolment:1")
    assert f"{sealed} events are sealed; 1 will be, within ten minutes or so." in main_of(admin)


def test_the_page_says_that_the_trail_was_cut(admin: PageClient, app: Flask) -> None:
    with app.app_context():
        tasks.seal_waiting()
        tasks.make_checkpoint()
    assert "does not agree" not in main_of(admin)
    behind_our_back(app, "DELETE FROM audit_seals WHERE sequence > 1")
    assert "The trail does not agree with its last checkpoint." in main_of(admin)


def test_who_takes_very_many_files_away_waits(app: Flask, client: PageClient, world: World, noon: datetime) -> None:
    """Whatever kind of file it was: every one is recorded, and nothing that cannot be recorded is handed out (ASVS 2.4.1)."""
    for persona in ("administrator", "educator"):
        with app.app_context(), writing():
            for kind in islice(cycle(sorted(EXPORTS)), MOST_EXPORTS):
                actions.record(kind, "audit", world.people[persona])
    administrator = new_browser(app)
    world.sign_in(administrator, "administrator")
    world.sign_in(client, "educator")
    wanted = [
        (administrator, "/admin/audit/export/"),
        (administrator, f"/admin/content/{MODULE}/lesson/how-trials-build-evidence/csv/"),
        (client, f"/reports/cohorts/{world.cohorts['one']}/csv/"),
    ]
    for browser, address in wanted:
        answer = browser.send(address)
        assert (answer.status_code, answer.mimetype, answer.headers["Retry-After"]) == (429, "text/html", "3600"), (
            address
        )
    with app.app_context():
        assert db.session.query(AuditEvent).filter(AuditEvent.kind.in_(EXPORTS)).count() == 2 * MOST_EXPORTS
    with clock.frozen_at(noon + EXPORTS_WINDOW):
        world.sign_in(administrator, "administrator")
        world.sign_in(client, "educator")
        assert [browser.send(address).mimetype for browser, address in wanted] == ["text/csv"] * 3
