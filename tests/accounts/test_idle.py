"""Staff who were away are asked again, and lose nothing that they typed (B-9)."""

from datetime import datetime, timedelta
from urllib.parse import unquote

import pytest
from flask import Flask

from elearn.accounts.again import is_staff_page
from elearn.accounts.rules import LONGEST_SIGN_IN
from elearn.accounts.stages import LONGEST_IDLE, MOST_WRONG_CODES
from elearn.cohorts.models import RosterEntry
from elearn.extensions import db
from elearn.shared import clock
from tests.accounts.entrance import is_signed_in
from tests.page import PageClient, new_browser
from tests.test_access import ADMINISTRATOR, EDUCATOR, MATRIX
from tests.world import PASSWORD, World

STAFF = EDUCATOR | ADMINISTRATOR | {"other_educator"}


def test_every_page_of_staff_alone_is_a_staff_page(app: Flask) -> None:
    alone = {entry.split()[1] for entry, who in MATRIX.items() if who and who <= STAFF}
    assert {endpoint for endpoint in alone if not is_staff_page(app, endpoint)} == set()
    others = {entry.split()[1] for entry, who in MATRIX.items() if who - STAFF}
    assert {endpoint for endpoint in others if is_staff_page(app, endpoint)} == set()


def test_who_is_away_is_asked_again_and_who_is_here_is_not(client: PageClient, world: World, noon: datetime) -> None:
    world.sign_in(client, "administrator")
    now = noon
    for _ in range(4):  # going on keeps it alive
        now += LONGEST_IDLE
        with clock.frozen_at(now):
            assert client.get("/admin/people/").status_code == 200
    now += LONGEST_IDLE + timedelta(seconds=1)
    with clock.frozen_at(now):
        response = client.get("/admin/people/?words=khan")
        assert unquote(response.location) == "/account/again/?away=1&next=/admin/people/?words=khan"
        assert client.get("/learning/").status_code == 200, "one's own learning is not in the way"
        assert client.get("/admin/people/").status_code == 303, "and opens no staff page"
        wrong = client.send("/account/again/?next=/admin/people/", {"again_password": "no"})
        assert wrong.status_code == 422
        assert client.get("/admin/people/").status_code == 303
        right = client.send("/account/again/?next=/admin/people/", {"again_password": PASSWORD})
        assert right.location == "/admin/people/"
        assert client.get("/admin/people/").status_code == 200


def test_what_was_typed_is_not_lost(client: PageClient, app: Flask, world: World, noon: datetime) -> None:
    world.sign_in(client, "educator")
    at, typed = f"/cohorts/{world.cohorts['one']}/roster/", {"text": 'new@example.org, <b>"Nia"</b>'}
    rule = next(rule for rule in app.url_map.iter_rules("cohorts.add_to_roster"))
    at = rule.rule.replace("<cohort>", world.cohorts["one"])
    with clock.frozen_at(noon + LONGEST_IDLE + timedelta(minutes=1)):
        response = client.send(at, typed)
        html = response.get_data(as_text=True)
        assert response.status_code == 422
        assert f'action="{at}"' in html
        assert "new@example.org, &lt;b&gt;&#34;Nia&#34;&lt;/b&gt;" in html
        assert "<b>" not in html
        assert client.send(at, {**typed, "again_password": "wrong"}).status_code == 422
        with app.app_context():
            assert db.session.scalars(db.select(RosterEntry)).all() == []
        last = client.send(at, {**typed, "again_password": PASSWORD})
        assert "Enter your password again" not in last.get_data(as_text=True)
        assert client.get(f"/cohorts/{world.cohorts['one']}/").status_code == 200


def test_a_password_guessed_too_often_ends_the_sign_in(client: PageClient, world: World, noon: datetime) -> None:
    world.sign_in(client, "administrator")
    with clock.frozen_at(noon + LONGEST_IDLE + timedelta(minutes=1)):
        for _ in range(MOST_WRONG_CODES):
            client.send("/account/again/", {"again_password": "guess"})
        assert not is_signed_in(client)


COOKIE = "__Host-elearn"


@pytest.mark.parametrize(
    ("at", "typed", "location"),
    [
        ("/account/again/", {"again_password": PASSWORD}, "/account/"),
        ("/account/sign-ins/end-all/", {"which": "others", "again_password": PASSWORD}, "/account/sign-ins/"),
        ("/account/password/", {"present": PASSWORD, "password": "gravel orbit lampshade"}, "/account/"),
        ("/account/email/", {"present": PASSWORD, "email": "another@example.org"}, "/account/"),
    ],
)
def test_whoever_gives_the_password_again_goes_on_under_a_new_token(
    app: Flask, client: PageClient, world: World, noon: datetime, at: str, typed: dict[str, str], location: str
) -> None:
    """A cookie that was copied before is worth nothing afterwards (ASVS 7.2.4)."""
    world.sign_in(client, "learner")
    copied, thief = client.get_cookie(COOKIE), new_browser(app)
    assert copied is not None
    thief.set_cookie(COOKIE, copied.value, secure=True)
    assert is_signed_in(thief)
    with clock.frozen_at(noon + timedelta(minutes=16)):
        client.send(at, {**typed, **({"again_password": "x"} if "again_password" in typed else {"present": "x"})})
        assert is_signed_in(thief), "a wrong password changes nothing"
        assert client.send(at, typed).location == location
        assert (is_signed_in(client), is_signed_in(thief)) == (True, False)
        tokens = []
        for browser in (client, thief):
            with browser.session_transaction(base_url="https://localhost") as session:
                tokens.append(session["sid"])
        assert len(set(tokens)) == 2
        assert [len(token) for token in tokens] == [43, 43], "256 random bits in base64"


@pytest.mark.parametrize("persona", ["learner", "administrator"])
def test_nobody_stays_longer_than_a_day(client: PageClient, world: World, noon: datetime, persona: str) -> None:
    world.sign_in(client, persona)
    for hours in range(1, 20):
        with clock.frozen_at(noon + timedelta(hours=hours)):
            assert is_signed_in(client)
    with clock.frozen_at(noon + LONGEST_SIGN_IN):
        assert not is_signed_in(client)


def test_changing_how_one_signs_in_asks_again(client: PageClient, world: World, noon: datetime) -> None:
    world.sign_in(client, "learner")
    with clock.frozen_at(noon + timedelta(minutes=16)):
        assert client.get("/account/factors/app/").location == "/account/again/?next=/account/factors/app/"
        for at in ("/account/factors/app/remove/", "/account/factors/codes/", "/account/factors/passkeys/x/remove/"):
            response = client.send(at)
            assert response.status_code == 422, at
            assert "Enter your password again" in response.get_data(as_text=True)
