"""Who may write, and when: the database itself refuses a read that writes; a write is whole, and none is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask_security.registerable
import pysqlite3.dbapi2
import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from elearn.accounts.models import Person, SignIn
from elearn.audit.models import AuditEvent
from elearn.cohorts.models import Cohort
from elearn.extensions import db
from elearn.jobs.models import Job
from elearn.shared.access import Access, allow
from elearn.shared.missing import NotFound
from elearn.shared.transactions import commit_late, commits, writing
from tests.fresh import fresh_app, only_sqlite
from tests.page import PageClient
from tests.racing import at_once
from tests.rows import everything_in
from tests.world import MODULE, PASSWORD, World

READ_ONLY = "readonly|read-only"
dbapi2: Any = pysqlite3.dbapi2


def a_cohort(code: str = "ONE") -> Cohort:
    return Cohort(name="Planted", module=MODULE, join_code=code)


def add_and_flush() -> None:
    db.session.add(a_cohort())
    db.session.flush()


def add_and_commit() -> None:
    db.session.add(a_cohort())
    db.session.commit()


WRITES: list[Callable[[], object]] = [
    add_and_flush,
    add_and_commit,
    lambda: db.session.execute(Cohort.__table__.insert().values(name="x", module="x", join_code="x")),  # type: ignore[attr-defined]
    lambda: db.session.execute(text("UPDATE people SET active = NOT active")),
    lambda: db.session.execute(text("DELETE FROM sign_ins")),
    lambda: db.session.execute(text("CREATE TABLE planted (id INTEGER)")),
]


def how_many(app: Flask, table: type[Any]) -> int:
    """Rows as a connection of its own sees them."""
    with app.app_context(), db.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


# -- reads -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", WRITES)
def test_the_database_refuses_a_write_outside_of_writing(app: Flask, world: World, write: Callable[[], object]) -> None:
    before = everything_in(app)
    with app.app_context(), pytest.raises(DBAPIError, match=READ_ONLY):
        write()
    assert everything_in(app) == before


def test_the_database_refuses_a_write_on_a_connection_of_its_own(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection, pytest.raises(DBAPIError, match=READ_ONLY):
        connection.execute(text("DELETE FROM people"))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("write", WRITES)
def test_a_get_that_writes_changes_nothing_and_is_a_fault(
    app: Flask, tmp_path: Path, method: str, write: Callable[[], object]
) -> None:
    with fresh_app(tmp_path, app.config["SQLALCHEMY_DATABASE_URI"]) as fresh:

        @fresh.get("/careless/")
        @allow(Access.PUBLIC)
        def careless() -> str:
            write()
            db.session.commit()
            return "written"

        before = everything_in(fresh)
        assert fresh.test_client().open("/careless/", method=method).status_code == 500
        assert everything_in(fresh) == before


def test_a_post_without_the_mark_cannot_write_either(app: Flask, tmp_path: Path) -> None:
    with fresh_app(tmp_path, app.config["SQLALCHEMY_DATABASE_URI"]) as fresh:

        @fresh.post("/careless/")
        @allow(Access.PUBLIC)
        def careless() -> str:
            add_and_commit()
            return "written"

        client = fresh.test_client()
        assert isinstance(client, PageClient)
        assert client.send("/careless/").status_code == 500
        assert how_many(fresh, Cohort) == 0


# -- writes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [ValueError, NotFound, KeyboardInterrupt])
def test_a_write_is_whole_or_not_at_all(app: Flask, fault: type[BaseException]) -> None:
    with app.app_context():
        with pytest.raises(fault), writing():
            add_and_flush()
            raise fault
        with writing():
            db.session.add(a_cohort("TWO"))
        assert list(db.session.scalars(select(Cohort.join_code))) == ["TWO"]


def test_a_write_that_breaks_a_rule_of_the_database_leaves_nothing(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(IntegrityError), writing():
            db.session.add(a_cohort("ONE"))
            db.session.flush()
            db.session.add(a_cohort("ONE"))
        assert how_many(app, Cohort) == 0


def test_a_view_that_raises_leaves_nothing(app: Flask, tmp_path: Path) -> None:
    with fresh_app(tmp_path, app.config["SQLALCHEMY_DATABASE_URI"]) as fresh:

        @fresh.post("/half/<path:how>")
        @allow(Access.PUBLIC)
        @commits
        def half(how: str) -> dict[str, str]:
            add_and_flush()
            if how == "missing":
                raise NotFound("thing")
            if how == "broken":
                raise RuntimeError(how)
            return {}

        client = fresh.test_client()
        assert isinstance(client, PageClient)
        for how, status in (("missing", 404), ("broken", 500)):
            assert client.send(f"/half/{how}").status_code == status
            assert how_many(fresh, Cohort) == 0
        assert client.send("/half/whole").status_code == 200
        assert how_many(fresh, Cohort) == 1


def test_one_commit_for_one_write(app: Flask) -> None:
    commits_seen: list[object] = []

    def note(connection: object) -> None:
        commits_seen.append(connection)

    with app.app_context():
        event.listen(db.engine, "commit", note)
        try:
            with writing():
                add_and_flush()
                db.session.add(a_cohort("TWO"))
                db.session.flush()
                assert commits_seen == []
            assert len(commits_seen) == 1
            with pytest.raises(ValueError), writing():
                raise ValueError
            assert len(commits_seen) == 1
        finally:
            event.remove(db.engine, "commit", note)


def test_one_write_inside_another_is_refused_and_the_outer_one_is_undone(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(RuntimeError, match="open already"), writing():
            add_and_flush()
            with writing():
                db.session.add(a_cohort("TWO"))
        assert how_many(app, Cohort) == 0


def test_after_a_write_the_next_transaction_reads_again(app: Flask) -> None:
    with app.app_context():
        for fault in (None, ValueError()):
            try:
                with writing():
                    db.session.execute(select(1))
                    if fault:
                        raise fault
            except ValueError:
                pass
            with pytest.raises(DBAPIError, match=READ_ONLY):
                add_and_flush()
            db.session.rollback()


def test_the_mode_is_reset_even_where_the_rollback_fails(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        with pytest.raises(ConnectionError), writing():
            monkeypatch.setattr(type(db.session), "rollback", _no_connection)
        monkeypatch.undo()
        db.session.rollback()
        with pytest.raises(DBAPIError, match=READ_ONLY):
            add_and_flush()


def _no_connection(_session: object) -> None:
    raise ConnectionError


def test_what_was_read_before_a_write_is_read_again_in_it(app: Flask, world: World) -> None:
    """A write decides on what is true now, not on what a page read a moment ago."""
    with app.app_context():
        person = db.session.get_one(Person, world.people["learner"])
        assert person.given_names == "Amina"
        _elsewhere(app, "UPDATE people SET given_names = 'Aminata' WHERE id = " + str(person.id))
        with writing():
            assert person.given_names == "Aminata"


def _elsewhere(app: Flask, statement: str) -> None:
    def change() -> None:
        with app.app_context(), writing():
            db.session.execute(text(statement))

    at_once([change])


# -- many at once ----------------------------------------------------------------------------------------------------


def test_no_read_then_write_is_lost(app: Flask) -> None:
    times, threads = 100, 2
    with app.app_context(), writing():
        job = Job(kind="counter", detail={})
        db.session.add(job)
        db.session.flush()
        key = job.id

    def count() -> None:
        for _ in range(times):
            with app.app_context(), writing():
                row = db.session.get_one(Job, key, with_for_update=True)
                row.done += 1

    at_once([count] * threads)
    with app.app_context():
        assert db.session.get_one(Job, key).done == threads * times


@only_sqlite
def test_a_write_takes_the_lock_before_its_first_read(app: Flask) -> None:
    """A second writer waits instead of failing with SQLITE_BUSY_SNAPSHOT after it has read."""
    with app.app_context(), writing():
        db.session.execute(select(1))
        other = dbapi2.connect(db.engine.url.database or "", timeout=0)
        with pytest.raises(dbapi2.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


@only_sqlite
def test_a_read_takes_no_lock(app: Flask) -> None:
    with app.app_context():
        db.session.execute(select(func.count()).select_from(Person))
        other = dbapi2.connect(db.engine.url.database or "", timeout=0)
        other.execute("BEGIN IMMEDIATE")
        assert other.in_transaction
        other.close()


# -- Flask-Security's posts ------------------------------------------------------------------------------------------

REGISTRATION = {
    "email": "new@example.org",
    "password": PASSWORD,
    "family_name": "New",
    "given_names": "Nadia",
    "profession": "nurse",
    "registration_number": "",
}


def test_registering_signing_out_and_in_really_write(client: PageClient, app: Flask) -> None:
    assert client.send("/account/register/", REGISTRATION).status_code in (302, 303)
    assert how_many(app, Person) == 1
    assert _live(app) == 1
    assert client.send("/account/sign-out/").status_code in (302, 303)
    assert _live(app) == 0
    assert client.send("/account/sign-in/", {"email": "new@example.org", "password": PASSWORD}).status_code in (
        302,
        303,
    )
    assert _live(app) == 1
    assert how_many(app, SignIn) == 2
    with app.app_context():
        told = list(db.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))
    assert told == ["person created", "signed in", "signed out", "signed in"]


def _live(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).where(SignIn.ended_at.is_(None))) or 0


def test_after_a_late_write_the_next_transaction_reads_again(client: PageClient, app: Flask) -> None:
    client.send("/account/register/", REGISTRATION)
    client.send("/account/sign-in/", {"email": "new@example.org", "password": "wrong"})
    with app.app_context(), pytest.raises(DBAPIError, match=READ_ONLY):
        add_and_flush()


def test_only_the_posts_of_flask_security_write_late(app: Flask) -> None:
    with app.test_request_context("/account/sign-in/"), pytest.raises(RuntimeError, match="commits late"):
        commit_late()
    with app.app_context(), writing(), pytest.raises(RuntimeError, match="commits late"):
        commit_late()


def test_a_get_of_flask_security_cannot_write(app: Flask) -> None:
    with app.test_request_context("/account/sign-in/"):
        app.preprocess_request()
        with pytest.raises(DBAPIError, match=READ_ONLY):
            add_and_flush()


@only_sqlite
def test_nobody_waits_for_a_password_hash(client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    free: list[bool] = []
    with app.app_context():
        file = db.engine.url.database or ""

    def hash_password(_password: str) -> str:
        other = dbapi2.connect(file, timeout=0)
        other.execute("BEGIN IMMEDIATE")
        assert other.in_transaction
        other.close()
        free.append(True)
        return "hashed"

    monkeypatch.setattr(flask_security.registerable, "hash_password", hash_password)
    assert client.send("/account/register/", REGISTRATION).status_code in (302, 303)
    assert free == [True]
    assert how_many(app, Person) == 1
