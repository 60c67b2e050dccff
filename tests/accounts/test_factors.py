"""Authenticator apps and recovery codes: each code counts once, and nothing is kept in the clear."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import select

from elearn.accounts import factors, one_time, sign_ins
from elearn.accounts.factor_models import AuthenticatorApp, RecoveryCode
from elearn.accounts.queries import find_viewer
from elearn.accounts.stages import MOST_WRONG_AN_HOUR, MOST_WRONG_CODES
from elearn.audit.models import AuditEvent
from elearn.cli import main
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.missing import NotFound
from elearn.shared.transactions import writing
from tests.accounts.authenticator import APP, SECOND_STEP, Phone, sealed_in, set_up_app
from tests.accounts.entrance import SIGN_IN, is_signed_in
from tests.page import PageClient, check_page, find_all, new_browser
from tests.racing import at_once
from tests.rows import everything_in
from tests.world import PASSWORD, World

RECOVERY = "/account/second-step/recovery/"


@pytest.fixture
def phone(client: PageClient, world: World) -> Phone:
    """The learner has set up an app, a minute ago."""
    with clock.frozen_at(clock.now() - timedelta(minutes=2)):
        world.sign_in(client, "learner")
        return set_up_app(client)[0]


def gives_password(app: Flask, persona: str = "learner") -> PageClient:
    browser = new_browser(app)
    response = browser.send(SIGN_IN, {"email": f"{persona}@example.org", "password": PASSWORD})
    assert response.location.startswith(SECOND_STEP), response.location
    return browser


def post_code(browser: PageClient, at: str, token: str, code: str) -> int:
    return browser.post(
        at, data={"csrf_token": token, "code": code}, headers={"Referer": "https://localhost/"}
    ).status_code


def messages(mail: Path) -> list[str]:
    return [file.read_text() for file in sorted(mail.glob("*.eml"))]


def test_an_app_is_set_up_and_asked_for(client: PageClient, world: World, app: Flask, mail: Path) -> None:
    world.sign_in(client, "learner")
    phone, codes = set_up_app(client)
    assert len(set(codes)) == one_time.CODES
    assert is_signed_in(client), "whoever sets it up stays in"
    with app.app_context():
        sealed = db.session.scalars(select(AuthenticatorApp.sealed_secret)).one()
        hashes = set(db.session.scalars(select(RecoveryCode.code_hash)))
        kinds = set(db.session.scalars(select(AuditEvent.kind)))
    assert phone.totp.base32_key not in sealed
    assert hashes == {one_time.hash_of_recovery(code) for code in codes}
    assert {"authenticator added", "recovery codes made"} <= kinds
    assert len([text for text in messages(mail) if "authenticator app was added" in text]) == 1
    assert codes[0] not in client.get("/account/factors/").get_data(as_text=True)

    browser = gives_password(app)
    assert not is_signed_in(browser)
    html = browser.get(SECOND_STEP).get_data(as_text=True)
    [control] = [c for c in find_all(check_page(html, SECOND_STEP), "input") if c.get("name") == "code"]
    assert (control.get("autocomplete"), control.get("inputmode")) == ("one-time-code", "numeric")
    assert control.get("maxlength") is None
    with clock.frozen_at(clock.now() + timedelta(minutes=1)):
        code = phone.code()
        typed = f" {code[:3]} {code[3:]}\n"
        response = browser.send(f"{SECOND_STEP}?next=/account/details/", {"code": typed})
        assert (response.status_code, response.location) == (303, "/account/details/")
        assert is_signed_in(browser)


def test_a_code_counts_once(client: PageClient, world: World, app: Flask, phone: Phone) -> None:
    code = phone.code()
    first, second = gives_password(app), gives_password(app)
    assert first.send(SECOND_STEP, {"code": code}).status_code == 303
    assert second.send(SECOND_STEP, {"code": code}).status_code == 422
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)


def test_two_posts_of_one_code_let_one_in(client: PageClient, world: World, app: Flask, phone: Phone) -> None:
    browsers, code = [gives_password(app) for _ in range(4)], phone.code()
    tokens = {browser: browser.token() for browser in browsers}

    answers = at_once([partial(post_code, browser, SECOND_STEP, tokens[browser], code) for browser in browsers])
    assert sorted(answers) == [303, 422, 422, 422]


@pytest.mark.parametrize("late", [-30, 30])
def test_clocks_may_differ_by_half_a_minute(
    client: PageClient, world: World, app: Flask, phone: Phone, late: int
) -> None:
    assert gives_password(app).send(SECOND_STEP, {"code": phone.code(late)}).status_code == 303


@pytest.mark.parametrize("code", ["", "000000x", "12345", "①②③④⑤⑥", "0" * 5000, "\0"])
def test_a_wrong_code_is_refused_in_words(
    client: PageClient, world: World, app: Flask, phone: Phone, code: str
) -> None:
    browser = gives_password(app)
    response = browser.send(SECOND_STEP, {"code": code})
    assert response.status_code == 422
    assert "<title>Error: " in response.get_data(as_text=True)
    assert not is_signed_in(browser)


def test_wrong_codes_end_the_sign_in_and_the_person_is_told(
    client: PageClient, world: World, app: Flask, phone: Phone, mail: Path
) -> None:
    browser = gives_password(app)
    for _ in range(MOST_WRONG_CODES - 1):
        assert browser.send(SECOND_STEP, {"code": "12345"}).status_code == 422
    assert browser.send(SECOND_STEP, {"code": "12345"}).location.startswith(SIGN_IN)
    assert browser.send(SECOND_STEP, {"code": phone.code()}).location.startswith(SIGN_IN)
    assert any("then wrong codes" in text for text in messages(mail))


def test_guessing_on_and_on_leaves_the_owner_a_way_in(client: PageClient, world: World, app: Flask) -> None:
    world.sign_in(client, "learner")
    phone, codes = set_up_app(client)
    for _ in range(MOST_WRONG_AN_HOUR // MOST_WRONG_CODES):
        browser = gives_password(app)
        for _ in range(MOST_WRONG_CODES):
            browser.send(SECOND_STEP, {"code": "12345"})
    owner = gives_password(app)
    with clock.frozen_at(clock.now() + timedelta(minutes=1)):
        response = owner.send(SECOND_STEP, {"code": phone.code()})
        assert response.status_code == 422
        assert "Too many codes were wrong" in response.get_data(as_text=True)
        assert owner.send(RECOVERY, {"code": codes[3]}).status_code == 303
        assert is_signed_in(owner)
    with clock.frozen_at(clock.now() + timedelta(hours=2)):
        assert gives_password(app).send(SECOND_STEP, {"code": phone.code()}).status_code == 303


def test_sign_ins_that_were_kept_for_later_are_no_way_round_the_limit(
    client: PageClient, world: World, app: Flask, mail: Path
) -> None:
    """Whoever has the password opens many sign-ins, waits, and gives each fewer codes than end it."""
    world.sign_in(client, "learner")
    phone, _ = set_up_app(client)
    browsers = [gives_password(app) for _ in range(1 + MOST_WRONG_AN_HOUR // (MOST_WRONG_CODES - 1))]
    with clock.frozen_at(clock.now() + timedelta(minutes=61)):
        for browser in browsers[:-1]:
            for _ in range(MOST_WRONG_CODES - 1):
                assert browser.send(SECOND_STEP, {"code": "12345"}).status_code == 422
        response = browsers[-1].send(SECOND_STEP, {"code": phone.code()})
        assert "Too many codes were wrong" in response.get_data(as_text=True)
        assert not is_signed_in(browsers[-1])
        assert len([text for text in messages(mail) if "and then wrong codes" in text]) == 1


def test_a_recovery_code_counts_once_in_any_spelling(client: PageClient, world: World, app: Flask) -> None:
    world.sign_in(client, "learner")
    codes = set_up_app(client)[1]
    spelt = codes[0].lower().replace(" ", "-").replace("0", "o").replace("1", "l")
    assert gives_password(app).send(RECOVERY, {"code": spelt}).status_code == 303
    assert gives_password(app).send(RECOVERY, {"code": codes[0]}).status_code == 422
    browsers = [gives_password(app) for _ in range(3)]
    tokens = {browser: browser.token() for browser in browsers}
    answers = at_once([partial(post_code, browser, RECOVERY, tokens[browser], codes[1]) for browser in browsers])
    assert sorted(answers) == [303, 422, 422]


def test_recovery_codes_are_long_enough_for_a_fast_hash(client: PageClient, world: World, app: Flask) -> None:
    """ASVS 6.5.2: 112 bits, without which a slow and salted hash would be needed."""
    world.sign_in(client, "learner")
    codes = set_up_app(client)[1]
    letters = [code.split(" ") for code in codes]
    assert {tuple(len(group) for group in groups) for groups in letters} == {(4,) * 6}, "in groups that people can read"
    used = {letter for groups in letters for group in groups for letter in group}
    assert used <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), "32 letters, five bits each, none like another"
    assert len(used) >= 28
    assert sum(len(group) for group in letters[0]) * 5 >= 112
    with app.app_context():
        kept = db.session.scalars(select(RecoveryCode.code_hash)).all()
    assert not [code for code in codes for hashed in kept if code.replace(" ", "").lower() in hashed.lower()]


def test_new_recovery_codes_end_the_old_ones(client: PageClient, world: World, app: Flask) -> None:
    world.sign_in(client, "learner")
    old = set_up_app(client)[1]
    html = client.send("/account/factors/codes/").get_data(as_text=True)
    assert "shown only now" in html
    assert gives_password(app).send(RECOVERY, {"code": old[0]}).status_code == 422


def test_after_a_change_the_way_to_end_other_sign_ins_is_offered(
    client: PageClient, world: World, app: Flask, phone: Phone
) -> None:
    """On the page that follows (ASVS 7.4.3)."""
    client.send(f"{APP}remove/")
    html = client.get(APP).get_data(as_text=True)
    secret = re.search(r'The key: <strong class="app-number">([A-Z2-7 ]+)<', html)
    assert secret
    added = {"sealed": sealed_in(html), "code": Phone(secret[1].replace(" ", "")).code()}
    for at, typed in ((APP, added), ("/account/factors/codes/", {}), (f"{APP}remove/", {})):
        page = client.send(at, typed, follow_redirects=True).get_data(as_text=True)
        assert "Enter your password again" not in page
        assert '<a href="/account/sign-ins/">sign out everywhere else</a>' in page, at


def test_a_secret_of_somebody_else_cannot_be_kept(client: PageClient, world: World, app: Flask) -> None:
    other = new_browser(app)
    world.sign_in(client, "learner")
    world.sign_in(other, "other_learner")
    sealed = sealed_in(client.get(APP).get_data(as_text=True))
    before = everything_in(app)
    for wrong in (sealed, "", "x", sealed[:-2]):
        assert other.send(APP, {"sealed": wrong, "code": "123456"}).location.startswith(APP)
    assert everything_in(app) == before


def test_staff_keep_one_factor_and_learners_may_go_back(
    client: PageClient, world: World, app: Flask, demand: Callable[[str], None]
) -> None:
    demand("nobody")
    for persona in ("learner", "educator"):
        world.sign_in(client, persona)
        set_up_app(client)
    demand("staff")
    for persona, left in (("learner", 0), ("educator", 1)):
        world.sign_in(client, persona)
        with app.app_context(), writing():
            prove_this(client)
        assert client.send("/account/factors/app/remove/").location == "/account/factors/"
        with app.app_context():
            mine = select(AuthenticatorApp.id).where(AuthenticatorApp.person_id == world.people[persona])
            assert len(db.session.scalars(mine).all()) == left, persona


def prove_this(client: PageClient) -> None:
    """Note that this browser's sign-in has given a second factor."""
    with client.session_transaction(base_url="https://localhost") as session:
        viewer = find_viewer(session["sid"])
        assert viewer is not None
        session["sid"] = sign_ins.prove(viewer)


