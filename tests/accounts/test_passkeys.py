"""Passkeys, by a device made by hand: each answer counts once, for one site, one person and one question."""

from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from elearn.accounts.factor_models import Passkey
from elearn.accounts.queries import get_person
from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.shared.transactions import writing
from tests.accounts.authenticator import PASSKEY, SECOND_STEP, Device, set_up_app
from tests.accounts.entrance import SIGN_IN, is_signed_in
from tests.page import PageClient, new_browser
from tests.racing import at_once
from tests.world import PASSWORD, World

pytestmark = pytest.mark.usefixtures("of_staff")
ALONE, GIVE = "/account/passkey/", "/account/second-step/passkey/"


def post_answer(browser: PageClient, token: str, answer: dict[str, str]) -> int:
    data = {"csrf_token": token, **answer}
    return browser.post(ALONE, data=data, headers={"Referer": "https://localhost/"}).status_code


def page(browser: PageClient, at: str) -> str:
    return browser.get(at).get_data(as_text=True)


@pytest.fixture
def device(client: PageClient, world: World) -> Device:
    """The learner has a passkey on this device."""
    found = Device()
    world.sign_in(client, "learner")
    response = client.send(PASSKEY, {**found.make(page(client, PASSKEY)), "name": "My <phone>"})
    assert "Keep your recovery codes" in response.get_data(as_text=True)
    return found


def gives_password(app: Flask) -> PageClient:
    browser = new_browser(app)
    browser.send(SIGN_IN, {"email": "learner@example.org", "password": PASSWORD})
    assert not is_signed_in(browser)
    return browser


def test_a_passkey_signs_in_alone_and_as_the_second_step(
    app: Flask, client: PageClient, world: World, device: Device, mail: Path
) -> None:
    assert "My &lt;phone&gt;" in page(client, "/account/factors/")
    assert "A passkey was added" in "".join(file.read_text() for file in mail.glob("*.eml"))
    browser = new_browser(app)
    response = browser.send(f"{ALONE}?next=/account/details/", device.answer(page(browser, ALONE)))
    assert (response.status_code, response.location) == (303, "/account/details/")
    assert is_signed_in(browser)
    half = gives_password(app)
    assert half.send(GIVE, device.answer(page(half, SECOND_STEP))).status_code == 303
    assert is_signed_in(half)


def test_an_answer_counts_once(app: Flask, client: PageClient, device: Device) -> None:
    browsers = [new_browser(app) for _ in range(3)]
    answer = device.answer(page(browsers[0], ALONE))
    tokens = {browser: browser.token() for browser in browsers}
    answers = at_once([partial(post_answer, browser, tokens[browser], answer) for browser in browsers])
    assert sorted(answers) == [303, 422, 422]


def test_what_is_no_good_answer(app: Flask, client: PageClient, world: World, device: Device) -> None:
    browser = new_browser(app)
    html = page(browser, ALONE)
    fine = device.answer(html)
    liar = Device("https://evil.example")
    liar.id, liar.key = device.id, device.key
    stranger = Device()
    unchecked = Device()
    unchecked.id, unchecked.key, unchecked.flags = device.id, device.key, 0x01  # touched, but nobody was checked
    bad = [
        {"credential": fine["credential"]},
        {**fine, "sealed": device.answer(page(browser, ALONE))["sealed"]},
        {**fine, "credential": fine["credential"].replace('"signature": "', '"signature": "AA')},
        liar.answer(html),
        stranger.answer(html),
        unchecked.answer(html),
        *({"sealed": fine["sealed"], "credential": text} for text in ("", "{}", "[]", "null", "\0", "x" * 30_000)),
    ]
    for sent in bad:
        response = browser.send(ALONE, sent)
        assert response.status_code == 422, sent
        assert not is_signed_in(browser)
    assert browser.send(ALONE, fine).status_code == 303, "and the good one is still good"


def test_a_passkey_of_somebody_else_is_no_second_step(
    app: Flask, client: PageClient, world: World, device: Device
) -> None:
    other, foreign = new_browser(app), Device()
    world.sign_in(other, "other_learner")
    other.send(PASSKEY, foreign.make(page(other, PASSKEY)))
    half = gives_password(app)
    assert half.send(GIVE, foreign.answer(page(half, SECOND_STEP))).status_code == 422
    anonymous = foreign.answer(page(new_browser(app), ALONE))
    assert half.send(GIVE, anonymous).status_code == 422
    assert not is_signed_in(half)


def test_one_passkey_belongs_to_one_person(app: Flask, client: PageClient, world: World, device: Device) -> None:
    other = new_browser(app)
    world.sign_in(other, "other_learner")
    html = page(other, PASSKEY)
    assert other.send(PASSKEY, device.make(html)).status_code == 422
    assert other.send(PASSKEY, Device().make(page(client, PASSKEY))).status_code == 422, "asked of another person"
    with app.app_context():
        assert len(db.session.scalars(select(Passkey.id)).all()) == 1


def test_a_suspended_person_has_no_use_of_it(app: Flask, world: World, device: Device) -> None:
    with app.app_context(), writing():
        get_person(world.people["learner"]).active = False
    browser = new_browser(app)
    assert browser.send(ALONE, device.answer(page(browser, ALONE))).status_code == 422
    assert not is_signed_in(browser)


def test_it_is_enough_for_staff_and_can_be_removed_beside_another(app: Flask, world: World) -> None:
    browser, device = new_browser(app), Device()
    browser.send(SIGN_IN, {"email": "administrator@example.org", "password": PASSWORD})
    browser.send(PASSKEY, device.make(page(browser, PASSKEY)))
    assert browser.get("/admin/people/").status_code == 200
    with app.app_context():
        key = db.session.scalars(select(Passkey.public_id)).one()
    remove = f"/account/factors/passkeys/{key}/remove/"
    assert browser.send(remove).location == "/account/factors/"
    assert "Add another one first" in page(browser, "/account/factors/")
    set_up_app(browser)
    assert "The passkey is removed" in page(browser, browser.send(remove).location)
    assert browser.send(remove).status_code == 404
    with app.app_context():
        kinds = db.session.scalars(select(AuditEvent.kind)).all()
        assert {"passkey added", "passkey removed", "second factor given"} <= set(kinds)
