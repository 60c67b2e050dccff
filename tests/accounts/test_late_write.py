"""The posts of Flask-Security: they write late, commit once, and leave nothing open (shared/transactions.py)."""

import threading
from collections.abc import Callable

import flask_security.forms
import pytest
from flask import Flask, g
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from elearn.accounts import actions, queries
from elearn.accounts.models import Person, SignIn
from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.shared.transactions import Mode, _mode, commit_late
from tests.page import PageClient, new_browser
from tests.world import PASSWORD, World

SIGN_IN = {"email": "learner@example.org", "password": PASSWORD}
KHAN = {"family_name": "Khan", "profession": "nurse", "email": "khan@example.org", "password": PASSWORD}


def count(app: Flask, model: type[Person] | type[SignIn] | type[AuditEvent]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def take_and_leave_the_write_lock(engine: Engine) -> None:
    """Write on another connection, without waiting."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=0")
        cursor.execute("PRAGMA query_only=OFF")
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("ROLLBACK")
        cursor.execute("PRAGMA busy_timeout=15000")
    finally:
        connection.close()


@pytest.mark.only_sqlite
@pytest.mark.parametrize(
    ("path", "data", "module", "name"),
    [
        ("/account/sign-in/", SIGN_IN, "flask_security.utils._pwd_context", "verify"),
        ("/account/register/", KHAN, "flask_security.registerable", "hash_password"),
    ],
)
def test_no_password_is_hashed_inside_the_write_lock(
    client: PageClient,
    world: World,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    data: dict[str, str],
    module: str,
    name: str,
) -> None:
    with app.app_context():
        engine = db.engine
    hashed = []

    def watched(stock: Callable[..., object]) -> Callable[..., object]:
        def hash_it(*args: object) -> object:
            take_and_leave_the_write_lock(engine)
            hashed.append(name)
            return stock(*args)

        return hash_it

    if name == "verify":
        monkeypatch.setattr(
            flask_security.core.UserMixin,
            "verify_and_update_password",
            watched(flask_security.core.UserMixin.verify_and_update_password),
        )
    else:
        monkeypatch.setattr(f"{module}.{name}", watched(flask_security.utils.hash_password))
    assert client.send(path, data).status_code == 302
    assert hashed == [name]


def test_signing_in_and_out_is_kept(client: PageClient, world: World, app: Flask) -> None:
    client.send("/account/sign-in/", SIGN_IN)
    assert count(app, SignIn) == 1
    client.send("/account/sign-out/")
    with app.app_context():
        assert db.session.scalars(select(SignIn.ended_at)).one() is not None


def test_a_weak_hash_is_made_strong_when_its_password_is_used(client: PageClient, world: World, app: Flask) -> None:
    """The one write that Flask-Security makes by itself, in the same late transaction."""
    with app.app_context():
        before = queries.get_person(world.people["learner"]).password
    client.send("/account/sign-in/", SIGN_IN)
    with app.app_context():
        after = queries.get_person(world.people["learner"]).password
    assert after != before
    client.send("/account/sign-out/")
    assert client.send("/account/sign-in/", SIGN_IN).status_code == 302


def test_a_failed_post_writes_nothing(client: PageClient, world: World, app: Flask) -> None:
    before = [count(app, model) for model in (Person, SignIn, AuditEvent)]
    client.send("/account/register/", {**KHAN, "family_name": ""})
    assert [count(app, model) for model in (Person, SignIn, AuditEvent)] == before
    for email in ("learner@example.org", "nobody@example.org"):
        client.send("/account/sign-in/", {"email": email, "password": "three random birds"})
    assert [count(app, model) for model in (Person, SignIn)] == before[:2]
    with app.app_context():
        told = db.session.execute(
            db.select(AuditEvent.kind, AuditEvent.subject, AuditEvent.actor_id).order_by(AuditEvent.id)
        )
        refused = [tuple(row) for row in told if row.kind == "sign-in refused"]
    assert count(app, AuditEvent) == before[2] + 2, "that it was refused is all that is written"
    assert refused == [
        ("sign-in refused", f"person:{world.people['learner']}", None),
        ("sign-in refused", "account", None),
    ]


def test_a_fault_in_the_middle_keeps_nothing(
    client: PageClient, world: World, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise RuntimeError("the disk is full")

    before = [count(app, model) for model in (Person, SignIn, AuditEvent)]
    monkeypatch.setattr(actions, "start_sign_in", fail)
    assert client.send("/account/register/", KHAN).status_code == 500
    assert client.send("/account/sign-in/", SIGN_IN).status_code == 500
    assert [count(app, model) for model in (Person, SignIn, AuditEvent)] == before


@pytest.mark.parametrize("path", ["/account/sign-in/", "/account/sign-out/", "/account/register/"])
def test_afterwards_the_database_refuses_a_read_that_writes(
    client: PageClient, world: World, app: Flask, path: str
) -> None:
    if path == "/account/sign-out/":
        world.sign_in(client, "learner")
    assert client.send(path, KHAN if "register" in path else SIGN_IN).status_code == 302
    assert _mode.get() is Mode.READ
    with app.app_context(), pytest.raises(SQLAlchemyError):
        db.session.execute(text("UPDATE people SET administrator = true"))


def test_only_a_post_of_flask_security_writes_late(app: Flask) -> None:
    with app.app_context(), pytest.raises(RuntimeError):
        commit_late()
    with app.test_request_context("/account/sign-in/", method="GET"):
        app.preprocess_request()
        assert "late_write" not in g
        assert _mode.get() is Mode.READ


def at_once(number: int, do: Callable[[int], None]) -> None:
    """Run `do` in so many threads, all starting together."""
    barrier = threading.Barrier(number)

    def run(index: int) -> None:
        barrier.wait()
        do(index)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_many_sign_in_at_once(world: World, app: Flask) -> None:
    statuses = []

    def sign_in(_index: int) -> None:
        statuses.append(new_browser(app).send("/account/sign-in/", SIGN_IN).status_code)

    at_once(6, sign_in)
    assert statuses == [302] * 6
    assert count(app, SignIn) == 6


def test_one_address_registered_twice_at_once_is_one_account(app: Flask) -> None:
    answers = []

    def register(_index: int) -> None:
        response = new_browser(app).send("/account/register/", KHAN)
        answers.append((response.status_code, response.location))

    at_once(4, register)
    assert count(app, Person) == 1
    assert answers.count((302, "/learning/")) == 1
    assert all(answer in {(302, "/learning/"), (303, "/account/check-your-mail/")} for answer in answers), answers
