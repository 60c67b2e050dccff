"""Registering and confirming: what is asked, what is refused, and what is kept."""

import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts.models import Person
from elearn.extensions import db
from elearn.jobs.worker import run_now
from elearn.mail import delivery
from elearn.shared.transactions import writing
from tests.accounts.entrance import (
    AMINA,
    REGISTER,
    SIGN_IN,
    check_errors,
    is_signed_in,
    link_in,
    people,
)
from tests.page import PageClient, check_page, find_all
from tests.post import PostBox
from tests.world import PASSWORD, World


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("family_name", "", "Enter your family name"),
        ("family_name", " \u00a0 ", "Enter your family name"),
        ("family_name", "x" * 81, "Family name must be 80 characters or fewer"),
        ("given_names", "x" * 81, "Given names must be 80 characters or fewer"),
        ("profession", "", "Choose your profession"),
        ("profession", "wizard", "Choose your profession"),
        ("registration_number", "1" * 41, "Registration number must be 40 characters or fewer"),
        ("email", "", "Enter your e-mail address"),
        ("email", "amina", "Enter an e-mail address like name@example.org"),
        ("password", "", "Enter your password"),
        ("password", "x" * 1001, "Password must be between 15 and 1000 characters"),
        ("password", "fourteen chars", "Password must be between 15 and 1000 characters"),
    ],
)
def test_a_failed_registration_says_what_to_do_and_keeps_the_rest(
    client: PageClient, world: World, app: Flask, field: str, value: str, words: str
) -> None:
    before = people(app)
    response = client.send(REGISTER, {**AMINA, field: value})
    html = response.get_data(as_text=True)
    assert response.status_code == 422
    check_errors(html, {field: words})
    assert PASSWORD not in html
    for name in ("given_names", "family_name", "email"):
        if field != name:
            assert " ".join(AMINA[name].split()).lower() in html.lower()
    if field != "profession":
        assert '<option value="pharmacist" selected>' in html
    assert people(app) == before
    assert not is_signed_in(client)


def test_all_errors_are_said_at_once(client: PageClient) -> None:
    html = client.send(REGISTER, {}).get_data(as_text=True)
    check_errors(
        html,
        {
            "family_name": "Enter your family name",
            "profession": "Choose your profession",
            "email": "Enter your e-mail address",
            "password": "Enter your password",
        },
    )


@pytest.mark.parametrize("address", [SIGN_IN, REGISTER])
def test_the_forms_help_password_managers_and_cut_nothing_off(client: PageClient, address: str) -> None:
    html = client.get(f"{address}?next=/account/").get_data(as_text=True)
    assert "maxlength" not in html
    assert " required" not in html
    assert "novalidate" in html
    wanted = {
        SIGN_IN: {"username", "current-password"},
        REGISTER: {"given-name", "family-name", "email", "new-password"},
    }
    found = {control.get("autocomplete") for control in find_all(check_page(html, address), "input")}
    assert wanted[address] <= found
    assert f'action="{address}?next=/account/"' in html
    other = REGISTER if address == SIGN_IN else SIGN_IN
    assert f'href="{other}?next=/account/"' in html


def test_registration_asks_for_no_more_than_it_needs(client: PageClient) -> None:
    controls = [
        control.get("name")
        for tag in ("input", "select", "textarea")
        for control in find_all(check_page(client.get(REGISTER).get_data(as_text=True), REGISTER), tag)
    ]
    assert sorted(str(name) for name in controls) == sorted({*AMINA, "csrf_token"})


def test_further_fields_change_nothing(client: PageClient, app: Flask) -> None:
    extra = {
        "administrator": "1",
        "active": "1",
        "confirmed_at": "2026-01-01",
        "id": "77",
        "public_id": "x",
        "roles": "admin",
    }
    client.send(REGISTER, {**AMINA, **extra})
    with app.app_context():
        person = db.session.scalars(select(Person)).one()
        assert (person.administrator, person.confirmed_at, person.id == 77, person.public_id == "x") == (
            False,
            None,
            False,
            False,
        )


def test_registering_writes_the_letter_and_hands_nothing_over(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever registers waits for no mail server, and no mail server can keep them from it."""
    tried: list[object] = []
    monkeypatch.setattr(delivery, "deliver", lambda *letter: tried.append(letter))
    assert client.send(REGISTER, AMINA).status_code == 302
    client.send("/account/confirm/")
    assert people(app) == 1
    assert not tried
    assert run_now(app) == 2
    assert len(tried) == 2


@pytest.mark.parametrize("token", ["x", "eyJhbGciOiJub25lIn0.e30.", "a" * 300])
def test_a_forged_link_is_refused_kindly(client: PageClient, token: str) -> None:
    response = client.get(f"/account/confirm/{token}/")
    assert response.status_code == 404
    assert "This link does not work any more" in response.get_data(as_text=True)
    assert client.send(f"/account/confirm/{token}/").status_code == 404


def test_a_link_dies_with_the_address_it_was_sent_to(client: PageClient, app: Flask, mail: PostBox) -> None:
    client.send(REGISTER, AMINA)
    with app.app_context(), writing():
        db.session.scalars(select(Person)).one().email = "other@example.org"
    assert client.send(link_in(mail)).status_code == 404
    with app.app_context():
        assert db.session.scalars(select(Person.confirmed_at)).one() is None
