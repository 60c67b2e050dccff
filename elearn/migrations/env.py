"""Alembic's way to our database. The triggers are made again after every run: batch changes drop them silently."""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from elearn.schema import make_triggers
from elearn.shared.columns import UTCDateTime


def render_item(kind: str, value: object, _context: Any) -> str | Literal[False]:
    """Write our own column types as plain ones, so that a migration never depends on today's code."""
    if kind == "type" and isinstance(value, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Bring the schema to the wanted revision, in one transaction where the database allows it."""
    db = current_app.extensions["migrate"].db
    connectable = context.config.attributes.get("connection")
    if connectable is not None:
        _run_on(connectable, db)
        return
    with db.engine.connect() as connection:
        _run_on(connection, db)


def _check_references(connection: Connection, *, on: bool) -> None:
    """Let SQLite drop and make again a table that others refer to (a batch change): it would delete their rows.

    The switch has no effect inside a transaction, so it is set on the connection itself.
    """
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        raw.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _broken_references(connection: Connection) -> list[Any]:
    if connection.dialect.name != "sqlite":
        return []
    return list(connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(10))


def _run_on(connection: Connection, db: Any) -> None:
    _check_references(connection, on=False)
    try:
        _migrate(connection, db)
    finally:
        connection.rollback()
        _check_references(connection, on=True)


def _migrate(connection: Connection, db: Any) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        make_triggers(connection)
        if broken := _broken_references(connection):
            raise RuntimeError(f"the migration leaves rows that refer to nothing: {broken}")


run()