def test_an_administrator_helps_whoever_has_lost_theirs(
    client: PageClient, world: World, app: Flask, phone: Phone, mail: Path
) -> None:
    assert client.get("/account/").status_code == 200
    with app.app_context():
        with pytest.raises(NotFound), writing():
            factors.reset_second_factor(world.viewer("educator"), world.viewer("learner").public_id)
        with writing():
            factors.reset_second_factor(world.viewer("administrator"), world.viewer("learner").public_id)
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.kind == "second factor reset")).one()
        assert event.actor_id == world.people["administrator"]
        assert db.session.scalars(select(AuthenticatorApp.id)).all() == []
        assert db.session.scalars(select(RecoveryCode.id)).all() == []
    assert not is_signed_in(client)
    assert any("was reset" in text for text in messages(mail))
    assert client.send(SIGN_IN, {"email": "learner@example.org", "password": PASSWORD}).location == "/learning/"


def test_a_new_secret_key_opens_what_the_old_one_sealed(
    client: PageClient, world: World, app: Flask, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.extensions["elearn.settings"]
    new = {"secret_key": SecretStr("another secret, long enough too"), "old_secret_keys": [settings.secret_key]}
    browser = gives_password(app)
    monkeypatch.setitem(app.extensions, "elearn.settings", settings.model_copy(update=new))
    assert browser.send(SECOND_STEP, {"code": phone.code()}).status_code == 303
    monkeypatch.setitem(app.extensions, "elearn.settings", settings.model_copy(update=new | {"old_secret_keys": []}))
    with clock.frozen_at(clock.now() + timedelta(minutes=2)):
        assert gives_password(app).send(SECOND_STEP, {"code": phone.code()}).status_code == 303


def test_a_secret_that_cannot_be_opened_is_told_in_words_and_costs_no_try(
    client: PageClient, world: World, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sign_in(client, "learner")
    phone, recovery = set_up_app(client)
    settings = app.extensions["elearn.settings"]
    browser = gives_password(app)
    new = {"secret_key": SecretStr("another secret, long enough too"), "old_secret_keys": []}
    monkeypatch.setitem(app.extensions, "elearn.settings", settings.model_copy(update=new))
    for _ in range(7):
        page = browser.send(SECOND_STEP, {"code": phone.code()})
        assert page.status_code == 422
        assert "Use a recovery code or a passkey, or ask your administrator" in page.text
    assert browser.send(RECOVERY, {"code": recovery[0]}).status_code == 303


def test_the_command_helps_the_last_administrator(
    client: PageClient, world: World, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sign_in(client, "administrator")
    set_up_app(client)
    monkeypatch.setattr("elearn.cli.create_app", lambda: app)
    command = ["people", "reset-second-step", "--email"]
    nobody = CliRunner().invoke(main, [*command, "nobody@example.org"])
    assert (nobody.exit_code, "There is no person" in nobody.output) == (1, True)
    done = CliRunner().invoke(main, [*command, "Administrator@example.org"])
    assert done.exit_code == 0, done.output
    assert not is_signed_in(client)
    with app.app_context():
        assert db.session.scalars(select(AuthenticatorApp.id)).all() == []
