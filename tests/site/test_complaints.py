"""Complaints: from anybody, acknowledged at once, and answered in time (trust.md D-10)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts.limits import MOST_LETTERS
from elearn.accounts.queries import get_person
from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.shared import clock
from elearn.site.models import Complaint
from elearn.site.rules import ANSWER_WITHIN, MOST_OF_NETWORK, About
from tests.conftest import NOON
from tests.page import PageClient
from tests.post import PostBox, empty_post, mails
from tests.rows import everything_in
from tests.world import World

ADDRESS = "/complaints/"
GOOD = {"about": About.DATA.value, "words": "You did not answer me.", "name": "Zoë Canary", "email": "Zoe@Example.org"}


@pytest.fixture
def box(app: Flask) -> PostBox:
    return empty_post(app)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with clock.frozen_at(NOON):
        yield


def complaints(app: Flask) -> list[Complaint]:
    with app.app_context():
        return list(db.session.scalars(select(Complaint).order_by(Complaint.id)))


def test_anybody_complains_and_is_told_at_once(client: PageClient, app: Flask, box: PostBox) -> None:
    answer = client.send(ADDRESS, GOOD)
    assert answer.status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    [complaint] = complaints(app)
    assert complaint.public_id in page
    assert "23 December 2026" in page
    assert "did not answer" not in page
    [(recipient, letter)] = mails(box)
    assert recipient == "zoe@example.org"
    assert complaint.public_id in letter
    assert "Zoë" not in letter, "a stranger may give anybody’s address: none of their words go there"
    assert "did not answer" not in letter
    assert (complaint.about, complaint.words, complaint.email) == (About.DATA, GOOD["words"], "zoe@example.org")
    with app.app_context():
        [event] = db.session.scalars(select(AuditEvent).where(AuditEvent.kind == "complaint received"))
        assert (event.actor_id, event.subject) == (None, f"complaint:{complaint.id}")


def test_whoever_is_signed_in_is_not_asked_who_they_are(
    client: PageClient, app: Flask, world: World, box: PostBox
) -> None:
    world.sign_in(client, "learner")
    page = client.get(ADDRESS).get_data(as_text=True)
    assert 'name="email"' not in page
    client.send(ADDRESS, {**GOOD, "email": "forged@example.org", "name": "Forged"})
    [complaint] = complaints(app)
    assert (complaint.person_id, complaint.email, complaint.name) == (world.people["learner"], "", "")
    assert [recipient for recipient, _ in mails(box)] == ["learner@example.org"]


def test_without_an_address_it_is_kept_and_nobody_is_written_to(client: PageClient, app: Flask, box: PostBox) -> None:
    assert client.send(ADDRESS, {**GOOD, "name": "", "email": ""}).status_code == 303
    assert len(complaints(app)) == 1
    assert mails(box) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"about": ""}, "Choose what it is about"),
        ({"about": "x"}, "Choose what it is about"),
        ({"words": " "}, "Enter what went wrong"),
        ({"words": "short"}, "Complaint must be between 10 and 4,000 characters"),
        ({"words": "x" * 4001}, "Complaint must be between 10 and 4,000 characters"),
        ({"words": "My number is 943 476 5919"}, "has the form of an NHS number"),
        ({"email": "nobody"}, "Enter an e-mail address like name@example.org"),
        ({"email": "a@b.org, c@d.org"}, "Enter an e-mail address like name@example.org"),
        ({"email": f"{'x' * 250}@example.org"}, "E-mail address must be 255 characters or fewer"),
        ({"name": "x" * 161}, "Name must be 160 characters or fewer"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(
    client: PageClient, app: Flask, change: dict[str, str], problem: str
) -> None:
    before = everything_in(app)
    answer = client.send(ADDRESS, {**GOOD, **change})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert problem in page
    assert "<title>Error: Make a complaint" in page
    assert everything_in(app) == before


def test_a_network_that_sends_many_waits_and_is_forgotten(client: PageClient, app: Flask) -> None:
    for _ in range(MOST_OF_NETWORK):
        assert client.send(ADDRESS, GOOD).status_code == 303
    answer = client.send(ADDRESS, GOOD)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) == 3600
    assert GOOD["words"] in page, "nothing that was typed is lost"
    assert len(complaints(app)) == MOST_OF_NETWORK
    with clock.frozen_at(NOON + timedelta(hours=1)):
        assert client.send(ADDRESS, GOOD).status_code == 303
    assert [bool(complaint.network) for complaint in complaints(app)] == [False] * MOST_OF_NETWORK + [True]


def test_an_address_is_not_written_to_again_and_again(client: PageClient, app: Flask, box: PostBox) -> None:
    for _ in range(MOST_OF_NETWORK):
        assert client.send(ADDRESS, GOOD).status_code == 303
    assert len(mails(box)) == MOST_LETTERS
    assert len(complaints(app)) == MOST_OF_NETWORK


def test_an_administrator_sees_how_old_each_is_and_closes_it(client: PageClient, app: Flask, world: World) -> None:
    for words in ("The first complaint.", "The second complaint."):
        client.send(ADDRESS, {**GOOD, "words": words})
    first, second = [complaint.public_id for complaint in complaints(app)]
    world.sign_in(client, "administrator")
    with clock.frozen_at(NOON + timedelta(days=1)):
        world.sign_in(client, "administrator")
        page = client.get("/admin/complaints/").get_data(as_text=True)
        assert "2 complaints wait" in page
        assert page.index(first) < page.index(second)
        assert "1 day<" in page
        assert "23 December 2026" in page
        assert "The first complaint." in client.get(f"/admin/complaints/{first}/").get_data(as_text=True)
        assert client.send(f"/admin/complaints/{first}/", {"outcome": ""}).status_code == 422
        assert client.send(f"/admin/complaints/{first}/", {"outcome": "We answered by mail."}).status_code == 303
        page = client.get("/admin/complaints/").get_data(as_text=True)
        assert "1 complaint waits" in page
        assert page.index(second) < page.index(first), "those that wait come first"
        client.send(f"/admin/complaints/{first}/", {"outcome": "Another outcome."})
        late = client.send(f"/admin/complaints/{first}/", {"outcome": ""}, follow_redirects=True)
        assert "Somebody else has closed this complaint" in late.get_data(as_text=True)
        page = client.get(f"/admin/complaints/{first}/").get_data(as_text=True)
        assert "We answered by mail." in page
        assert "Another outcome." not in page
        assert "Closed on 24 November 2026" in client.get(f"/complaints/{first}/").get_data(as_text=True)
    for after, words in ((ANSWER_WITHIN, "Waiting"), (ANSWER_WITHIN + timedelta(seconds=1), "Overdue")):
        with clock.frozen_at(NOON + after):
            world.sign_in(client, "administrator")
            assert words in client.get("/admin/complaints/").get_data(as_text=True)


def test_the_page_of_somebody_who_is_erased_names_nobody(client: PageClient, app: Flask, world: World) -> None:
    world.sign_in(client, "learner")
    client.send(ADDRESS, GOOD)
    client.send("/account/erase/", {"sure": "y"})
    [complaint] = complaints(app)
    assert (complaint.words, complaint.person_id) == ("", None)
    world.sign_in(client, "administrator")
    page = client.get(f"/admin/complaints/{complaint.public_id}/").get_data(as_text=True)
    assert "Its words are erased." in page
    with app.app_context():
        assert not get_person(world.people["learner"]).active
