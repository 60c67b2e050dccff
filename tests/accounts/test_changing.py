"""Changing the password and the e-mail address, and giving the password again (B-8, B-10)."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts.queries import find_person_by_email, get_person
from elearn.audit.models import AuditEvent
from elearn.cohorts.models import RosterEntry
from elearn.cohorts.queries import get_teaching, list_roster
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.accounts.conftest import Letter
from tests.accounts.entrance import SIGN_IN, SIGN_OUT, check_errors, is_signed_in
from tests.cohorts.builders import expect
from tests.page import PageClient, new_browser, words_in
from tests.rows import everything_in
from tests.world import PASSWORD, World

PASSWORD_PAGE, EMAIL_PAGE = "/account/password/", "/account/email/"
LEARNER, NEW_ADDRESS = "learner@example.org", "new.trust@example.org"
NEW = "gravel orbit lampshade"
WRONG = "This is not your password. Check it and try again"


# -- the password ----------------------------------------------------------------------------------------------------


def test_the_password_is_changed_and_other_sign_ins_end(
    app: Flask, client: PageClient, world: World, post: list[Letter]
) -> None:
    elsewhere, other = new_browser(app), new_browser(app)
    for browser, persona in ((client, "learner"), (elsewhere, "learner"), (other, "other_learner")):
        world.sign_in(browser, persona)
    assert client.send(PASSWORD_PAGE, {"present": PASSWORD, "password": NEW}).location == "/account/"
    assert "You are signed out everywhere else" in client.get("/account/").get_data(as_text=True)
    assert [is_signed_in(browser) for browser in (client, elsewhere, other)] == [True, False, True]
    assert [(letter.recipient, letter.subject) for letter in post] == [(LEARNER, "Your password was changed")]
    assert client.send(SIGN_OUT).location == "/"
    assert not is_signed_in(client)
    for password, works in ((PASSWORD, False), (NEW, True)):
        answer = new_browser(app).send(SIGN_IN, {"email": LEARNER, "password": password})
        assert (answer.status_code == 302) is works
    with app.app_context():
        assert "password changed" in db.session.scalars(select(AuditEvent.kind)).all()


@pytest.mark.parametrize(
    ("present", "password", "errors"),
    [
        ("", "", {"present": "Enter your present password", "password": "Enter a new password"}),
        ("wrong", NEW, {"present": WRONG}),
        (PASSWORD, "short", {"password": "Password must be between 15 and 1000 characters"}),
    ],
)
def test_a_refused_change_says_why(
    app: Flask,
    client: PageClient,
    world: World,
    post: list[Letter],
    present: str,
    password: str,
    errors: dict[str, str],
) -> None:
    world.sign_in(client, "learner")
    before = everything_in(app)
    answer = client.send(PASSWORD_PAGE, {"present": present, "password": password})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    check_errors(page, errors)
    assert not [typed for typed in (present, password) if typed and f'"{typed}"' in page]
    after = everything_in(app)
    assert {name for name in before if before[name] != after[name]} <= {"guesses"}
    assert post == []


def test_a_stolen_cookie_dies_with_the_password(
    app: Flask, client: PageClient, world: World, post: list[Letter]
) -> None:
    client.send(SIGN_IN, {"email": LEARNER, "password": PASSWORD})
    stolen = client.get_cookie("__Host-elearn")
    assert stolen is not None
    client.send(SIGN_OUT)
    client.send(SIGN_IN, {"email": LEARNER, "password": PASSWORD})
    client.send(PASSWORD_PAGE, {"present": PASSWORD, "password": NEW})
    thief = new_browser(app)
    thief.set_cookie("__Host-elearn", stolen.value, secure=True)
    assert not is_signed_in(thief)
    assert is_signed_in(client)


# -- the address -----------------------------------------------------------------------------------------------------


def ask(client: PageClient, post: list[Letter], address: str = NEW_ADDRESS) -> str:
    """Ask for the change; gives the path of the link, which goes to the new address."""
    assert client.send(EMAIL_PAGE, {"email": address, "present": PASSWORD}).location == "/account/"
    return next(letter.link for letter in reversed(post) if letter.recipient == address)


def test_the_address_is_changed_by_its_own_link(
    app: Flask, client: PageClient, world: World, post: list[Letter]
) -> None:
    world.sign_in(client, "learner")
    link = ask(client, post, "New.Trust@Example.org".lower())
    assert [(letter.recipient, letter.subject) for letter in post] == [
        (NEW_ADDRESS, "A new e-mail address"),
        (LEARNER, "A change of your e-mail address"),
    ]
    assert "Canary" not in post[0].text, "a stranger behind a mistyped address learns no name"
    before = everything_in(app)
    assert NEW_ADDRESS in client.get(link).get_data(as_text=True)
    assert everything_in(app) == before, "opening the link changes nothing"
    assert client.send(link).location == "/account/"
    assert (post[-1].recipient, post[-1].subject) == (LEARNER, "Your e-mail address was changed")
    assert NEW_ADDRESS not in post[-1].text
    assert is_signed_in(client)
    assert new_browser(app).send(SIGN_IN, {"email": NEW_ADDRESS, "password": PASSWORD}).status_code == 302
    assert new_browser(app).send(SIGN_IN, {"email": LEARNER, "password": PASSWORD}).status_code == 422
    assert client.send(link).status_code == 404, "once"
    with app.app_context():
        assert "e-mail changed" in db.session.scalars(select(AuditEvent.kind)).all()


def test_an_unconfirmed_person_is_confirmed_by_it(
    app: Flask, client: PageClient, world: World, post: list[Letter]
) -> None:
    world.sign_in(client, "unconfirmed")
    client.send(ask(client, post))
    with app.app_context():
        assert get_person(world.people["unconfirmed"]).confirmed_at is not None


@pytest.mark.parametrize(
    ("email", "present", "errors"),
    [
        ("", "", {"email": "Enter your e-mail address", "present": "Enter your present password"}),
        ("no address", PASSWORD, {"email": "Enter an e-mail address like name@example.org"}),
        (LEARNER.upper(), PASSWORD, {"email": "This is your address already. Enter another one"}),
        (NEW_ADDRESS, "wrong", {"present": WRONG}),
    ],
)
def test_a_refused_address_says_why_and_is_kept(
    client: PageClient, world: World, post: list[Letter], email: str, present: str, errors: dict[str, str]
) -> None:
    world.sign_in(client, "learner")
    answer = client.send(EMAIL_PAGE, {"email": email, "present": present})
    assert answer.status_code == 422
    check_errors(answer.get_data(as_text=True), errors)
    assert not email or f'value="{email}"'.lower() in answer.get_data(as_text=True).lower()
    assert post == []


def test_an_address_of_somebody_else_is_answered_alike(app: Flask, world: World, post: list[Letter]) -> None:
    answers = []
    for address in ("educator@example.org", "nobody12@example.org"):
        browser = new_browser(app)
        world.sign_in(browser, "learner")
        answer = browser.send(EMAIL_PAGE, {"email": address, "present": PASSWORD})
        page = words_in(browser.get("/account/").get_data(as_text=True)).replace(address, "X")
        answers.append((answer.status_code, answer.location, page))
    assert answers[0] == answers[1]
    to_owner = [letter for letter in post if letter.recipient == "educator@example.org"]
    assert ["https://" in letter.text for letter in to_owner] == [False], "no link that would take it over"
    with app.app_context():
        assert find_person_by_email("educator@example.org") == get_person(world.people["educator"])


def test_an_address_taken_meanwhile_stays_with_its_owner(
    app: Flask, client: PageClient, world: World, post: list[Letter]
) -> None:
    world.sign_in(client, "learner")
    link = ask(client, post)
    with app.app_context(), writing():
        get_person(world.people["educator"]).email = NEW_ADDRESS
    assert client.send(link).status_code == 404
    with app.app_context():
        assert get_person(world.people["learner"]).email == LEARNER


def test_links_about_addresses_end_too(app: Flask, client: PageClient, world: World, post: list[Letter]) -> None:
    now = clock.now().replace(microsecond=0)
    world.sign_in(client, "learner")
    with clock.frozen_at(now):
        link = ask(client, post)
    with clock.frozen_at(now + timedelta(minutes=61)):
        assert client.send(link).status_code == 404
    second = ask(client, post, "second@example.org")
    assert client.send(link).status_code == 404
    client.send(PASSWORD_PAGE, {"present": PASSWORD, "password": NEW})
    assert client.send(second).status_code == 404, "who chose a new password is not moved away by a thief's link"


def test_the_rosters_of_ones_own_cohorts_follow(
    app: Flask, client: PageClient, world: World, post: list[Letter]
) -> None:
    for cohort in ("one", "two"):
        expect(world, cohort, LEARNER, "Amina")
    expect(world, "one", "somebody.else@example.org")
    world.sign_in(client, "learner")
    client.send(ask(client, post))
    with app.app_context():
        educator, other = world.viewer("educator"), world.viewer("other_educator")
        lines = {
            line.email: line.joined for line in list_roster(educator, get_teaching(educator, world.cohorts["one"]))
        }
        assert lines == {NEW_ADDRESS: True, "somebody.else@example.org": False}
        others = [line.email for line in list_roster(other, get_teaching(other, world.cohorts["two"]))]
        assert others == [LEARNER], "a cohort that the person has not joined learns nothing"


def test_a_roster_that_expects_both_addresses_keeps_one(
    app: Flask, client: PageClient, world: World, post: list[Letter]
) -> None:
    for address in (LEARNER, NEW_ADDRESS):
        expect(world, "one", address)
    world.sign_in(client, "learner")
    client.send(ask(client, post))
    with app.app_context():
        assert list(db.session.scalars(select(RosterEntry.email))) == [NEW_ADDRESS]
