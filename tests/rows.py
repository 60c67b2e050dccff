"""Rows made from the tables themselves, and a digest of everything that is in a database."""

import hashlib
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from flask import Flask
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    inspect,
    select,
    text,
)

from elearn.extensions import Base, db

TABLES = Base.metadata.tables
_numbers = count(1)


def make_row(connection: Connection, name: str, /, **values: object) -> dict[str, Any]:
    """Insert one row of a table with the values given, and made-up ones where none is; what it refers to is made first."""
    table = _as_it_is(connection, TABLES[name])
    row = {column.name: _value(connection, table, column) for column in table.columns if column.name not in values}
    row = {key: value for key, value in (row | values).items() if value is not None}
    made = connection.execute(table.insert().values(**row).returning(*table.columns))
    return dict(made.mappings().one())


def _as_it_is(connection: Connection, table: Table) -> Table:
    """The table, or, in a database of an earlier version, the part of it that is there."""
    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    if there >= set(table.columns.keys()):
        return table
    earlier = table.to_metadata(MetaData())
    kept = [column._copy() for column in earlier.columns if column.name in there]
    return Table(table.name, MetaData(), *kept)


def _value(connection: Connection, table: Table, column: Column[Any]) -> Any:  # noqa: PLR0911 - one for each kind
    for key in column.foreign_keys:
        return make_row(connection, key.column.table.name)[key.column.name]
    if column.nullable or column is table.autoincrement_column:
        return None
    number = next(_numbers)
    kind = column.type
    if isinstance(kind, Enum):
        return kind.enum_class(kind.enums[0]) if kind.enum_class else kind.enums[0]
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer):
        return number
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, LargeBinary):
        return b"bytes"
    if isinstance(kind, Date):
        return date(2026, 11, 22)
    if isinstance(kind, DateTime) or getattr(kind, "impl", None).__class__ is DateTime:
        return datetime(2026, 11, 22, tzinfo=UTC)
    return f"t{number}"[: getattr(kind, "length", None) or 80]


def everything_in(app: Flask) -> dict[str, str]:
    """A digest of the rows of each table: what changed shows by the table's name."""
    found = {}
    with app.app_context(), db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            order = ", ".join(column.name for column in table.primary_key)
            columns = ", ".join(column.name for column in table.columns)
            rows = connection.execute(text(f"SELECT {columns} FROM {table.name} ORDER BY {order}")).all()
            found[table.name] = hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()
    return found


def count_of(connection: Connection, name: str) -> int:
    """How many rows a table has."""
    return len(connection.execute(select(*TABLES[name].primary_key)).all())
