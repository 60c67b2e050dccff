"""The log names nobody and holds nothing secret, whatever page is asked and whatever is sent (C-S12; ASVS 16.2.5).

People, and what they type, are canaries; so are the tokens of their sessions and forms. Every rule is asked, and what is
written to standard error is read.
"""

import io
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from elearn.extensions import db
from elearn.jobs.worker import run_now
from elearn.mail import actions as mail
from elearn.shared.access import Access, allow
from elearn.shared.transactions import writing
from tests.conftest import settings_for
from tests.fresh import fresh_app
from tests.mail.server import free_port
from tests.page import RAW_TOKEN
from tests.test_access import MATRIX, Things, browser_of, things
from tests.test_parameters import entries, persona_of
from tests.world import PASSWORD, World

__all__ = ["things"]
TYPED = "canary-typed-words"
ADDRESS = "canary.typed@canary.example"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


@pytest.fixture
def app(tmp_path: Path, sqlite_app: Flask, written: io.StringIO) -> Iterator[Flask]:
    """An application that logs everything, with a database and a mail server that is down."""
    with sqlite_app.app_context():
        shutil.copy(Path(db.engine.url.database or "").parent / "clean.sqlite3", tmp_path / "fresh.sqlite3")
    with fresh_app(tmp_path, log_level="DEBUG", smtp_url=f"smtp://post:canary-mail@127.0.0.1:{free_port()}") as app:

        @app.post("/fault/")
        @allow(Access.PUBLIC)
        def fault() -> str:
            with db.engine.connect() as connection:
                connection.execute(db.text("SELECT nothing FROM people WHERE email = :email"), {"email": ADDRESS})
            return ""

        yield app


def test_the_log_names_nobody(app: Flask, world: World, things: Things, written: io.StringIO) -> None:
    browsers = {
        persona: browser_of(world, persona) for persona in ("learner", "educator", "administrator", "anonymous")
    }
    secrets = {PASSWORD, RAW_TOKEN, settings_for("", Path()).secret_key.get_secret_value()}
    for browser in browsers.values():
        with browser.session_transaction(base_url="https://localhost") as session:
            secrets |= {str(session[key]) for key in ("sid", "_user_id") if key in session}
        secrets |= {cookie.value for cookie in (browser._cookies or {}).values()} | {browser.token()}
    typed = dict.fromkeys(("words", "q", "name", "given_names", "family_name", "password", "note", "code"), TYPED)
    typed |= {"email": ADDRESS, "reason": TYPED, "registration_number": "canary-12345"}
    headers = {"User-Agent": TYPED, "Referer": "https://localhost/", "X-Request-ID": TYPED, "X-Forwarded-For": TYPED}
    for entry, endpoint in entries("GET"):
        address = things.address(app, endpoint)
        for persona in {"learner", persona_of(entry)}:
            with browsers[persona].get(address.partition("?")[0], query_string=typed, headers=headers):
                pass
    for _entry, endpoint in entries("POST"):
        browser = browsers["learner"]
        with browser.post(
            things.address(app, endpoint), data={"csrf_token": browser.token(), **typed}, headers=headers
        ):
            pass
        world.sign_in(browser, "learner")
    assert browsers["anonymous"].send("/fault/").status_code == 500
    with app.app_context(), writing():
        mail.send(ADDRESS, "canary-subject", TYPED)
    run_now(app)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    events = [line["event"] for line in lines]
    assert events.count("request") > len(MATRIX)
    assert {"denied", "fault", "letter not handed over"} <= set(events)
    text = written.getvalue()
    lowered = text.lower()
    assert [word for word in ("canary", "example.org", "amina", "khan", "okafor") if word in lowered] == []
    assert [secret for secret in secrets if secret in text] == []
