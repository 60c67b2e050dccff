"""Forged hosts and forwarding headers: believed from as many proxies as the settings name, and no letter leads elsewhere (C-S10)."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask, request
from sqlalchemy import select

from elearn.accounts.models import Guess
from elearn.accounts.rules import EmailReason
from elearn.extensions import db
from elearn.shared.access import Access, allow
from tests.accounts.entrance import AMINA, REGISTER, SIGN_IN
from tests.fresh import fresh_app
from tests.page import PageClient, new_browser
from tests.post import empty_post, mails
from tests.test_access import COOKIE
from tests.world import PASSWORD, World

EVIL = "evil.example"
FORGED = {
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Port": "8443",
    "X-Forwarded-Prefix": f"//{EVIL}",
    "Forwarded": f"host={EVIL};proto=http;for=192.0.2.66",
    "X-Original-Host": EVIL,
    "X-Original-URL": "/admin/",
    "X-Rewrite-URL": "/admin/",
    "X-Host": EVIL,
    "X-Real-IP": "192.0.2.66",
    "True-Client-IP": "192.0.2.66",
    "CF-Connecting-IP": "192.0.2.66",
}


@contextmanager
def behind(folder: Path, clean: Flask, hops: int, hosts: list[str] | None = None) -> Iterator[Flask]:
    """An application behind so many proxies, on a database of its own."""
    with clean.app_context():
        shutil.copy(Path(db.engine.url.database or "").parent / "clean.sqlite3", folder / "fresh.sqlite3")
    with fresh_app(folder, proxy_hops=hops, trusted_hosts=hosts or []) as app:

        @app.get("/seen/")
        @allow(Access.PUBLIC)
        def seen() -> dict[str, str]:
            return {"address": request.remote_addr or "", "host": request.host, "scheme": request.scheme}

        yield app


def send(browser: PageClient, address: str, data: dict[str, str], **headers: str) -> int:
    token, host = {"csrf_token": browser.token()}, headers.get("Host", "localhost").partition(":")[0]
    if (cookie := browser.get_cookie(COOKIE)) and host != "localhost":  # to a browser, the forged host is where it is
        browser.set_cookie(COOKIE, cookie.value, domain=host, secure=True, httponly=True, samesite="Lax")
    return browser.post(address, data=token | data, headers={"Referer": "https://localhost/", **headers}).status_code


def cause_every_letter(app: Flask, world: World, headers: dict[str, str]) -> None:
    """Ask, under these headers, for each letter that holds a link."""
    stranger = new_browser(app)
    send(stranger, "/account/forgotten-password/", {"email": "learner@example.org"}, **headers)
    send(stranger, REGISTER, AMINA, **headers)
    send(new_browser(app), REGISTER, AMINA | {"email": "bram@example.org"}, **headers)
    persons = {persona: new_browser(app) for persona in ("unconfirmed", "learner", "administrator")}
    for persona, browser in persons.items():
        world.sign_in(browser, persona)
    send(persons["unconfirmed"], "/account/confirm/", {}, **headers)
    send(persons["learner"], "/account/email/", {"email": "new@example.org", "present": PASSWORD}, **headers)
    invited = {"email": "ida@example.org", "given_names": "Ida", "family_name": "Invited", "profession": "nurse"}
    send(persons["administrator"], "/admin/people/invite/", invited | {"role": "learner", "cohort": ""}, **headers)
    other = world.viewer("other_learner").public_id
    moved = {"email": "moved@example.org", "reason": EmailReason.LOST.value}
    send(persons["administrator"], f"/admin/people/{other}/email/", moved, **headers)


@pytest.mark.parametrize("host", ["localhost", EVIL, f"{EVIL}:8443"])
def test_no_letter_leads_to_a_forged_host(tmp_path: Path, sqlite_app: Flask, host: str) -> None:
    """Even where no list of hosts is set, as in a first try: letters name the configured address."""
    with behind(tmp_path, sqlite_app, 0) as app:
        world, box = World.make(app), empty_post(app)
        # A forged Host alone is another origin to a form's token; the header is sent with a referrer that fits it.
        forged = FORGED | ({"Host": host, "Referer": f"https://{host}/"} if host != "localhost" else {})
        cause_every_letter(app, world, forged)
        letters = mails(box)
        links = [link for _, text in letters for link in re.findall(r"[a-z]+://[^\s/]+", text)]
        assert len(links) >= 8
        assert set(links) <= {"https://localhost", "https://ico.org.uk"}
        assert EVIL not in str(letters)


def test_a_host_that_is_not_listed_is_refused(tmp_path: Path, sqlite_app: Flask) -> None:
    with behind(tmp_path, sqlite_app, 1, ["localhost"]) as app:
        browser = new_browser(app)
        assert browser.get("/seen/").status_code == 200
        for headers in (
            {"Host": EVIL},
            {"X-Forwarded-Host": EVIL},
            {"Host": f"localhost.{EVIL}"},
            {"Host": f"{EVIL}@localhost"},
        ):
            assert browser.get("/seen/", headers=headers).status_code == 400, headers


@pytest.mark.parametrize(
    ("hops", "sent", "seen"),
    [
        (0, "192.0.2.1", "127.0.0.1"),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "192.0.2.66, 192.0.2.1", "192.0.2.1"),
        (2, "192.0.2.66, 192.0.2.1, 10.0.0.1", "192.0.2.1"),
        (2, "192.0.2.1", "127.0.0.1"),
    ],
)
def test_as_many_proxies_are_believed_as_the_settings_name(
    tmp_path: Path, sqlite_app: Flask, hops: int, sent: str, seen: str
) -> None:
    with behind(tmp_path, sqlite_app, hops) as app:
        others = {name: value for name, value in FORGED.items() if not name.startswith("X-Forwarded-")}
        told = new_browser(app).get("/seen/", headers={"X-Forwarded-For": sent, **others}).get_json()
        assert told == {"address": seen, "host": "localhost", "scheme": "https"}


@pytest.mark.parametrize("hops", [0, 1])
def test_a_forged_address_does_not_get_round_the_throttle(tmp_path: Path, sqlite_app: Flask, hops: int) -> None:
    """The network that tries are counted for is the one that the last proxy saw, whatever was put before it."""
    with behind(tmp_path, sqlite_app, hops) as app:
        for number in range(5):
            forged = dict.fromkeys(("X-Real-IP", "True-Client-IP", "X-Client-IP"), f"192.0.2.{number}")
            chain = f"198.51.100.{number}, 203.0.113.9"
            data = {"email": f"nobody{number}@example.org", "password": "wrong words of three"}
            send(new_browser(app), SIGN_IN, data, **forged, **{"X-Forwarded-For": chain})
        with app.app_context():
            assert len(db.session.scalars(select(Guess.network)).all()) == 5
            assert len(set(db.session.scalars(select(Guess.network)))) == 1


def test_redirects_stay_on_this_host(tmp_path: Path, sqlite_app: Flask) -> None:
    with behind(tmp_path, sqlite_app, 0) as app:
        for address in ("/learning/", "/verify", "/account", "/modules"):
            answer = new_browser(app).get(address, headers=FORGED)
            assert answer.status_code in (303, 308)
            assert EVIL not in answer.headers["Location"]
