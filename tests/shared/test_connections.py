"""What every connection is told, and the library that it needs."""

import pytest
from flask import Flask
from sqlalchemy import text

from elearn import extensions
from elearn.extensions import OLDEST_SQLITE, OldSQLite, db, prepare_sqlite
from elearn.shared.transactions import writing
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
    assert len(connection.told) == 6


@only_sqlite
def test_the_application_does_not_run_on_an_old_library(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "OLDEST_SQLITE", (99, 0, 0))
    with app.app_context():
        db.engine.dispose()
        with pytest.raises(OldSQLite):
            db.session.execute(text("SELECT 1"))


def test_a_row_that_refers_to_nothing_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(Exception, match=r"(?i)foreign key"), writing():
        db.session.execute(text("INSERT INTO accommodations VALUES (7, 150, FALSE, NULL, '2026-11-22')"))


def test_an_error_of_the_database_does_not_tell_what_was_typed(app: Flask) -> None:
    with app.app_context(), pytest.raises(Exception, match="parameters hidden") as told:
        db.session.execute(text("SELECT * FROM nowhere WHERE email = :email"), {"email": "canary@example.org"})
    assert "canary" not in _whole(told.value)


def _whole(error: BaseException | None) -> str:
    return "" if error is None else str(error) + _whole(error.__cause__)
