"""What every connection is told, and the library that it needs."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from elearn import extensions
from elearn.extensions import OLDEST_SQLITE, OldSQLite, db, prepare_sqlite
from elearn.shared.transactions import writing
from tests.conftest import start_empty
from tests.fresh import only_sqlite


@only_sqlite
@pytest.mark.parametrize(
    ("pragma", "wanted"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 15000),
        ("recursive_triggers", 1),
        ("secure_delete", 1),
    ],
)
def test_every_connection_has_the_pragmas(app: Flask, pragma: str, wanted: object) -> None:
    with app.app_context():
        for _ in range(2):
            with db.engine.connect() as one, db.engine.connect() as two:
                assert one.scalar(text(f"PRAGMA {pragma}")) == wanted
                assert two.scalar(text(f"PRAGMA {pragma}")) == wanted
            db.engine.dispose()


@only_sqlite
def test_the_library_has_the_fix_of_the_wal_reset_fault(app: Flask) -> None:
    with app.app_context():
        version = str(db.session.scalar(text("SELECT sqlite_version()")))
    assert tuple(map(int, version.split("."))) >= OLDEST_SQLITE == (3, 51, 3)


class Connection:
    """A connection of a library of some version."""

    isolation_level: str | None = ""

    def __init__(self, version: str) -> None:
        self.version, self.told = version, list[str]()

    def cursor(self) -> "Connection":
        return self

    def execute(self, statement: str) -> "Connection":
        self.told.append(statement)
        return self

    def fetchone(self) -> tuple[str]:
        return (self.version,)

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize("version", ["3.51.2", "3.46.1", "3.9.9", "2.99.99"])
def test_an_old_library_is_refused(version: str) -> None:
    with pytest.raises(OldSQLite, match=r"3, 51, 3.*pysqlite3"):
        prepare_sqlite(Connection(version), None)


@pytest.mark.parametrize("version", ["3.51.3", "3.52.0", "3.100.0", "4.0.0"])
def test_a_new_library_is_used(version: str) -> None:
    connection = Connection(version)
    prepare_sqlite(connection, None)
    assert connection.isolation_level is None
    assert len(connection.told) == 7


@only_sqlite
def test_the_application_does_not_run_on_an_old_library(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "OLDEST_SQLITE", (99, 0, 0))
    with app.app_context():
        db.engine.dispose()
        with pytest.raises(OldSQLite):
            db.session.execute(text("SELECT 1"))


# -- PostgreSQL: ADR 14 ----------------------------------------------------------------------------------------------


@pytest.fixture
def postgresql(postgresql_app: Flask) -> Iterator[Flask]:
    """The application on an empty PostgreSQL database, with no connection made yet."""
    start_empty(postgresql_app)
    with postgresql_app.app_context():
        db.engine.dispose()
        yield postgresql_app
        db.session.remove()


def own_session() -> tuple[int, str]:
    """The server's process behind this context's connection, and the state of its transaction before the question."""
    driver: Any = db.session.connection().connection.dbapi_connection
    return driver.info.backend_pid, driver.info.transaction_status.name


def kill(app: Flask, *processes: int) -> None:
    """End sessions as an administrator of the server does, and wait until they are gone."""
    owner = create_engine(app.config["SQLALCHEMY_DATABASE_URI"], isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        for process in processes:
            connection.execute(text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process})
    owner.dispose()


def test_a_read_opens_no_transaction_and_a_write_opens_one(postgresql: Flask) -> None:
    db.session.execute(text("SELECT 1"))
    assert own_session()[1] == "IDLE"
    with writing():
        db.session.execute(text("SELECT 1"))
        assert own_session()[1] == "INTRANS"
    db.session.execute(text("SELECT 1"))
    assert own_session()[1] == "IDLE"


def test_a_session_is_read_only_from_its_first_statement(postgresql: Flask) -> None:
    for statement in ("DELETE FROM people", "CREATE TABLE planted (id INTEGER)", "SELECT nextval('people_id_seq')"):
        with pytest.raises(DBAPIError, match="read-only"):
            db.session.execute(text(statement))
        db.session.rollback()


def test_a_lost_connection_is_replaced_before_it_is_used(postgresql: Flask) -> None:
    for again in range(3):
        lost = own_session()[0]
        db.session.remove()
        kill(postgresql, lost)
        if again == 2:
            with writing():
                db.session.execute(text("UPDATE people SET active = FALSE"))
        assert db.session.scalar(text("SELECT 1")) == 1
        assert own_session()[0] != lost


def test_every_lost_connection_of_the_pool_is_replaced(postgresql: Flask) -> None:
    with db.engine.connect() as one, db.engine.connect() as two:
        lost = [connection.scalar(text("SELECT pg_backend_pid()")) for connection in (one, two)]
    kill(postgresql, *lost)
    with db.engine.connect() as one, db.engine.connect() as two:
        assert not {connection.scalar(text("SELECT pg_backend_pid()")) for connection in (one, two)} & set(lost)


def test_a_connection_that_is_well_is_kept(postgresql: Flask) -> None:
    seen = set()
    for _ in range(5):
        seen.add(own_session()[0])
        db.session.remove()
    assert len(seen) == 1


# -- both ------------------------------------------------------------------------------------------------------------


def test_a_row_that_refers_to_nothing_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(Exception, match=r"(?i)foreign key"), writing():
        db.session.execute(text("INSERT INTO accommodations VALUES (7, 150, FALSE, NULL, '2026-11-22')"))


def test_an_error_of_the_database_does_not_tell_what_was_typed(app: Flask) -> None:
    with app.app_context(), pytest.raises(Exception, match="parameters hidden") as told:
        db.session.execute(text("SELECT * FROM nowhere WHERE email = :email"), {"email": "canary@example.org"})
    assert "canary" not in _whole(told.value)


def _whole(error: BaseException | None) -> str:
    return "" if error is None else str(error) + _whole(error.__cause__)
