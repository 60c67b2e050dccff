"""Clinicians by the dozen, each with a sign-in and ready to sit the quiz, and a browser that checks no pages."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from elearn.accounts.models import Person, SignIn
from elearn.accounts.queries import get_person, hashed
from elearn.accounts.rules import Profession
from elearn.accounts.viewer import COOKIE_KEY
from elearn.certificates.holder import Holder
from elearn.content.structure import Module, Quiz
from elearn.extensions import db
from elearn.items.base import Item
from elearn.modules.models import Completion, Enrolment
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.page import RAW_TOKEN
from tests.world import MODULE, PASSWORD_HASH

QUIZ = "trial-phases"
START = f"/modules/{MODULE}/quizzes/{QUIZ}/"
CONFIRM = f"/modules/{MODULE}/certificate/"


@dataclass(frozen=True)
class Clinician:
    """One person, by key, with the cookie of a live sign-in."""

    id: int
    enrolment: int
    cookie: str


def module_of(app: Flask) -> Module:
    """The module of the tests."""
    module: Module = app.extensions["elearn.catalogue"][MODULE]
    return module


def quiz_of(app: Flask) -> Quiz:
    """The quiz of the tests: every question has one right option, and nothing has a time limit."""
    return module_of(app).quizzes[QUIZ]


def options_of(app: Flask) -> int:
    """How many options every question of the quiz has at least."""
    return min(len(item.natural_order()) for item in quiz_of(app).items if isinstance(item, Item))


def steps_before(app: Flask, step_id: str) -> list[str]:
    """The ids of the steps that come before one on the path."""
    ids = [step.id for step in module_of(app).path]
    return ids[: ids.index(step_id)]


def admit(app: Flask, count: int, step_id: str = f"quiz:{QUIZ}") -> list[Clinician]:
    """So many new people who have done every step before this one."""
    module, done = module_of(app), steps_before(app, step_id)
    people = [_person() for _ in range(count)]
    with app.app_context(), writing():
        db.session.add_all(people)
        db.session.flush()
        enrolments = [_enrolment(person.id, module) for person in people]
        db.session.add_all(enrolments)
        db.session.flush()
        db.session.add_all(Completion(enrolment_id=one.id, step=step) for one in enrolments for step in done)
        return [Clinician(who.id, one.id, _sign_in(app, who)) for who, one in zip(people, enrolments, strict=True)]


def _person() -> Person:
    name = secrets.token_hex(8)
    return Person(
        email=f"{name}@example.org",
        password=PASSWORD_HASH,
        fs_uniquifier=name,
        given_names="Fault",
        family_name=f"Canary-{name}",
        profession=Profession.DOCTOR,
        confirmed_at=clock.now(),
    )


def _enrolment(person_id: int, module: Module) -> Enrolment:
    return Enrolment(person_id=person_id, module=module.slug, module_version=module.version, cycle=1)


def _sign_in(app: Flask, person: Person) -> str:
    token = secrets.token_urlsafe(32)
    db.session.add(SignIn(token_hash=hashed(token), person_id=person.id))
    db.session.flush()
    values = {"_user_id": person.fs_uniquifier, "_fresh": True, "fs_cc": "set", "csrf_token": RAW_TOKEN}
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps({**values, COOKIE_KEY: token})}"


def sign_in(app: Flask, person_id: int) -> str:
    """One more sign-in of somebody, as the cookie of a browser."""
    with app.app_context(), writing():
        return _sign_in(app, get_person(person_id))


def end_sign_ins(app: Flask, person_id: int) -> None:
    """End every sign-in of somebody, as an administrator or another device would."""
    with app.app_context(), writing():
        ended = db.update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
        db.session.execute(ended.values(ended_at=clock.now()))


def token_of(app: Flask) -> str:
    """The token of a form, right for every cookie of these tests."""
    return str(URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps(RAW_TOKEN))


def details_of(app: Flask, person_id: int) -> str:
    """What the page before a certificate would have shown of its holder."""
    with app.app_context():
        person = get_person(person_id)
        return Holder(person.given_names, person.family_name, person.registration_number).digest


@dataclass(frozen=True)
class Browser:
    """Somebody's browser, inside this process; it may be used by many threads at once, as tabs."""

    app: Flask
    cookie: str

    def post(self, path: str, fields: Mapping[str, str] | None = None, *, json: bool = False) -> TestResponse:
        """Send a form as its page would; `json` says that our script sends it."""
        headers = {"Cookie": self.cookie, "Referer": "https://localhost/"}
        headers |= {"Accept": "application/json"} if json else {}
        data = {"csrf_token": token_of(self.app), **(fields or {})}
        return self._client().post(path, data=data, headers=headers, base_url="https://localhost")

    def get(self, path: str) -> TestResponse:
        """Fetch a page."""
        return self._client().get(path, headers={"Cookie": self.cookie}, base_url="https://localhost")

    def _client(self) -> FlaskClient:
        return FlaskClient(self.app, self.app.response_class, use_cookies=False)
