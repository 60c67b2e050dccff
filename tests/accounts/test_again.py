"""To change how one signs in takes all that signing in took: password and second factor, or a passkey (B-10, ASVS 7.5.1)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts.factor_models import AuthenticatorApp
from elearn.accounts.models import SignIn
from elearn.accounts.stages import FRESH, MOST_WRONG_CODES
from elearn.extensions import db
from elearn.shared import clock
from tests.accounts.authenticator import PASSKEY, Device, Phone, set_up_app
from tests.accounts.entrance import is_signed_in
from tests.page import PageClient, check_page, find_all, new_browser
from tests.rows import everything_in
from tests.world import PASSWORD, World

AGAIN, REMOVE, NEW_CODES = "/account/again/", "/account/factors/app/remove/", "/account/factors/codes/"
OTHER = "gravel orbit lampshade"
# What changes how a person signs in or who they are: how it is asked for, and what its own form sends.
CHANGES = {
    "/account/password/": {"present": PASSWORD, "password": OTHER},
    "/account/email/": {"present": PASSWORD, "email": "another@example.org"},
    REMOVE: {},
    NEW_CODES: {},
    "/account/factors/app/": {"sealed": "x", "code": "123456"},
    "/account/factors/passkey/": {"sealed": "x", "credential": "x", "name": "My phone"},
    "/account/sign-ins/end-all/": {"which": "others"},
    "/account/erase/": {"sure": "y"},
}
LATER = FRESH + timedelta(minutes=1)


@pytest.fixture
def held(client: PageClient, world: World) -> Iterator[tuple[Phone, list[str]]]:
    """The learner has an app and recovery codes, and signed in with them a while ago."""
    with clock.frozen_at(clock.now() - LATER):
        world.sign_in(client, "learner")
        held = set_up_app(client)
    with clock.frozen_at(clock.now()):
        yield held


@pytest.fixture
def rows(app: Flask) -> Callable[[], object]:
    """What is kept of people and of what they sign in with."""

    def read() -> object:
        found = everything_in(app)
        return {name: found[name] for name in ("people", "authenticator_apps", "passkeys", "recovery_codes")}

    return read


def words(browser: PageClient, at: str, form: dict[str, str]) -> str:
    response = browser.send(at, form)
    assert response.status_code == 422, at
    return response.get_data(as_text=True)


@pytest.mark.parametrize("at", CHANGES)
def test_the_password_alone_changes_nothing(
    client: PageClient, held: tuple[Phone, list[str]], rows: Callable[[], object], at: str
) -> None:
    before = rows()
    for extra in ({}, {"again_password": PASSWORD}, {"again_password": PASSWORD, "again_code": " - "}):
        page = words(client, at, CHANGES[at] | extra)
        assert "Show that it is you" in page
        assert "Code from your app, or a recovery code" in page
    assert "Enter a code: your password alone is not enough" in page
    wrong = words(client, at, CHANGES[at] | {"again_password": PASSWORD, "again_code": "000000"})
    assert "This code is not right, or it was used before" in wrong
    assert words(client, at, CHANGES[at] | {"again_password": "no", "again_code": held[0].code()})
    assert rows() == before


def test_both_together_change_it(client: PageClient, held: tuple[Phone, list[str]], app: Flask, mail: Path) -> None:
    phone, _ = held
    both = {"again_password": PASSWORD, "again_code": f"{phone.code()[:3]} {phone.code()[3:]}"}
    assert client.send(REMOVE, both).location == "/account/factors/"
    with app.app_context():
        assert db.session.scalars(select(AuthenticatorApp)).all() == []
    assert "authenticator app was removed" in "".join(file.read_text() for file in mail.glob("*.eml"))


def test_a_recovery_code_does_as_well_and_each_counts_once(
    client: PageClient, held: tuple[Phone, list[str]], app: Flask
) -> None:
    phone, codes = held
    at = f"{AGAIN}?next=/account/email/"
    assert client.get("/account/email/").location.endswith(f"{AGAIN}?next=/account/email/")
    assert client.send(at, {"again_password": PASSWORD, "again_code": codes[0].lower()}).location == "/account/email/"
    assert client.get("/account/email/").status_code == 200, "a quarter of an hour long nobody asks"
    code = phone.code()
    with clock.frozen_at(clock.now() + LATER):
        assert client.send(at, {"again_password": PASSWORD, "again_code": codes[0]}).status_code == 422
        assert client.send(at, {"again_password": PASSWORD, "again_code": code}).status_code == 422, "it is too old"
        assert client.send(at, {"again_password": PASSWORD, "again_code": phone.code()}).status_code == 303
        assert client.send(at, {"again_password": PASSWORD, "again_code": phone.code()}).status_code == 422, "used"


def test_what_was_typed_is_kept_but_for_passwords(client: PageClient, held: tuple[Phone, list[str]]) -> None:
    page = words(client, "/account/email/", CHANGES["/account/email/"])
    hidden = {
        field.get("name"): field.get("value")
        for field in find_all(check_page(page, "/account/email/"), "input")
        if field.get("type") == "hidden"
    }
    assert hidden.keys() == {"csrf_token", "email"}
    assert hidden["email"] == "another@example.org"
    assert PASSWORD not in page
    assert OTHER not in words(client, "/account/password/", CHANGES["/account/password/"])
    both = {"again_password": PASSWORD, "again_code": held[0].code()}
    back = words(client, "/account/email/", {"email": "another@example.org", **both})
    assert 'value="another@example.org"' in back, "the form itself comes, and asks for the password that was not kept"


def test_wrong_codes_end_the_sign_in_and_the_person_is_told(
    client: PageClient, held: tuple[Phone, list[str]], mail: Path
) -> None:
    """A right password between them changes nothing: whoever has it does not get to guess on."""
    for _ in range(MOST_WRONG_CODES - 1):
        assert client.send(NEW_CODES, {"again_password": PASSWORD, "again_code": "000000"}).status_code == 422
    assert is_signed_in(client)
    last = client.send(NEW_CODES, {"again_password": PASSWORD, "again_code": "000000"})
    assert last.location == "/account/sign-in/"
    assert not is_signed_in(client)
    assert "and then wrong codes" in "".join(file.read_text() for file in mail.glob("*.eml"))


def test_the_answer_brings_a_new_token(app: Flask, client: PageClient, held: tuple[Phone, list[str]]) -> None:
    cookie, thief = client.get_cookie("__Host-elearn"), new_browser(app)
    assert cookie is not None
    thief.set_cookie("__Host-elearn", cookie.value, secure=True)
    assert is_signed_in(thief)
    assert client.send(AGAIN, {"again_password": PASSWORD, "again_code": held[0].code()}).location == "/account/"
    assert (is_signed_in(client), is_signed_in(thief)) == (True, False)
    with app.app_context():
        assert db.session.scalars(select(SignIn.wrong_codes).where(SignIn.ended_at.is_(None))).one() == 0


def test_who_was_away_gives_the_password_and_changes_nothing_by_it(client: PageClient, world: World) -> None:
    with clock.frozen_at(clock.now() - timedelta(hours=1)):
        world.sign_in(client, "administrator")
        phone, _ = set_up_app(client)
    with clock.frozen_at(clock.now()):
        at = client.get("/admin/people/").location
        assert "away=1" in at
        assert "Code from your app" not in client.get(at).get_data(as_text=True)
        assert client.send(at, {"again_password": PASSWORD}).location == "/admin/people/"
        assert client.get("/admin/people/").status_code == 200
        assert client.send(NEW_CODES).status_code == 422
    with clock.frozen_at(clock.now() + timedelta(hours=1)):
        erase = f"/admin/people/{world.viewer('learner').public_id}/erase/"
        page = words(client, erase, {})
        assert "Code from your app" in page, "asked once, for everything"
        both = {"again_password": PASSWORD, "again_code": phone.code()}
        assert "Show that it is you" not in words(client, erase, both), "the form is judged now: it is not filled in"


def test_a_passkey_is_both(client: PageClient, world: World, app: Flask) -> None:
    device, at = Device(), f"{AGAIN}?next=/account/password/"
    with clock.frozen_at(clock.now() - LATER):
        world.sign_in(client, "learner")
        client.send(PASSKEY, {**device.make(client.get(PASSKEY).get_data(as_text=True)), "name": "My phone"})
    with clock.frozen_at(clock.now()):
        page = client.get(at).get_data(as_text=True)
        assert "One of your recovery codes" in page
        answer = {f"again_{name}": text for name, text in device.answer(page).items()}
        stranger = Device()
        stranger.id = device.id
        forged = {f"again_{name}": text for name, text in stranger.answer(page).items()}
        assert "could not be used here" in words(client, at, forged)
        assert client.get("/account/password/").status_code == 303
        assert client.send(at, answer).location == "/account/password/"
        assert client.get("/account/password/").status_code == 200
    with clock.frozen_at(clock.now() + LATER):
        assert "could not be used here" in words(client, at, answer), "an answer counts once"


def test_whoever_has_no_second_factor_is_asked_for_no_code(client: PageClient, world: World) -> None:
    with clock.frozen_at(clock.now() - LATER):
        world.sign_in(client, "learner")
    assert client.get("/account/password/").status_code == 200
    assert client.get("/account/email/").status_code == 200
    assert "Code" not in words(client, "/account/sign-ins/end-all/", {"which": "others"})
