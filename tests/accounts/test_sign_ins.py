"""One's own sign-ins: the list, ending one, ending all; a cookie that was kept is worth nothing afterwards (B-8)."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from elearn.accounts.actions import end_all_sign_ins
from elearn.accounts.models import SignIn
from elearn.accounts.stages import browser_in_words
from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.accounts.entrance import SIGN_IN, is_signed_in
from tests.page import PageClient, new_browser
from tests.world import PASSWORD, World

LIST = "/account/sign-ins/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def signs_in(app: Flask, persona: str = "learner", agent: str = FIREFOX) -> PageClient:
    browser = new_browser(app)
    browser.environ_base["HTTP_USER_AGENT"] = agent
    browser.send(SIGN_IN, {"email": f"{persona}@example.org", "password": PASSWORD})
    assert is_signed_in(browser)
    return browser


def id_in(app: Flask, number: int) -> str:
    with app.app_context():
        found: str = db.session.scalars(db.select(SignIn.public_id).order_by(SignIn.id)).all()[number]
        return found


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141 Safari/537.36 Edg/141.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E Safari/604",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 SamsungBrowser/28 Chrome/130 Mobile",
            "Samsung Internet on Android",
        ),
        ("curl/8.0", "A browser"),
        ("", "A browser"),
        ("<script>alert(1)</script> (Windows)", "A browser on Windows"),
    ],
)
def test_a_browser_is_named_as_people_name_it(agent: str, words: str) -> None:
    assert browser_in_words(agent) == words


def test_the_list_names_mine_only_and_marks_this_one(app: Flask, world: World) -> None:
    mine, _, _ = signs_in(app), signs_in(app, agent="curl"), signs_in(app, "other_learner", "Opera OPR/9 Mac Macintosh")
    html = mine.get(LIST).get_data(as_text=True)
    assert html.count("Signed in 2") + html.count("Signed in 1") + html.count("Signed in 3") >= 2
    assert html.index("Firefox on Windows") < html.index("This one") < html.index("A browser ")
    assert "Opera" not in html


def test_one_is_ended_and_its_cookie_with_it(app: Flask, world: World) -> None:
    mine, lost, other = signs_in(app), signs_in(app), signs_in(app, "other_learner")
    assert mine.send("/account/sign-ins/end/", {"sign_in": id_in(app, 2)}).status_code == 404
    assert mine.send("/account/sign-ins/end/", {"sign_in": id_in(app, 1)}).location == LIST
    assert [is_signed_in(browser) for browser in (mine, lost, other)] == [True, False, True]


@pytest.mark.parametrize(("which", "stays"), [("others", True), ("all", False), ("", True)])
def test_signing_out_everywhere(app: Flask, world: World, which: str, stays: bool) -> None:
    mine, *lost = [signs_in(app) for _ in range(3)]
    other = signs_in(app, "other_learner")
    mine.send("/account/sign-ins/end-all/", {"which": which})
    assert [is_signed_in(browser) for browser in (mine, *lost, other)] == [stays, False, False, True]


@pytest.mark.parametrize("ending", [("end/", {"sign_in": ""}), ("end-all/", {"which": "others"})])
def test_ending_sign_ins_asks_for_the_password_of_whoever_was_away(
    app: Flask, world: World, noon: datetime, ending: tuple[str, dict[str, str]]
) -> None:
    """A thief with a cookie must not put the owner out (ASVS 7.5.2)."""
    mine, other = signs_in(app), signs_in(app)
    at, typed = ending
    if "sign_in" in typed:
        typed = {"sign_in": id_in(app, 1)}
    with clock.frozen_at(noon + timedelta(minutes=16)):
        asked = mine.send(f"{LIST}{at}", typed)
        assert asked.status_code == 422
        assert "Enter your password again" in asked.get_data(as_text=True)
        assert mine.send(f"{LIST}{at}", {**typed, "again_password": "wrong"}).status_code == 422
        assert is_signed_in(other)
        assert mine.send(f"{LIST}{at}", {**typed, "again_password": PASSWORD}).location == LIST
        assert (is_signed_in(mine), is_signed_in(other)) == (True, False)


def test_the_action_spares_the_one_it_is_told(app: Flask, world: World) -> None:
    browsers = [signs_in(app) for _ in range(3)]
    with app.app_context(), writing():
        keys = db.session.scalars(db.select(SignIn.id).order_by(SignIn.id)).all()
        assert end_all_sign_ins(world.people["learner"], but=keys[1]) == 2
    assert [is_signed_in(browser) for browser in browsers] == [False, True, False]


def test_last_seen_is_kept_by_the_hour_and_never_by_looking(app: Flask, world: World, noon: datetime) -> None:
    mine = signs_in(app)
    with clock.frozen_at(noon + timedelta(hours=3)):
        mine.get("/learning/")
        with app.app_context():
            assert db.session.scalars(db.select(SignIn.seen_at)).one() is None
        mine.send("/account/confirm/")
        with app.app_context():
            assert db.session.scalars(db.select(SignIn.seen_at)).one() == noon + timedelta(hours=3)


def test_the_network_is_not_kept(app: Flask, world: World) -> None:
    signs_in(app)
    with app.app_context():
        row = db.session.execute(db.select(SignIn.__table__)).one()
        assert not any("127.0.0.1" in str(value) for value in row)
        assert all("127.0.0.1" not in str(event.detail) for event in db.session.scalars(db.select(AuditEvent)))
