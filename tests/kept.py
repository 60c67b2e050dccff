"""The rows of every table, and a way back to them: a world is made once, and what happens in it hides nothing that follows."""

import re
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask
from sqlalchemy import Connection, Engine, Table, and_, event, null, select, text

from elearn.extensions import Base, db
from elearn.schema import APPEND_ONLY, DOINGS, trigger_name
from elearn.shared.transactions import writing
from tests.conftest import start_empty

Row = dict[str, Any]
Key = tuple[Any, ...]
Changes = dict[str, dict[Key, tuple[Row | None, Row | None]]]
TABLES = Base.metadata.tables


class Kept:
    """All rows as they are when this is made."""

    def __init__(self, app: Flask) -> None:
        self.app, self.rows = app, rows_of(app)

    def put_back(self) -> None:
        """Make the database as it was, unless it is still so."""
        if rows_of(self.app) == self.rows:
            return
        start_empty(self.app)
        with self.app.test_request_context(), writing():
            connection = db.session.connection()
            for name, rows in self.rows.items():
                for row in rows:
                    there = {column: value for column, value in row.items() if value is not None}
                    connection.execute(TABLES[name].insert().values(**there))


def rows_of(app: Flask) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in the order in which they may be inserted."""
    with app.app_context():
        return {
            table.name: [dict(row) for row in db.session.execute(select(table).order_by(*table.primary_key)).mappings()]
            for table in Base.metadata.sorted_tables
        }


# -- row by row ------------------------------------------------------------------------------------------------------

WRITES = re.compile(r'\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.IGNORECASE)
_written: "WeakKeyDictionary[Engine, set[str]]" = WeakKeyDictionary()


class Watched:
    """All rows as they are when this is made, and a watch on what is written: only there is looked, and put back.

    So it can be asked after every single request. The triggers that refuse a change to the past are taken away.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.test_request_context(), writing():
            without_triggers()
            engine = db.engine
        if engine not in _written:
            _written[engine] = set()
            event.listen(engine, "before_cursor_execute", _note(_written[engine]))
        self.written = _written[engine]
        self.rows = rows_of(app)
        self.before = {name: _by_key(TABLES[name], rows) for name, rows in self.rows.items()}
        self.written.clear()

    def changes(self, *, everywhere: bool = False) -> Changes:
        """What is not as it was, by table and key: the row before and the row now."""
        names = [name for name in self.rows if everywhere or name in self.written]
        found: Changes = {}
        if not names:
            return found
        with self.app.app_context():
            for name in names:
                table, before = TABLES[name], self.before[name]
                now = _by_key(table, [dict(row) for row in db.session.execute(select(table)).mappings()])
                keys = [key for key in before | now if before.get(key) != now.get(key)]
                if keys:
                    found[name] = {key: (before.get(key), now.get(key)) for key in keys}
        return found

    def put_back(self, changes: Changes) -> None:
        """Make those rows as they were."""
        if changes:
            with self.app.test_request_context(), writing():
                connection = db.session.connection()
                _look_away(connection)
                _undo(connection, changes)
        self.written.clear()


def without_triggers() -> None:
    """Let past rows be changed: on SQLite from now on, on PostgreSQL in this transaction."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL session_replication_role = replica"))
        return
    for name in APPEND_ONLY:
        for doing in DOINGS:
            db.session.execute(text(f"DROP TRIGGER IF EXISTS {trigger_name(name, doing)}"))


def _look_away(connection: Connection) -> None:
    postgresql = connection.dialect.name == "postgresql"
    connection.execute(
        text("SET LOCAL session_replication_role = replica" if postgresql else "PRAGMA defer_foreign_keys=ON")
    )


def _undo(connection: Connection, changes: Mapping[str, dict[Key, tuple[Row | None, Row | None]]]) -> None:
    tables = [table for table in Base.metadata.sorted_tables if table.name in changes]
    for table in reversed(tables):
        for key, (before, _now) in changes[table.name].items():
            if before is None:
                connection.execute(table.delete().where(_is(table, key)))
    for table in tables:
        for key, (before, now) in changes[table.name].items():
            if before is not None:
                values = {name: null() if value is None else value for name, value in before.items()}
                change = table.insert() if now is None else table.update().where(_is(table, key))
                connection.execute(change.values(values))


def _is(table: Table, key: Key) -> Any:
    return and_(*(column == value for column, value in zip(table.primary_key, key, strict=True)))


def _by_key(table: Table, rows: list[Row]) -> dict[Key, Row]:
    return {key_of(table, row): row for row in rows}


def key_of(table: Table, row: Mapping[str, Any]) -> Key:
    """By what a row is known in its table."""
    return tuple(row[column.name] for column in table.primary_key)


def _note(found: set[str]) -> Any:
    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        for doing, name in WRITES.findall(statement):
            # What hangs on a deleted row goes with it, unseen.
            found.update(TABLES if doing.upper().startswith("DELETE") else [name])

    return note
