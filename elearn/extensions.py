"""The extension objects, and what every database connection is told. Objects only: `create_app()` binds them."""

from select import POLLIN, poll
from typing import Any

from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine, MetaData, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase

# Every constraint has a name, so that a migration can change it on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# SQLite before 3.51.3 has a rare fault in WAL mode with several processes that can corrupt the file (trust.md F-21).
OLDEST_SQLITE = (3, 51, 3)


class Base(DeclarativeBase):
    """What every table is built on."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)
migrate = Migrate(render_as_batch=True, compare_type=True)
csrf = CSRFProtect()


class OldSQLite(RuntimeError):
    """The SQLite library is older than the fix of the WAL-reset fault."""


def prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    """Tell a new SQLite connection the rules that design.md section 5 sets; SQLAlchemy must not begin by itself."""
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    version = tuple(int(part) for part in cursor.execute("SELECT sqlite_version()").fetchone()[0].split("."))
    if version < OLDEST_SQLITE:
        raise OldSQLite(f"SQLite {version} is older than {OLDEST_SQLITE}: install the locked pysqlite3")
    # Without recursive_triggers, INSERT OR REPLACE deletes a row of an append-only table behind its trigger's back.
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000", "recursive_triggers=ON")
    # What is deleted is overwritten with zeros, so that erasing somebody leaves nothing in the file (trust.md D-5).
    for pragma in (*pragmas, "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def prepare_postgresql(dbapi_connection: Any, _record: Any) -> None:
    """Make a new PostgreSQL session read-only unless a transaction says at its beginning that it writes (ADR 14)."""
    dbapi_connection.autocommit = True
    dbapi_connection.execute("SET default_transaction_read_only = on")
    dbapi_connection.read_only = False


def refuse_lost(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
    """Have the pool replace a connection that the server has closed, without asking the server (ADR 14).

    A server speaks on an idle connection only to say goodbye, and a closed socket can be read as well.
    """
    waiting = poll()
    waiting.register(dbapi_connection.fileno(), POLLIN)
    if waiting.poll(0):
        raise DisconnectionError


def listen_to(engine: Engine) -> None:
    """Prepare every connection that `engine` will make, and look at it each time before it is used."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", prepare_sqlite)
    else:
        event.listen(engine, "connect", prepare_postgresql)
        event.listen(engine, "checkout", refuse_lost)
