"""Doing a thing once: a unique index decides, not a look before the leap."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from elearn.extensions import Base, db
from elearn.shared.statements import Write


def insert_once(table: type[Base], **values: object) -> bool:
    """INSERT ... ON CONFLICT DO NOTHING: true where this call added the row, false where it was there already."""
    return _insert(table, db.session.connection().dialect.name, tuple(sorted(values)))(**values) == 1


def one_at_a_time(key: str) -> None:
    """Let transactions that count for the same key wait for each other until they end; SQLite's writers do anyway."""
    if db.session.connection().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(key))))


@cache
def _insert(table: type[Base], dialect: str, columns: Sequence[str]) -> Write:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return Write(insert.values({name: bindparam(name) for name in columns}).on_conflict_do_nothing())
