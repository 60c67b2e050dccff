"""Who may write, and when: transactions are read-only unless a view says `@commits`; nothing else commits.

A read opens `BEGIN` with `PRAGMA query_only` on SQLite; on PostgreSQL its statements stand alone in a session that is
read-only (ADR 14): the database itself refuses a GET that writes. A write opens `BEGIN IMMEDIATE` before its first
read: a read-then-write transaction on SQLite cannot wait for another writer (SQLITE_BUSY_SNAPSHOT), an immediate one
can.

SQLite's own way to wait for the writer before is to sleep and look again, longer each time: under load, some wait a
hundred times longer than others. So writers queue for a **turn**, a file lock beside the database, across threads and
processes; SQLite's lock still decides.

Flask-Security's posts read, hash a password for a tenth of a second, and only then write. They run in the third mode:
they begin as readers and take the write lock at their first flush, so that nobody waits for a password hash.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum, auto
from functools import wraps
from pathlib import Path
from time import monotonic
from typing import IO, Any, ParamSpec, TypeVar

from flask import Flask, g, request
from sqlalchemy import Connection, Engine, event

from elearn.extensions import db
from elearn.shared.locks import wait_for_file

P = ParamSpec("P")
R = TypeVar("R")


class Mode(Enum):
    """What the next transaction of this context may do."""

    READ = auto()
    WRITE = auto()
    LATE_WRITE = auto()


_mode: ContextVar[Mode] = ContextVar("transaction mode", default=Mode.READ)
_turn: ContextVar[IO[bytes] | None] = ContextVar("turn to write", default=None)
LONGEST_WAIT = 15.0
"""Seconds that a writer waits for its turn; SQLite's own `busy_timeout` is as long (extensions.py)."""


class Busy(Exception):
    """Too many writers wait, or one of them holds the database for too long: nothing was written."""


def begin(connection: Connection) -> None:
    """Open the transaction that the mode asks for (SQLAlchemy's "begin" event)."""
    mode = _mode.get()
    if connection.dialect.name == "sqlite":
        # The driver itself is told what cannot fail: there it costs a tenth of SQLAlchemy's way, on every page.
        driver: Any = connection.connection.dbapi_connection
        reads_only = int(mode is not Mode.WRITE)
        # Setting a pragma makes SQLite compile every kept statement again, so it is set only where it is not so already.
        if driver.execute("PRAGMA query_only").fetchone()[0] != reads_only:
            driver.execute(f"PRAGMA query_only={reads_only}")
        if mode is Mode.WRITE:
            _take_turn(connection)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            driver.execute("BEGIN")
    else:
        session: Any = connection.connection.dbapi_connection
        alone = mode is Mode.READ
        if session.autocommit is not alone:
            session.autocommit = alone


def _take_turn(connection: Connection) -> None:
    """Queue for the turn to write, which is given back when the transaction has ended. Raises Busy."""
    if _turn.get() is not None:
        return
    asked = monotonic()
    turn = wait_for_file(Path(f"{connection.engine.url.database}-turn"))
    if monotonic() - asked > LONGEST_WAIT:
        turn.close()
        raise Busy
    _turn.set(turn)


def _give_turn_back() -> None:
    if (turn := _turn.get()) is not None:
        _turn.set(None)
        turn.close()


def take_write_lock(connection: Connection) -> None:
    """Before the first write in LATE_WRITE mode, end the read and begin again as a writer (SQLite only)."""
    if _mode.get() is not Mode.LATE_WRITE or connection.dialect.name != "sqlite":
        return
    if connection.info.get("late write") is connection.get_transaction():
        return
    connection.exec_driver_sql("COMMIT")
    connection.exec_driver_sql("PRAGMA query_only=OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    connection.info["late write"] = connection.get_transaction()


def _before_flush(session: Any, _flush_context: Any, _instances: Any) -> None:
    take_write_lock(session.connection())


def listen_to(engine: Engine) -> None:
    """Begin every transaction of `engine` by the rules above."""
    event.listen(engine, "begin", begin)
    if not event.contains(db.session, "before_flush", _before_flush):
        event.listen(db.session, "before_flush", _before_flush)


@contextmanager
def writing() -> Iterator[None]:
    """One write: whole or not at all. The only place that commits, once; so one may not be opened inside another."""
    if _mode.get() is Mode.WRITE:
        raise RuntimeError("a write is open already: it would be cut in two")
    db.session.rollback()
    token = _mode.set(Mode.WRITE)
    try:
        yield
        db.session.commit()
    finally:
        try:
            db.session.rollback()
        finally:
            _give_turn_back()
            _mode.reset(token)


def init_app(app: Flask) -> None:
    """Let the posts of Flask-Security's views, which commit by themselves when the response is ready, write late."""

    @app.before_request
    def choose_mode() -> None:
        if request.blueprint == "security" and request.method == "POST":
            g.late_write = _mode.set(Mode.LATE_WRITE)

    @app.teardown_request
    def reset_mode(_error: BaseException | None) -> None:
        if token := g.pop("late_write", None):
            db.session.rollback()
            _mode.reset(token)


def commit_late() -> None:
    """Commit what a signal has added to a post of Flask-Security that would not commit by itself."""
    if _mode.get() is not Mode.LATE_WRITE:
        raise RuntimeError("only a post of Flask-Security commits late")
    db.session.commit()


def commits(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view whose POST changes rows: they are committed when it returns, and none when it raises."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with writing():
            return view(*args, **kwargs)

    return wrapped
