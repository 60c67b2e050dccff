"""A list from a spreadsheet: a dry run first, then everybody who is new in one transaction, or nobody."""

import io
import re
from html import unescape
from typing import Any

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from elearn.accounts.models import Invitation
from elearn.accounts.queries import get_person
from elearn.accounts.rules import Viewer
from elearn.audit.models import AuditEvent
from elearn.cohorts.models import Cohort
from elearn.extensions import db
from elearn.reports.people_csv import LARGEST_FILE, read_people
from elearn.reports.people_import import NotAsSeen, apply_import, plan_import
from elearn.shared.missing import NotFound
from elearn.shared.transactions import writing
from tests.page import PageClient, text_of
from tests.post import PostBox, empty_post, mails
from tests.racing import at_once
from tests.rows import everything_in
from tests.world import World

HEAD = "e-mail;given names;family name;profession;registration number;cohort"
LIST = f"""{HEAD}\r
zoe@example.org;Zoë;Núñez;nurse;NMC 1;COHORT ONE\r
yan@example.org;;Yan;Doctor;;\r
Learner@example.org;Amina;Canary-Khan;doctor;;"""
WRONG = LIST + "\r\nnobody;X;Y;nurse;;\r\nxi@example.org;X;Y;nurse;;No such cohort\r\n"
AT = "/admin/people/import/"


@pytest.fixture
def admin(app: Flask, world: World, client: PageClient) -> PageClient:
    world.sign_in(client, "administrator")
    return client


@pytest.fixture
def post(app: Flask) -> PostBox:
    return empty_post(app)


def send(admin: PageClient, text: str | bytes, name: str = "people.csv") -> TestResponse:
    data = text if isinstance(text, bytes) else text.encode()
    return admin.send(AT, {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def words(answer: TestResponse) -> str:
    return text_of(html5lib.parse(answer.text))


def form_of(answer: TestResponse, **change: str) -> dict[str, Any]:
    """What the browser would send on from the dry run; it writes each end of a line as CRLF."""
    fields = {
        name: unescape(value)
        for name, value in re.findall(r'name="(text|seen)" value="([^"]*)"', answer.text, re.DOTALL)
    }
    fields["text"] = re.sub(r"\r\n|\r|\n", "\r\n", fields["text"])
    return fields | change


def invited(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Invitation.email).order_by(Invitation.email)))


def imports(app: Flask) -> list[dict[str, Any]]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent.detail).where(AuditEvent.kind == "people imported")))


def test_the_dry_run_says_what_would_happen_and_writes_nothing(admin: PageClient, app: Flask, post: PostBox) -> None:
    before = everything_in(app)
    answer = send(admin, WRONG)
    assert answer.status_code == 200
    said = words(answer)
    for part in (
        "2 people are new and will be invited",
        "1 has an account already",
        "2 rows are wrong",
        "Row 5, column A (e-mail): write an e-mail address",
        "Row 6 (cohort): there is no such cohort",
        "Zoë Núñez",
        "Cohort one",
    ):
        assert part in said
    assert everything_in(app) == before
    assert mails(post) == []


def test_everybody_who_is_new_is_invited_once(admin: PageClient, app: Flask, world: World, post: PostBox) -> None:
    form = form_of(send(admin, LIST))
    answer = admin.send(AT + "now/", form)
    assert answer.status_code == 303
    assert "2 people are invited" in admin.get(answer.location).text
    assert invited(app) == ["yan@example.org", "zoe@example.org"]
    assert sorted(recipient for recipient, _ in mails(post)) == ["yan@example.org", "zoe@example.org"]
    with app.app_context():
        zoe = db.session.scalars(select(Invitation).filter_by(email="zoe@example.org")).one()
        assert (zoe.given_names, zoe.registration_number, zoe.cohort) == ("Zoë", "NMC 1", world.cohorts["one"])
    assert imports(app) == [{"new": 2, "invited": 0, "there": 1, "wrong": 0}]

    again = admin.send(AT + "now/", form)
    assert again.status_code == 409
    assert "something has changed" in words(again)
    second = send(admin, LIST)
    assert "2 are invited already" in words(second)
    assert "nobody to invite" in words(second)
    assert len(mails(post)) == 2
    assert len(imports(app)) == 1


@pytest.mark.parametrize(
    ("choice", "status", "count"), [("", 422, 0), ("stop", 303, 0), ("skip", 303, 2), ("other", 303, 0)]
)
def test_wrong_rows_are_left_out_only_when_somebody_says_so(
    admin: PageClient, app: Flask, post: PostBox, choice: str, status: int, count: int
) -> None:
    answer = admin.send(AT + "now/", form_of(send(admin, WRONG), wrong=choice))
    assert answer.status_code == status
    assert len(invited(app)) == len(mails(post)) == count


