"""A forgotten password: a link once, for an hour, the newest only; every sign-in ends; the person is told (B-6)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts import guarding
from elearn.accounts.credentials import change_email
from elearn.accounts.models import Person
from elearn.accounts.queries import get_person
from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.transactions import Mode, _mode, _turn, writing
from tests.accounts.authenticator import set_up_app
from tests.accounts.conftest import Letter
from tests.accounts.entrance import SIGN_IN, check_errors, is_signed_in
from tests.page import PageClient, new_browser, words_in
from tests.racing import at_once
from tests.rows import everything_in
from tests.world import PASSWORD, World

FORGOTTEN = "/account/forgotten-password/"
LEARNER = "learner@example.org"
NEW = "gravel orbit lampshade"
DEAD = "This link does not work any more"


def ask(client: PageClient, post: list[Letter], email: str = LEARNER) -> str:
    """Ask for a link; gives its path."""
    assert client.send(FORGOTTEN, {"email": email}).location == "/account/check-your-mail/"
    return post[-1].link


def may_sign_in(app: Flask, password: str, email: str = LEARNER) -> bool:
    return new_browser(app).send(SIGN_IN, {"email": email, "password": password}).status_code == 302


def test_a_stranger_who_registered_the_address_first_loses_their_second_factor(
    app: Flask, client: PageClient, world: World, post: list[Letter]
) -> None:
    """The reset is the first that anybody shows of the mailbox: what was set up before was not its owner's."""
    world.sign_in(client, "unconfirmed")
    set_up_app(client)
    owner = new_browser(app)
    assert owner.send(ask(owner, post, "unconfirmed@example.org"), {"password": NEW}).location == SIGN_IN
    assert owner.send(SIGN_IN, {"email": "unconfirmed@example.org", "password": NEW}).location == "/learning/"
    assert is_signed_in(owner)
    assert not is_signed_in(client)


def test_whoever_had_no_second_factor_is_told_of_none(client: PageClient, world: World, post: list[Letter]) -> None:
    assert client.send(ask(client, post, "unconfirmed@example.org"), {"password": NEW}).location == SIGN_IN
    assert [letter.subject for letter in post] == ["Choose a new password", "Your password was changed"]


def test_the_whole_way(app: Flask, client: PageClient, world: World, post: list[Letter]) -> None:
    elsewhere, other = new_browser(app), new_browser(app)
    world.sign_in(elsewhere, "learner")
    world.sign_in(other, "other_learner")
    assert "Forgotten your password?" in client.get(SIGN_IN).get_data(as_text=True)
    link = ask(client, post, f"  {LEARNER.upper()} ")
    assert (post[0].recipient, post[0].subject) == (LEARNER, "Choose a new password")

    before = everything_in(app)
    assert client.get(link).status_code == 200
    assert everything_in(app) == before, "opening the link changes nothing"
    assert is_signed_in(elsewhere)

    assert client.send(link, {"password": NEW}).location == SIGN_IN
    assert "Your password is changed. Sign in with the new one." in client.get(SIGN_IN).get_data(as_text=True)
    assert not is_signed_in(client), "a second factor is not skipped"
    assert not is_signed_in(elsewhere)
    assert is_signed_in(other)
    assert (post[-1].recipient, post[-1].subject) == (LEARNER, "Your password was changed")
    assert (may_sign_in(app, PASSWORD), may_sign_in(app, NEW)) == (False, True)
    assert may_sign_in(app, PASSWORD, "other_learner@example.org")
    with app.app_context():
        assert "password reset" in db.session.scalars(select(AuditEvent.kind)).all()
        assert not [e for e in db.session.scalars(select(AuditEvent)) if LEARNER in f"{e.detail}{e.subject}"]


def test_a_link_works_once(app: Flask, client: PageClient, world: World, post: list[Letter]) -> None:
    link = ask(client, post)
    client.send(link, {"password": NEW})
    for answer in (client.get(link), client.send(link, {"password": "another gravel lampshade"})):
        assert answer.status_code == 404
        assert DEAD in words_in(answer.get_data(as_text=True))
    assert may_sign_in(app, NEW)


def test_a_refused_password_leaves_the_link_alive(client: PageClient, world: World, post: list[Letter]) -> None:
    link = ask(client, post)
    answer = client.send(link, {"password": "short"})
    assert answer.status_code == 422
    check_errors(answer.get_data(as_text=True), {"password": "Password must be between 15 and 1000 characters"})
    answer = client.send(link, {"password": "canary-khan 19800101"})
    assert "built from your name" in answer.get_data(as_text=True)
    assert client.send(link, {"password": NEW}).location == SIGN_IN


@pytest.mark.parametrize(("minutes", "works"), [(59, True), (60, True), (60.1, False), (600, False)])
def test_a_link_lasts_an_hour(
    client: PageClient, world: World, post: list[Letter], minutes: float, works: bool
) -> None:
    now = clock.now().replace(microsecond=0)
    with clock.frozen_at(now):
        link = ask(client, post)
    with clock.frozen_at(now + timedelta(minutes=minutes)):
        assert (client.get(link).status_code == 200) is works
        assert (client.send(link, {"password": NEW}).status_code == 303) is works


