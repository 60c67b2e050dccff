"""Registering, confirming, signing in and out, in a person's order."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts.models import Person, SignIn
from elearn.accounts.rules import LONGEST_SIGN_IN
from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.accounts.entrance import (
    AMINA,
    NOBODY,
    REGISTER,
    SIGN_IN,
    SIGN_OUT,
    check_errors,
    is_signed_in,
    link_in,
    without_tokens,
)
from tests.page import PageClient, new_browser
from tests.post import PostBox
from tests.world import MODULE, PASSWORD, World


def test_the_whole_way(client: PageClient, app: Flask, mail: PostBox) -> None:
    wanted = f"/modules/{MODULE}/"
    response = client.send(f"{REGISTER}?next={wanted}", AMINA)
    assert (response.status_code, response.location) == (302, wanted)
    assert is_signed_in(client)
    with app.app_context():
        person = db.session.scalars(select(Person)).one()
        assert (person.name, person.email) == ("Amina Khan Ali", "amina.khan@example.org")
        assert (person.profession, person.registration_number) == ("pharmacist", "2012345")
        assert (person.confirmed_at, person.administrator) == (None, False)
        assert person.password.startswith("$argon2id$")

    link = link_in(mail)
    assert "Confirm this address" in client.get(link).get_data(as_text=True)
    with app.app_context():
        assert db.session.scalars(select(Person.confirmed_at)).one() is None, "opening the link changes nothing"
    assert client.send(link).location == "/learning/"
    assert "is confirmed already" in client.get(link).get_data(as_text=True)
    assert ">Confirmed</strong>" in client.get("/account/").get_data(as_text=True)

    assert client.send(SIGN_OUT).location == "/"
    assert not is_signed_in(client)
    wrong = client.send(SIGN_IN, {"email": AMINA["email"], "password": "three random birds"})
    assert wrong.status_code == 422
    assert not is_signed_in(client)
    right = client.send(f"{SIGN_IN}?next=/account/details/", {"email": AMINA["email"], "password": PASSWORD})
    assert (right.status_code, right.location) == (302, "/account/details/")
    assert is_signed_in(client)


def test_a_cookie_replayed_after_sign_out_is_refused(client: PageClient, world: World, app: Flask) -> None:
    client.send(SIGN_IN, {"email": "learner@example.org", "password": PASSWORD})
    stolen = client.get_cookie("__Host-elearn")
    assert stolen is not None
    client.send(SIGN_OUT)
    thief = new_browser(app)
    thief.set_cookie("__Host-elearn", stolen.value, secure=True)
    assert thief.get("/account/").location.startswith(SIGN_IN)
    with app.app_context():
        assert db.session.scalars(select(SignIn.ended_at)).one() is not None
        assert [e.kind for e in db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))][-2:] == [
            "signed in",
            "signed out",
        ]


def test_signing_out_on_one_device_leaves_the_other(client: PageClient, world: World, app: Flask) -> None:
    other = new_browser(app)
    for browser in (client, other):
        browser.send(SIGN_IN, {"email": "learner@example.org", "password": PASSWORD})
    client.send(SIGN_OUT)
    assert not is_signed_in(client)
    assert is_signed_in(other)


def test_each_sign_in_has_an_id_of_its_own(client: PageClient, world: World, app: Flask) -> None:
    for _ in range(2):
        client.send(SIGN_IN, {"email": "learner@example.org", "password": PASSWORD})
        client.send(SIGN_OUT)
    with app.app_context():
        tokens = db.session.scalars(select(SignIn.token_hash)).all()
    assert len(set(tokens)) == len(tokens) == 2


def test_a_sign_in_ends_by_itself(client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    for late, there in ((LONGEST_SIGN_IN - timedelta(minutes=1), True), (LONGEST_SIGN_IN, False)):
        with clock.frozen_at(clock.now() + late):
            assert is_signed_in(client) is there


def test_a_suspended_person_is_out_at_once(client: PageClient, world: World, app: Flask) -> None:
    world.sign_in(client, "learner")
    with app.app_context(), writing():
        db.session.get_one(Person, world.people["learner"]).active = False
    assert not is_signed_in(client)
    response = client.send(SIGN_IN, {"email": "learner@example.org", "password": PASSWORD})
    assert response.status_code == 422
    assert "This account is suspended" in response.get_data(as_text=True)
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("email", "password", "errors"),
    [
        ("learner@example.org", "three random birds", {"email": NOBODY}),
        ("nobody@example.org", PASSWORD, {"email": NOBODY}),
        ("", PASSWORD, {"email": "Enter your e-mail address"}),
        ("learner@example.org", "", {"password": "Enter your password"}),
        ("", "", {"email": "Enter your e-mail address", "password": "Enter your password"}),
        ("no address", PASSWORD, {"email": "Enter an e-mail address like name@example.org"}),
    ],
)
def test_a_failed_sign_in_says_what_to_do(
    client: PageClient, world: World, email: str, password: str, errors: dict[str, str]
) -> None:
    response = client.send(SIGN_IN, {"email": email, "password": password})
    assert response.status_code == 422
    check_errors(response.get_data(as_text=True), errors)
    assert f'value="{email}"' in response.get_data(as_text=True) or not email
    assert password not in response.get_data(as_text=True) or not password


def test_a_wrong_password_and_an_unknown_address_look_alike(client: PageClient, world: World) -> None:
    pages = []
    with clock.frozen_at(clock.now()):
        for email in ("learner@example.org", "nobodyy@example.org"):
            response = client.send(SIGN_IN, {"email": email, "password": "three random birds"})
            pages.append(response.get_data(as_text=True).replace(email, "X"))
    first, second = (without_tokens(page) for page in pages)
    assert first == second


def test_long_passwords_count_to_their_end(client: PageClient) -> None:
    password = "purple teapot mountain " * 8
    client.send(REGISTER, {**AMINA, "password": password + "1"})
    client.send(SIGN_OUT)
    assert client.send(SIGN_IN, {"email": AMINA["email"], "password": password + "2"}).status_code == 422
    assert client.send(SIGN_IN, {"email": AMINA["email"], "password": password + "1"}).status_code == 302


def test_a_json_client_gets_no_further_than_a_browser(client: PageClient, world: World) -> None:
    response = client.post(
        SIGN_IN, json={"email": "learner@example.org", "password": PASSWORD}, headers={"Referer": "https://localhost/"}
    )
    assert response.status_code == 400
    assert not is_signed_in(client)