def test_the_professions_are_named_once_however_many_rows_are_wrong(admin: PageClient) -> None:
    rows = "".join(f"p{number}@example.org,P,Person,king,,\n" for number in range(3))
    said = words(send(admin, f"e-mail,given names,family name,profession,registration number,cohort\n{rows}"))
    assert said.count("write one of the professions that the page names") == 3
    assert said.count("A profession is one of: doctor, nurse, pharmacist") == 1


def test_what_has_changed_since_the_dry_run_is_shown_first(
    admin: PageClient, app: Flask, world: World, post: PostBox
) -> None:
    form = form_of(send(admin, LIST))
    with app.app_context(), writing():
        get_person(world.people["other_learner"]).email = "zoe@example.org"
    answer = admin.send(AT + "now/", form)
    assert answer.status_code == 409
    assert "1 person is new" in words(answer)
    assert invited(app) == []
    assert admin.send(AT + "now/", form_of(answer)).status_code == 303
    assert invited(app) == ["yan@example.org"]


@pytest.mark.parametrize("change", ["text", "seen"])
def test_a_list_that_was_not_looked_at_is_not_applied(admin: PageClient, app: Flask, change: str) -> None:
    form = form_of(send(admin, LIST))
    form[change] = LIST.replace("zoe@", "eve@") if change == "text" else "0" * 64
    assert admin.send(AT + "now/", form).status_code == 409
    assert invited(app) == []


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"a,b\n\0", b'"', b"\xff\xfe\x00", "e-mail\n".encode("utf-16")])
def test_a_bad_file_is_explained_on_the_page(admin: PageClient, app: Flask, data: bytes) -> None:
    answer = send(admin, data)
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text


@pytest.mark.parametrize("name", ["people.png", "people.csv.exe", "people", "people.xlsx", "../csv", ".csv.svg"])
def test_a_file_of_another_kind_is_refused_by_its_name(admin: PageClient, name: str) -> None:
    """What it holds is judged besides: tests/reports/test_people_csv.py (ASVS 5.2.2)."""
    answer = send(admin, LIST, name)
    assert answer.status_code == 422
    assert "The name of the file must end in .csv or .txt" in words(answer)


@pytest.mark.parametrize("name", ["PEOPLE.CSV", "people.txt", "../../etc/people.csv", "<b>.csv"])
def test_a_list_is_taken_whatever_it_is_called_before_that(admin: PageClient, name: str) -> None:
    answer = send(admin, LIST, name)
    assert answer.status_code == 200
    assert "etc" not in words(answer), "the name is not used for anything"


def test_no_file_and_too_large_a_file_are_explained(admin: PageClient) -> None:
    assert "Choose a file" in admin.send(AT, {}).text
    assert "150 KB and 1,000 rows at most" in words(send(admin, b"x" * (LARGEST_FILE + 1)))
    answer = send(admin, b"x" * 300_000)
    assert answer.status_code == 413
    assert "too large" in answer.text
    for data in ({}, {"text": "x", "seen": "y"}):
        assert admin.send(AT + "now/", data).status_code == 303


def test_hostile_cells_stay_text(admin: PageClient) -> None:
    hostile = HEAD + '\nz@example.org;"<script>alert(1)</script>";"\x01=HYPERLINK(""x"")";nurse;;"{{ 7 * 7 }}"\n'
    answer = send(admin, hostile)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "49" not in words(answer)


def test_two_cohorts_of_one_name_are_told_apart_by_their_codes(admin: PageClient, app: Flask, world: World) -> None:
    with app.app_context(), writing():
        for cohort in db.session.scalars(select(Cohort)):
            cohort.name = "Spring"
    listed = f"{HEAD}\na@example.org;A;A;nurse;;spring\nb@example.org;B;B;nurse;;join-0two\n"
    with app.app_context():
        codes = sorted(db.session.scalars(select(Cohort.join_code)))
    said = words(send(admin, listed.replace("join-0two", codes[1])))
    assert "Row 2 (cohort): more than one cohort has this name: write its join code" in said
    assert "1 person is new" in said


def test_two_who_apply_one_list_at_once_invite_nobody_twice(app: Flask, world: World) -> None:
    viewer: Viewer = world.viewer("administrator")
    sheet = read_people(LIST.encode())
    with app.app_context():
        seen = plan_import(viewer, sheet).fingerprint

    def work() -> int:
        with app.app_context():
            try:
                with writing():
                    return len(apply_import(viewer, sheet, seen, skip=False))
            except NotAsSeen:
                return 0

    assert sum(at_once([work] * 6)) == 2
    assert invited(app) == ["yan@example.org", "zoe@example.org"]


@pytest.mark.parametrize("persona", ["learner", "educator"])
def test_nobody_else_imports(app: Flask, world: World, persona: str) -> None:
    viewer, sheet = world.viewer(persona), read_people(LIST.encode())
    with app.app_context(), pytest.raises(NotFound):
        plan_import(viewer, sheet)