def test_a_newer_link_ends_the_older(client: PageClient, world: World, post: list[Letter]) -> None:
    old = ask(client, post)
    new = ask(client, post)
    assert client.send(old, {"password": NEW}).status_code == 404
    assert client.send(new, {"password": NEW}).status_code == 303


def change_the_password(person: Person) -> None:
    person.password = "changed"


def change_the_address(person: Person) -> None:
    change_email(person, "moved@example.org")


def suspend(person: Person) -> None:
    person.active = False


@pytest.mark.parametrize("change", [change_the_password, change_the_address, suspend])
def test_a_link_ends_with_what_it_stands_for(
    app: Flask, client: PageClient, world: World, post: list[Letter], change: Callable[[Person], None]
) -> None:
    link = ask(client, post)
    with app.app_context(), writing():
        change(get_person(world.people["learner"]))
    assert client.get(link).status_code == 404
    assert client.send(link, {"password": NEW}).status_code == 404


def test_a_link_is_for_one_person_and_one_thing(
    app: Flask, client: PageClient, world: World, post: list[Letter]
) -> None:
    token = ask(client, post).rstrip("/").rpartition("/")[2]
    assert client.get(f"/account/email/{token}/").status_code == 404
    assert client.get(f"/account/confirm/{token}/").status_code == 404
    signed, _, signature = token.rpartition(".")
    # The first letter of the signature: the last one holds bits that decoding drops.
    other = f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    for forged in (other, token.partition(".")[0], "x" * 3000, "%00"):
        assert client.get(f"/account/reset/{forged}/").status_code == 404


def test_nothing_of_a_link_is_kept(app: Flask, client: PageClient, world: World, post: list[Letter]) -> None:
    token = ask(client, post).rstrip("/").rpartition("/")[2]
    with app.app_context():
        for table in db.metadata.sorted_tables:
            for row in db.session.execute(select(table)):
                assert token not in repr(row)
                assert token.rpartition(".")[2] not in repr(row)


def test_of_fifty_who_use_a_link_at_once_one_succeeds(
    app: Flask, world: World, post: list[Letter], hashes: list[str]
) -> None:
    link = ask(new_browser(app), post)
    passwords = [f"{NEW} {number}" for number in range(50)]
    browsers = [new_browser(app) for _ in passwords]

    def redeem(browser: PageClient, password: str) -> Callable[[], int]:
        return lambda: browser.send(link, {"password": password}).status_code

    works = [redeem(browser, password) for browser, password in zip(browsers, passwords, strict=True)]
    statuses = at_once(works)
    assert statuses.count(303) == 1
    assert statuses.count(404) == 49
    assert may_sign_in(app, passwords[statuses.index(303)])
    assert [letter.subject for letter in post].count("Your password was changed") == 1


def test_no_letter_for_nobody(client: PageClient, world: World, post: list[Letter]) -> None:
    for email in ("nobody@example.org", "suspended@example.org"):
        client.send(FORGOTTEN, {"email": email})
    assert post == []


@pytest.mark.parametrize("email", ["", "no address", "x" * 300 + "@example.org"])
def test_what_cannot_be_an_address_is_said_to_be_none(client: PageClient, world: World, email: str) -> None:
    answer = client.send(FORGOTTEN, {"email": email})
    words = "Enter an e-mail address like name@example.org" if email else "Enter your e-mail address"
    assert answer.status_code == 422
    check_errors(answer.get_data(as_text=True), {"email": words})


def test_the_link_carries_the_configured_host(app: Flask, world: World, post: list[Letter]) -> None:
    browser = new_browser(app)
    token = browser.token()
    browser.post(
        FORGOTTEN,
        data={"csrf_token": token, "email": LEARNER},
        headers={"Referer": "https://localhost/", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )
    assert re.findall(r"https://[^/]+", post[0].text) == ["https://localhost"]


def test_no_password_is_hashed_inside_the_write_lock(
    app: Flask, client: PageClient, world: World, post: list[Letter], monkeypatch: pytest.MonkeyPatch
) -> None:
    free: list[str] = []

    def take_the_lock(name: str) -> Callable[..., object]:
        stock = getattr(guarding, name)

        def hash_it(*args: object) -> object:
            assert _turn.get() is None
            assert _mode.get() is Mode.READ
            free.append(name)
            return stock(*args)

        return hash_it

    for name in ("hash_password", "verify_password"):
        monkeypatch.setattr(guarding, name, take_the_lock(name))
    client.send(ask(client, post), {"password": NEW})
    world.sign_in(client, "other_learner")
    client.send("/account/password/", {"present": PASSWORD, "password": NEW})
    client.send("/account/again/", {"again_password": NEW})
    assert free == ["hash_password", "verify_password", "hash_password", "verify_password"]
